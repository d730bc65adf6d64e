"""How large the review page is, and how long it takes to open.

``python benchmarks/page.py FOLDER...`` draws the page of each plan's folder anew and opens it from
disk in a headless Chromium, several times. Printed for each: practices, size of the file, seconds
to draw it, seconds until it can be used (the best of the runs: the machine may be busy with other
things), and the processor time of the page's main thread, which other work does not lengthen. The
targets: under 5 MB for 60 practices, under 2 seconds for the largest area.

``--largest`` makes an area of 354 practices on a grid instead, for whoever has no published files.
It needs the ``dev`` extra and a Chromium (``PCNGEO_CHROMIUM`` names one).
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def chromium() -> str:
    """Find a Chromium, or stop and say what to do."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("PCNGEO_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not found:
        sys.exit("No Chromium found: install one or set PCNGEO_CHROMIUM to its path.")
    return found


def page_of_folder(folder: Path, target: Path) -> int:
    """Draw the page of a plan's folder; returns its number of practices."""
    from pcngeo.reopen import reopen
    from pcngeo.review import save_map
    from pcngeo.writing import draw_plan

    result = reopen(folder)
    save_map(draw_plan(result), target)
    return len(result.membership)


def page_of_grid(target: Path) -> int:
    """Draw the page of an area of 354 practices on a grid; returns that number."""
    sys.path.insert(0, str(ROOT / "tests"))
    from browser.grid_area import grid_area

    from pcngeo.review import draw_map, map_html

    rows = ["".join(chr(97 + c // 5 + 4 * (r // 5)) for c in range(20)) for r in range(18)]
    rows[-1] = rows[-1][:14] + "......"
    area = grid_area("\n".join(rows))
    drawn = draw_map(*area.arguments(), graph=area.graph)
    target.write_text(map_html(drawn), encoding="utf-8")
    return len(area.practices)


def opening(browser: Any, page_file: Path) -> tuple[float, float]:
    """Seconds until the page can be used, and processor seconds of its main thread."""
    page = browser.new_page(viewport={"width": 1366, "height": 900})
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(page_file.as_uri())
    ready = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    found = session.send("Performance.getMetrics")["metrics"]
    busy = next(row["value"] for row in found if row["name"] == "TaskDuration")
    page.close()
    return ready / 1000, busy


def main() -> None:
    """Measure the pages that were asked for."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folders", nargs="*", type=Path, help="folders of plans")
    parser.add_argument("--largest", action="store_true", help="354 practices on a grid")
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    sys.stdout.write("page,practices,megabytes,draw_s,open_s,main_thread_s\n")
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-background-networking"]
        )
        jobs = [(f.resolve().name, f) for f in given.folders]
        jobs += [("grid", None)] if given.largest or not jobs else []
        for name, folder in jobs:
            target = Path(scratch) / f"{name}.html"
            start = time.perf_counter()
            count = page_of_folder(folder, target) if folder else page_of_grid(target)
            drawn = time.perf_counter() - start
            runs = [opening(browser, target) for _ in range(given.runs)]
            ready, busy = (min(values) for values in zip(*runs, strict=True))
            size = target.stat().st_size / 1e6
            sys.stdout.write(f"{name},{count},{size:.2f},{drawn:.1f},{ready:.2f},{busy:.2f}\n")
        browser.close()


if __name__ == "__main__":
    main()
