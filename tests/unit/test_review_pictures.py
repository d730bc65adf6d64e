"""The map as a picture, and several plans on one page, from the command line."""

from __future__ import annotations

import json
import shutil
import struct
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pcngeo.cli import app
from pcngeo.drawing import draw_together, write_picture
from pcngeo.errors import DataError, MissingExtra, PcnGeoError
from pcngeo.review.colours import FILLS, PATTERNS
from pcngeo.review.raster import to_png
from pcngeo.review.saved import read_page


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def words_of(svg: str) -> str:
    return " ".join(e.text or "" for e in ET.fromstring(svg).iter() if e.tag.endswith("text"))


def test_the_poster_says_what_a_paper_needs(planned_sample: Path, tmp_path: Path) -> None:
    run("map", planned_sample, "--out", tmp_path / "map.svg")
    svg = (tmp_path / "map.svg").read_text(encoding="utf-8")
    words = words_of(svg)
    for said in ("Proposal, not a decision", "Registered lists at 1 January 2026",  " km",
                 "Indicative areas, derived from the nearest practice", "Sources:",
                 "gp-reg-pat-prac-all.csv"):  # fmt: skip
        assert said in words, said
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")
    run("map", planned_sample, "--out", tmp_path / "today.svg", "--option", "Today")
    assert (tmp_path / "today.svg").read_text(encoding="utf-8") != svg


def test_a_png_is_the_same_picture(planned_sample: Path, tmp_path: Path) -> None:
    image = pytest.importorskip("matplotlib.image")
    run("map", planned_sample, "--out", tmp_path / "map.svg")
    run("map", planned_sample, "--out", tmp_path / "map.png")
    root = ET.parse(tmp_path / "map.svg").getroot()
    png = (tmp_path / "map.png").read_bytes()
    wide, high = struct.unpack(">II", png[16:24])
    assert abs(wide - 2 * float(root.get("width", 0))) <= 2
    assert abs(high - 2 * float(root.get("height", 0))) <= 2
    pixels = (image.imread(tmp_path / "map.png")[..., :3] * 255).round().astype(int)
    seen = {tuple(int(v) for v in p) for p in pixels[::3, ::3].reshape(-1, 3)}
    used = {f"f-{i}" for i in range(len(FILLS)) if f"url(#f-{i})" in _map_areas(root)}
    for i, fill in enumerate(FILLS):
        if f"f-{i}" in used:
            assert tuple(int(fill[k : k + 2], 16) for k in (1, 3, 5)) in seen
    assert to_png((tmp_path / "map.svg").read_text(encoding="utf-8")) == png


def _map_areas(root: ET.Element) -> str:
    return " ".join(e.get("fill", "") for e in root.iter() if e.get("data-site"))


def test_a_picture_that_cannot_be_shown_whole_is_refused() -> None:
    with pytest.raises(PcnGeoError, match="<ellipse>"):
        to_png('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><ellipse/></svg>')


def test_without_matplotlib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)
    with pytest.raises(MissingExtra, match=r"pcngeo\[pictures\]"):
        to_png("<svg/>")


def test_every_colour_but_one_has_a_pattern_of_its_own() -> None:
    marks = [e.find("path") for e in ET.fromstring(f"<defs>{PATTERNS}</defs>")]
    drawn = ["" if e is None else e.get("d", "") for e in marks]
    assert len(set(drawn)) == len(FILLS)


def test_several_plans_on_one_page(planned_sample: Path, tmp_path: Path) -> None:
    other = shutil.copytree(planned_sample, tmp_path / "second")
    target = tmp_path / "page.html"
    run("review", "page", planned_sample, "--with", f"Second best={other}", "--out", target)
    assert list(read_page(target).options) == ["Proposal", "Second best", "Today"]
    run("review", "page", planned_sample, "--with", other, "--no-today", "--out", target)
    assert list(read_page(target).options) == ["Proposal", "second"]


def test_a_folder_of_plans_is_one_page_and_its_reviews_can_be_applied(
    planned_sample: Path, tmp_path: Path
) -> None:
    """As `pcngeo alternatives` and `pcngeo options --plans` write them."""
    for name in ("1", "2", "10"):
        shutil.copytree(planned_sample, tmp_path / "alternatives" / name)
    said = run("review", "page", tmp_path / "alternatives")
    page = tmp_path / "alternatives" / "review.html"
    seen = read_page(page)
    assert list(seen.options) == ["Proposal", "Plan 2", "Plan 10", "Today"]
    assert "pcngeo review apply" in " ".join(said.split())
    home = seen.options["Plan 2"]
    code = next(p for p, network in home.items() if network == "1")
    review = {
        "format": "pcngeo-review", "version": 1, "area": seen.area, "plan": seen.digest,
        "lists": seen.lists, "option": "Plan 2", "reviewer": "LMC", "comments": [],
        "moves": [{"practice": code, "from": "1", "to": "2"}],
    }  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps(review), encoding="utf-8")
    run("review", "apply", tmp_path / "alternatives" / "1", tmp_path / "a.json", "--page", page,
        "--option", "Plan 2", "--out", tmp_path / "out")  # fmt: skip
    assert (tmp_path / "out" / "map.html").is_file()
    run("review", "page", planned_sample, "--with", f"Other={tmp_path / 'alternatives'}",
        "--no-today", "--out", tmp_path / "more.html")  # fmt: skip
    assert list(read_page(tmp_path / "more.html").options) == [
        "Proposal", "Other 1", "Other 2", "Other 10",
    ]  # fmt: skip


def test_wrong_usage_of_the_commands_is_said(planned_sample: Path, tmp_path: Path) -> None:
    for arguments, words in (
        (["map", planned_sample, "--out", tmp_path / "map.jpg"], "ends in .svg or .png"),
        (["map", planned_sample, "--out", tmp_path / "no" / "map.svg"], "does not exist"),
        (["review", "page", planned_sample, "--with", "=x"], "each needs a name of its own"),
        (["map", "--lists", "lists.csv", "--area", "08V"], "then 'pcngeo map FOLDER'"),
        (["map", planned_sample / "plan.json"], "a map is drawn from the folder of a plan"),
        (["map"], "so plan first"),
        (["map", planned_sample, "--optoin", "Today"], "No such option"),
    ):
        result = CliRunner().invoke(app, [str(a) for a in arguments])
        assert result.exit_code == 2
        assert words in " ".join(result.output.split())
    with pytest.raises(DataError, match="there is no plan 'Else' here"):
        run("map", planned_sample, "--out", tmp_path / "map.svg", "--option", "Else")
    told: list[str] = []
    drawn = draw_together(planned_sample, {})
    with pytest.raises(DataError, match="Choose Proposal, Today"):
        write_picture(
            drawn, tmp_path / "map.svg", "Else", progress=lambda _, words: told.append(words)
        )
    assert told == [], "nothing is said to be written that is not"
    assert not (tmp_path / "map.svg").exists()


def test_a_plan_of_other_lists_is_refused(planned_sample: Path, tmp_path: Path) -> None:
    import sqlite3

    other = Path(shutil.copytree(planned_sample, tmp_path / "other"))
    base = sqlite3.connect(other / "plan.gpkg")
    base.execute("DROP TRIGGER IF EXISTS rtree_practices_geom_update1")
    names = [row[0] for row in base.execute("SELECT name FROM sqlite_master WHERE type='trigger'")]
    for name in names:
        base.execute(f'DROP TRIGGER "{name}"')
    base.execute("UPDATE practices SET list_size = list_size + 1 WHERE status = 'special'")
    base.commit()
    base.close()
    with pytest.raises(DataError, match="of other practices or lists"):
        draw_together(planned_sample, {"Other": other})
