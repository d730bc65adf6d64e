"""A real browser for the tests marked `browser`, or a skip that says why there is none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)
# Until the first frame is drawn the sections under content-visibility have no text to read.
DRAWN = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
]


def find_chromium() -> str | None:
    """Path of a Chromium: PCNGEO_CHROMIUM, the usual place, or the search path."""
    given = os.environ.get("PCNGEO_CHROMIUM")
    if given:
        return given if Path(given).exists() else None
    usual = Path("/usr/bin/chromium")
    if usual.exists():
        return str(usual)
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A running Chromium."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed (pip install .[dev])"
    )
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium found: install one or set PCNGEO_CHROMIUM to its path")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


class Opened:
    """A page that was opened from a file, with everything that went wrong in it."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.refused: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._console)
        page.on("requestfailed", lambda request: self.refused.append(request.failure))
        page.on("request", lambda request: self.requests.append(request.url))

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    @property
    def outside(self) -> list[str]:
        """Requests beyond the one file itself and what is inside it."""
        return [url for url in self.requests if not url.startswith(("file:", "data:"))]


@pytest.fixture(scope="module")
def read_page(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Open HTML once a module, for tests that leave the page as it was."""
    pages: dict[str, Opened] = {}

    def opened(html: str) -> Any:
        if html not in pages:
            path = tmp_path_factory.mktemp("read") / "page.html"
            path.write_text(html, encoding="utf-8", newline="\n")
            context = chromium.new_context(viewport={"width": 1366, "height": 900}, offline=True)
            pages[html] = Opened(context.new_page())
            pages[html].page.goto(path.as_uri())
            pages[html].page.evaluate(DRAWN)
        page = pages[html].page
        page.set_viewport_size({"width": 1366, "height": 900})
        page.emulate_media(media="screen", forced_colors="none", color_scheme="light")
        page.evaluate(
            "(v => (v.trial.leave(), v.close(), v.data.options[1] && v.show(0),"
            " v.trial.leave()))(pcngeo.view)"
        )
        page.evaluate(DRAWN)
        page.evaluate("pcngeo.view.chart.fit(), pcngeo.view.chart.place()")
        return page

    yield opened
    for one in pages.values():
        one.page.context.close()


@pytest.fixture
def open_page(chromium: Any, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Write HTML to a file and open it with the network off."""
    contexts = []

    def opened(html: str, *, width: int = 1366, height: int = 900, **options: Any) -> Opened:
        path = tmp_path / f"page-{len(contexts)}.html"
        path.write_text(html, encoding="utf-8", newline="\n")
        context = chromium.new_context(
            viewport={"width": width, "height": height}, offline=True, **options
        )
        contexts.append(context)
        found = Opened(context.new_page())
        found.page.goto(path.as_uri())
        if options.get("java_script_enabled", True):
            found.page.evaluate(DRAWN)
        return found

    yield opened
    for context in contexts:
        context.close()
