"""A plain page for a folium map that is not a plan: title, sentences, map; one file, no network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import folium
from branca.element import Figure
from jinja2 import Environment

from pcngeo.review.library import leaflet_script, leaflet_style, own_markup
from pcngeo.review.page import content_policy, number_elements

__all__ = ["SheetMap", "save_sheet"]

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{{ policy }}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<link rel="icon" href="data:,">
<style>{{ leaflet }}</style>
<style>
body { margin: 0 auto; max-width: 1240px; padding: 12px 24px; color: #14202B;
  font: 16px/1.45 Arial, Helvetica, sans-serif; }
h1 { font-size: 21px; margin: 8px 0; }
.folium-map { height: 72vh; min-height: 380px; border: 1px solid #B8C2CC; border-radius: 6px;
  background: #F1F1EE; }
.leaflet-tooltip { max-width: 320px; width: max-content; white-space: normal; font-size: 13px; }
li { margin: 4px 0; }
</style>
</head>
<body>
<h1>{{ title }}</h1>
<p>{{ lead }}</p>
<main>
{{ map }}
<ul>{% for sentence in sentences %}<li>{{ sentence }}</li>{% endfor %}</ul>
</main>
{% for script in scripts %}<script>{{ script }}</script>
{% endfor %}</body>
</html>
"""


class SheetMap(folium.Map):
    """A folium map in latitude and longitude that asks nothing of the internet."""

    def __init__(self, bounds: Sequence[float], title: str, lead: str, said: Sequence[str]) -> None:
        west, south, east, north = bounds
        super().__init__(
            location=[(south + north) / 2, (west + east) / 2],
            tiles=None,
            attribution_control=False,
            zoom_snap=0.25,
        )
        self.default_js: list[tuple[str, str]] = []
        self.default_css: list[tuple[str, str]] = []
        self.fit_bounds([[south, west], [north, east]], padding=(12, 12))
        self.add_to(_Sheet(title, lead, said))


class _Sheet(Figure):
    """The root of the map: renders the whole page."""

    def __init__(self, title: str, lead: str, said: Sequence[str]) -> None:
        super().__init__(height="900px")
        self.words = {"title": title, "lead": lead, "sentences": tuple(said)}

    def render(self, **kwargs: Any) -> str:
        """Write the page as HTML; the same map gives the same text, byte for byte."""
        number_elements(self)
        for part in (self.header, self.html, self.script):
            part._children.clear()
        for child in self._children.values():
            child.render(**kwargs)
        scripts = [leaflet_script(), self.script.render(**kwargs)]
        return (
            Environment(autoescape=True)
            .from_string(_PAGE)
            .render(
                **self.words,
                policy=content_policy(scripts),
                leaflet=own_markup(leaflet_style()),
                map=own_markup(self.html.render(**kwargs)),
                scripts=[own_markup(script) for script in scripts],
            )
        )


def save_sheet(sheet: SheetMap, path: Path) -> Path:
    """Write the page of a sheet map to a file."""
    folium.LayerControl("bottomright", collapsed=False).add_to(sheet)
    path.write_text(str(sheet.get_root().render()), encoding="utf-8", newline="\n")
    return path
