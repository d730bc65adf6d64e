"""Make the pictures of the review page: the README's, or all of them to look at.

``python maps/make_pictures.py`` plans the bundled sample and writes ``maps/saltmere.png``.
``python maps/make_pictures.py --all FOLDER`` writes the page of the sample, and of real areas where
the published files lie beside the checkout, as seen on a laptop, on a phone, in grey, with a
practice open, in a trial, with layers and links shown, on paper (PDF) and as a picture for papers.
It needs a Chromium (``PCNGEO_CHROMIUM`` names one) and the ``dev`` extra.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pcngeo.drawing import draw_together, write_picture
from pcngeo.pipeline import plan_area
from pcngeo.review import save_map
from pcngeo.rules import Rules

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "data" / "sample"
SHARED = Path(os.environ.get("PCNGEO_REAL_DATA", ROOT.parent / "shared" / "data")) / "published"
#: Real areas that are hard to draw: dense city, coast and countryside, the largest area.
AREAS = {
    "tower-hamlets": ("08V", "2021-01", "ccg20.geojson.gz", 60.0),
    "northumberland": ("00L", "2021-01", "ccg20.geojson.gz", 60.0),
    "north-west-london": ("W2U3Z", "2022-01", "ccg21.geojson.gz", 120.0),
}
VIEWS = {"laptop": (1366, 768), "phone": (360, 740), "grey": (1366, 768), "tall": (1366, 900)}
#: What the reader does before a picture is taken, and the views it is taken in.
ACTS = {
    "": "0",
    "card": "pcngeo.view.openPractice(3)",
    "trial": """(view => {
        const rows = view.data.practices;
        const other = i => view.neighbours[i].map(j => rows[j].network)
            .find(n => n && rows[i].network && n !== rows[i].network);
        const one = rows.findIndex((row, i) => other(i));
        if (one >= 0) { view.trial.move([one], other(one)); }
    })(pcngeo.view)""",
    "links": "document.getElementById('show-links').click()",
    "layers": """["show-today", "show-lines-0"].forEach(id => {
        const box = document.getElementById(id);
        if (box) { box.click(); }
    });
    const shade = document.getElementById("shade");
    if (shade) { shade.value = "0"; shade.dispatchEvent(new Event("change")); }""",
    "tables": """document.getElementById("filter-network").value = "n1";
    document.getElementById("filter-network").dispatchEvent(new Event("change"));
    document.getElementById("practices").scrollIntoView();""",
}
#: What of a trial and of layers is seen on paper too.
PRINTED = ("", "trial", "layers")


def plan_sample(out: Path) -> Path:
    """Plan the bundled sample; returns its page."""
    plan_area(
        lists=SAMPLE / "gp-reg-pat-prac-all.csv",
        organisations=SAMPLE / "epraccur.csv",
        postcodes=SAMPLE / "postcodes.csv",
        boundaries=SAMPLE / "boundaries.geojson",
        membership=SAMPLE / "gp-reg-pat-prac-map.csv",
        registrations=SAMPLE / "gp-reg-pat-prac-lsoa-all.csv",
        area="99Z",
        rules=Rules.read(SAMPLE / "rules.toml"),
        out=out,
    )
    return out / "map.html"


def with_layers(page_file: Path) -> None:
    """Draw the sample's page again with every layer that its files give."""
    drawn = draw_together(
        page_file.parent,
        {},
        registrations=SAMPLE / "gp-reg-pat-prac-lsoa-all.csv",
        deprivation=SAMPLE / "imd.csv",
        rurality=SAMPLE / "ruc.csv",
        lines={"LSOAs": SAMPLE / "lsoa.geojson"},
    )
    save_map(drawn, page_file)


def plan_real(name: str, out: Path) -> Path:
    """Plan a real area from the published files; returns its page."""
    code, date, boundaries, limit = AREAS[name]
    files = SHARED / date
    plan_area(
        lists=files / "gp-reg-pat-prac-all.csv.gz",
        organisations=next(files.glob("epraccur*")),
        postcodes=SHARED / "geography" / "codepo_subset_2025.csv.gz",
        boundaries=SHARED / "geography" / boundaries,
        membership=next(files.glob("gp-reg-pat-prac-map*")),
        area=code,
        time_limit=limit,
        out=out,
    )
    return out / "map.html"


def browser_path() -> str:
    """Find a Chromium, or stop and say what to do."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("PCNGEO_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not found:
        sys.exit("No Chromium found: install one or set PCNGEO_CHROMIUM to its path.")
    return found


def pages(folder: Path, *, everything: bool) -> Iterator[tuple[str, Path]]:
    """Plan the areas; gives name and page of each."""
    page_file = plan_sample(folder / "saltmere")
    if everything:
        with_layers(page_file)
    yield "saltmere", page_file
    if everything and SHARED.is_dir():
        for name in AREAS:
            sys.stdout.write(f"planning {name}\n")
            yield name, plan_real(name, folder / name)


def shoot(browser: Any, page_file: Path, target: Path, view: str, act: str = "") -> None:
    """Take one picture of a page."""
    width, height = VIEWS[view]
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(page_file.as_uri())
    if view == "grey":
        page.add_style_tag(content="html { filter: grayscale(1) }")
    page.evaluate(ACTS[act])
    page.wait_for_timeout(300)
    page.screenshot(path=target)
    page.close()
    sys.stdout.write(f"{target}\n")


def print_page(browser: Any, page_file: Path, target: Path, act: str) -> None:
    """Print a page as its reader would."""
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    page.goto(page_file.as_uri())
    page.evaluate(ACTS[act])
    page.pdf(path=target, prefer_css_page_size=True)
    page.close()
    sys.stdout.write(f"{target}\n")


def main() -> None:
    """Make the pictures that were asked for."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--all", metavar="FOLDER", type=Path, help="every view of every area")
    folder = parser.parse_args().all
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path(), args=["--no-sandbox", "--disable-background-networking"]
        )
        for name, page_file in pages(Path(scratch), everything=folder is not None):
            if folder is None:
                shoot(browser, page_file, ROOT / "maps" / f"{name}.png", "tall")
                continue
            folder.mkdir(parents=True, exist_ok=True)
            for view in ("laptop", "phone", "grey"):
                shoot(browser, page_file, folder / f"{name}-{view}.png", view)
            for act in filter(None, ACTS):
                shoot(browser, page_file, folder / f"{name}-{act}.png", "laptop", act)
            for act in PRINTED:
                print_page(browser, page_file, folder / f"{name}-{act or 'whole'}-print.pdf", act)
            write_picture(draw_together(page_file.parent, {}), folder / f"{name}-map.svg")
        browser.close()


if __name__ == "__main__":
    main()
