"""The files that go into the page: Leaflet from its installed package, and the page's own.

Nothing of Leaflet lies in this repository. Its pictures are put into its style sheet as data, and
what only old Internet Explorers need is left out, so that no request can leave the page.
"""

from __future__ import annotations

import base64
import re
from functools import cache
from importlib import resources
from pathlib import Path

from markupsafe import Markup

from pcngeo.errors import MissingExtra

__all__ = ["SCRIPTS", "leaflet_script", "leaflet_style", "own_file", "own_markup"]

#: The page's own scripts in the order in which they run.
SCRIPTS = (
    "begin.js",
    "rules.js",
    "map.js",
    "layers.js",
    "tables.js",
    "select.js",
    "links.js",
    "filter.js",
    "where.js",
    "trial.js",
    "page.js",
)


@cache
def own_file(name: str) -> str:
    """Text of one of the page's own files."""
    return resources.files("pcngeo.review").joinpath("assets", name).read_text(encoding="utf-8")


def own_markup(text: str) -> Markup:
    """Let text of our own making into the page unescaped; never text of the input."""
    return Markup(text)  # noqa: S704 - ours; names in it are escaped


def _leaflet() -> Path:
    try:
        from xstatic.pkg import leaflet
    except ImportError:
        raise MissingExtra(
            "the map needs Leaflet's files: install the package xstatic-leaflet."
        ) from None
    return Path(leaflet.BASE_DIR)


@cache
def leaflet_script() -> str:
    """Leaflet's script, without the line that asks for its source map."""
    text = (_leaflet() / "leaflet.js").read_text(encoding="utf-8")
    return re.sub(r"\n//# sourceMappingURL=.*\s*$", "\n", text)


@cache
def leaflet_style() -> str:
    """Leaflet's style sheet with its pictures inside."""
    folder = _leaflet()
    text = (folder / "leaflet.css").read_text(encoding="utf-8")
    text = re.sub(r"\s*behavior:\s*url\(#default#VML\);", "", text)

    def inside(match: re.Match[str]) -> str:
        data = base64.b64encode((folder / match[1]).read_bytes()).decode()
        return f"url(data:image/png;base64,{data})"

    return re.sub(r"url\((images/[\w.-]+)\)", inside, text)
