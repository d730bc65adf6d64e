"""Several areas: each for itself, taken up where it was broken off, or all as one problem."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from made_area import MadeArea, code

from pcngeo import evidence, national
from pcngeo.across import across_areas, across_words
from pcngeo.cli import main
from pcngeo.decisions import CrossArea
from pcngeo.demands import Together
from pcngeo.errors import DataError
from pcngeo.optimise import large
from pcngeo.optimise.plain import all_groups, group_cost
from pcngeo.pipeline import plan_area
from pcngeo.plan import Plan, Status
from pcngeo.reopen import reopen
from pcngeo.review import country as country_map
from pcngeo.rules import Rules

#: Three areas side by side, of 4, 4 and 8 practices.
PLACES = [
    (1.0 + 2 * x, 1.0 + 2 * y, 9_000 + 700 * ((5 * x + 3 * y) % 7))
    for x in range(8)
    for y in range(2)
]
BORDERS = (4.0, 8.0)


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> MadeArea:
    return MadeArea(tmp_path_factory.mktemp("country"), PLACES, borders=BORDERS)


def files_of(country: MadeArea) -> dict[str, Any]:
    return {k: v for k, v in country.inputs.items() if k != "area"}


def contents(folder: Path) -> dict[str, bytes]:
    """Every file, without the seconds that a search took."""
    found = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        content = path.read_bytes()
        if path.suffix == ".json":
            content = json.dumps(_timeless(json.loads(content)), sort_keys=True).encode()
        elif path.name == "areas.csv":
            content = pd.read_csv(path, dtype=str).drop(columns="seconds").to_csv().encode()
        found[str(path.relative_to(folder))] = content
    return found


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _timeless(v) for k, v in value.items() if k != "seconds"}
    return [_timeless(v) for v in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def planned(country: MadeArea, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("each") / "out"
    national.plan_areas(**files_of(country), area=["all"], out=out)
    return out


def test_every_area_has_the_folder_of_its_own_plan(
    country: MadeArea, planned: Path, tmp_path: Path
) -> None:
    alone = tmp_path / "alone"
    plan_area(**files_of(country), area="99Y", out=alone)
    there = contents(planned / "99Y")
    there.pop("area.json")
    assert there == contents(alone)
    assert sorted(p.name for p in planned.iterdir() if p.is_dir()) == ["99X", "99Y", "99Z"]


def test_totals_are_those_of_the_list_file(country: MadeArea, planned: Path) -> None:
    with (country.folder / "lists.csv").open(newline="") as file:
        listed = sum(int(row["NUMBER_OF_PATIENTS"]) for row in csv.DictReader(file))
    table = pd.read_csv(planned / "areas.csv", index_col="area")
    totals = json.loads((planned / "areas.json").read_text())
    assert (
        table["patients"].sum() == totals["patients"] == totals["published"]["patients"] == listed
    )
    parts = table["patients_in_networks"] + table["orphan_patients"] + table["elsewhere_patients"]
    assert (parts == table["patients"]).all()
    assert table["networks"].sum() == totals["networks"]
    for area, row in table.iterrows():
        plan = json.loads((planned / str(area) / "plan.json").read_text())
        assert row["objective"] == pytest.approx(plan["objective"])
        assert (row["status"], row["networks"]) == (plan["status"], plan["networks"]["count"])


def test_totals_tell_who_is_in_no_network(tmp_path: Path) -> None:
    places = [(1.0, 1.0, 17_000), (3.0, 1.0, 16_000), (6.0, 1.0, 12_000), (7.0, 1.0, 11_000)]
    country = MadeArea(tmp_path / "small", places, borders=(5.0,))
    found = national.plan_areas(**files_of(country), area=["all"], out=tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / "areas.csv", index_col="area")
    assert table["orphans"].to_dict() == {"99Y": 2, "99Z": 0}
    assert table["orphan_patients"].to_dict() == {"99Y": 23_000, "99Z": 0}
    totals = found.totals()
    assert totals["patients"] == 56_000
    assert (totals["patients_in_networks"], totals["orphan_patients"]) == (33_000, 23_000)
    members = pd.read_csv(tmp_path / "out" / "99Y" / "membership.csv")
    assert members.loc[members["status"] == "orphan", "list_size"].sum() == 23_000


def test_what_is_finished_is_not_solved_again(
    country: MadeArea, planned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(planned)
    with monkeypatch.context() as patch:
        patch.setattr(national, "plan_prepared", lambda *_, **__: pytest.fail("solved again"))
        found = national.plan_areas(**files_of(country), area=["all"], out=planned)
    assert found.kept == ("99X", "99Y", "99Z")
    assert contents(planned) == before


def test_what_was_made_from_something_else_is_made_anew(country: MadeArea, tmp_path: Path) -> None:
    out = tmp_path / "out"
    asked: dict[str, Any] = {"area": ["99Z"], "out": out}
    national.plan_areas(**files_of(country), **asked)
    for change in ({"seed": 3}, {"rules": Rules(min_list=31_000)}):
        assert national.plan_areas(**files_of(country), **asked, **change).kept == ()
        assert national.plan_areas(**files_of(country), **asked, **change).kept == ("99Z",)
    (out / "99Z" / "area.json").write_text("{")
    assert national.plan_areas(**files_of(country), **asked, **change).kept == ()
    whole = contents(out / "99Z")
    for name, harm in [("networks.csv", ""), ("plan.json", "{"), ("membership.csv", "practice\n")]:
        place = out / "99Z" / name
        place.write_text(harm) if harm else place.unlink()
        assert national.plan_areas(**files_of(country), **asked, **change).kept == ()
        assert contents(out / "99Z") == whole
        assert national.plan_areas(**files_of(country), **asked, **change).kept == ("99Z",)


def test_a_killed_run_ends_in_the_same_files(
    country: MadeArea, planned: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    words = country.command("plan")
    words[words.index("--area") + 1] = "all"
    words[words.index("--out") + 1] = str(out)
    words = [w for w in words if w != "--rules" and not w.endswith("rules.toml")]
    running = subprocess.Popen([sys.executable, "-m", "pcngeo", *words], stderr=subprocess.DEVNULL)
    try:
        for _ in range(6_000):
            if (out / "99X" / "area.json").is_file() or running.poll() is not None:
                break
            time.sleep(0.01)
    finally:
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
    assert not (out / "areas.csv").exists()
    done = subprocess.run(
        [sys.executable, "-m", "pcngeo", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert contents(out) == contents(planned)


def test_a_fault_of_one_area_does_not_stop_the_others(
    country: MadeArea, planned: Path, tmp_path: Path
) -> None:
    rules = "".join(
        f'[[excluded]]\npractice = "{code(i)}"\nreason = "closes"\n' for i in range(8, 16)
    )
    words = country.command("plan", rules=rules)
    words[words.index("--area") + 1] = "all"
    words[words.index("--out") + 1] = str(tmp_path / "out")
    done = subprocess.run(
        [sys.executable, "-m", "pcngeo", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    said = " ".join(done.stdout.split())
    assert "99X NHS NOWHERE 99X CCG could not be planned: no practice of 99X can" in said
    table = pd.read_csv(tmp_path / "out" / "areas.csv", index_col="area", keep_default_na=False)
    assert table["status"].to_dict() == {"99X": "error", "99Y": "optimal", "99Z": "optimal"}
    assert table["patients"].sum() == pd.read_csv(planned / "areas.csv")["patients"].sum()
    assert not (tmp_path / "out" / "99X").exists()


def test_a_fault_of_the_program_in_one_area_is_told_and_the_others_are_planned(
    country: MadeArea,
    planned: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    plan_one = national.plan_prepared

    def broken(prepared: Any, **options: Any) -> Any:
        if prepared.intake.area == "99X":
            raise ZeroDivisionError("no such share")
        return plan_one(prepared, **options)

    words, out = country.command("plan"), tmp_path / "out"
    words[words.index("--area") + 1] = "all"
    words[words.index("--out") + 1] = str(out)
    words = [w for w in words if w != "--rules" and not w.endswith("rules.toml")]
    with monkeypatch.context() as patch:
        patch.setattr(national, "plan_prepared", broken)
        with pytest.raises(SystemExit) as stopped:
            main(words)
    assert stopped.value.code == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "99X NHS NOWHERE 99X CCG could not be planned: a fault of pcngeo itself" in said
    assert "(ZeroDivisionError: no such share)" in said
    assert "99X-fault.txt" in said
    assert "in broken" in (out / "99X-fault.txt").read_text("utf-8")
    table = pd.read_csv(out / "areas.csv", index_col="area", keep_default_na=False)
    assert table["status"].to_dict() == {"99X": "error", "99Y": "optimal", "99Z": "optimal"}
    assert json.loads((out / "areas.json").read_text("utf-8"))["failed"] == ["99X"]
    with pytest.raises(SystemExit) as stopped:  # mended: only that area is planned
        main(words)
    assert not stopped.value.code
    assert contents(out) == contents(planned)


def test_neighbours_are_of_one_area(country: MadeArea, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="across-borders"):
        national.plan_areas(**files_of(country), area=["all"], out=tmp_path, neighbours=[code(3)])


def test_the_bound_follows_from_the_prices_in_the_folder(
    country: MadeArea, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large, "LARGE", 1)  # planned as a country is
    made = plan_area(**files_of(country), area=["99X", "99Y", "99Z"], out=tmp_path)
    table = pd.read_csv(tmp_path / "bound.csv", keep_default_na=False)
    kinds = {kind: part.set_index("practices")["price"] for kind, part in table.groupby("kind")}
    worth, charge = kinds["practice"], float(kinds["charge"].iloc[0])
    cuts = {frozenset(c.split()): v for c, v in kinds.get("cut", pd.Series(dtype=float)).items()}
    lists = pd.read_csv(tmp_path / "membership.csv", index_col="practice")["list_size"]
    # a charge below 0 lies on top of as much per patient of a smallest network
    rate = max(0.0, -1.001 * charge / 30_000)
    least = dict.fromkeys(worth.index, 0.0)
    for group in all_groups(made.graph, 30_000, 50_000):
        cost, hub = group_cost(made.graph, group)
        reduced = cost + charge + rate * lists[sorted(group)].sum() - worth[sorted(group)].sum()
        reduced += sum(price for three, price in cuts.items() if len(group & three) > 1)
        least[hub] = min(least[hub], reduced)
    said = json.loads((tmp_path / "plan.json").read_text())
    proven = worth.sum() - sum(cuts.values()) + sum(least.values())
    proven -= charge * said["networks"]["count"] + rate * lists.sum()
    assert said["patients_in_no_network"] == 0
    assert min(proven, said["objective"]) == pytest.approx(said["bound"], rel=1e-6)


def test_across_borders_the_areas_share_one_graph(
    country: MadeArea, planned: Path, tmp_path: Path
) -> None:
    words = country.command("plan", "--across-borders")
    words[words.index("--area") + 1] = "all"
    words[words.index("--out") + 1] = str(tmp_path / "one")
    rules = (
        tmp_path / "rules.toml"
    )  # as many plans are best, one that crosses a border is asked for
    rules.write_text(
        f'[[together]]\npractices = ["{code(6)}", "{code(8)}"]\nreason = "they share a nurse"\n'
    )
    words += ["--rules", str(rules)]
    done = subprocess.run(
        [sys.executable, "-m", "pcngeo", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    edges = pd.read_csv(tmp_path / "one" / "edges.csv")
    side = {
        code(i): int(np.searchsorted(BORDERS, e, "right")) for i, (e, _, _) in enumerate(PLACES)
    }
    assert (edges["practice_a"].map(side) != edges["practice_b"].map(side)).sum() > 1
    across = pd.read_csv(tmp_path / "one" / "across.csv", keep_default_na=False)
    members = pd.read_csv(tmp_path / "one" / "membership.csv", keep_default_na=False)
    members["side"] = members["practice"].map(side)
    sums = members[members["network"] != ""].groupby(["network", "side"])["list_size"].sum()
    several = sums.groupby("network").filter(lambda part: len(part) > 1)
    assert sorted(across["network"].unique()) == sorted(several.index.unique("network"))
    names = {0: "99Z", 1: "99Y", 2: "99X"}
    for network, part in several.groupby("network"):
        rows = across[across["network"] == network].set_index("area")
        assert rows["patients"].to_dict() == {names[s]: int(n) for (_, s), n in part.items()}
        most = max(part.items(), key=lambda item: (item[1], item[0][1]))[0][1]
        assert rows.index[rows["lead"]].tolist() == [names[most]]
    each = pd.read_csv(planned / "areas.csv")["objective"].sum()
    one = json.loads((tmp_path / "one" / "plan.json").read_text())
    assert one["status"] == "optimal"
    assert one["networks"]["count"] > 0 < each


def test_one_area_of_a_plan_of_many_has_its_page_with_networks_across_its_border_whole(
    country: MadeArea, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tied = Together((code(6), code(8)), "they share a nurse")
    out, rules = tmp_path / "one", Rules(together=(tied, Together((code(12), code(13)), "")))
    made = plan_area(**files_of(country), area=country.areas, rules=rules, out=out)
    with pytest.raises(SystemExit) as stopped:
        main(["map", str(out), "--area", "99y"])
    assert not stopped.value.code
    said = " ".join(capsys.readouterr().out.split())
    whole = made.membership.join(made.intake.practices["area"])
    crossing = set(whole.loc[whole["area"] == "99Y", "network"])
    wanted = whole[(whole["area"] == "99Y") | whole["network"].isin(crossing)]
    assert set(wanted["area"]) > {"99Y"}
    part = pd.read_csv(out / "99Y" / "membership.csv", index_col="practice", dtype=str)
    assert part["network"].to_dict() == wanted["network"].to_dict()
    assert (out / "99Y" / "map.html").is_file()
    assert (out / "99Y" / "map.svg").is_file()
    patients = int(wanted["list_size"].sum())
    assert f"in this part of the plan: {len(wanted)} practices, {patients:,} patients" in said
    assert "Part of a plan of 3 areas as one problem" in said
    assert made.plan.proof in said
    again = reopen(out / "99Y")
    assert again.plan.proof == reopen(out, "99Y").plan.proof
    assert [row.practices for row in again.rules.together] == [tied.practices]
    sums = made.measures.loc[sorted(crossing), "list_size"]
    assert again.measures["list_size"].to_dict() == sums.to_dict()
    with pytest.raises(DataError, match="no practice of 99Q"):
        reopen(out, "99Q")


def test_above_a_size_there_is_a_picture_and_no_page(
    country: MadeArea, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "MOST_ON_PAGE", 15)
    made = plan_area(**files_of(country), area=country.areas, out=tmp_path)
    assert not (tmp_path / "map.html").exists()
    drawn = ElementTree.fromstring((tmp_path / "map.svg").read_text(encoding="utf-8"))
    kinds = "{http://www.w3.org/2000/svg}"
    told = [title.text or "" for title in drawn.iter(f"{kinds}title")]
    for network, row in made.measures.iterrows():
        assert any(
            f"Network {network}: {row['practices']} practices, {row['list_size']:,} patients" in t
            for t in told
        )
    said = " ".join(text.text or "" for text in drawn.iter(f"{kinds}text"))
    assert "A proposal, not a decision" in said
    assert f"{made.plan.gap or 0:.2%}" in said or "Proven best" in said
    assert "pcngeo map FOLDER --area CODE" in said
    assert any("no review page" in words for words in evidence.evidence_words(made))
    drawn_again = tmp_path / "again.svg"
    with pytest.raises(SystemExit) as stopped:
        main(["map", str(tmp_path), "--out", str(drawn_again)])
    assert not stopped.value.code
    assert drawn_again.read_bytes() == (tmp_path / "map.svg").read_bytes()
    with pytest.raises(SystemExit) as stopped:
        main(["map", str(tmp_path), "--out", str(tmp_path / "map.png")])
    assert stopped.value.code == 2


@pytest.mark.parametrize(("where", "fitted"), [("around Central London (Westminster), ", True),
                                               ("around Wigan, ", False)])  # fmt: skip
def test_a_long_caption_stays_on_the_sheet(where: str, fitted: bool) -> None:
    frame = country_map.Frame(0.0, 1_000.0, 1.0, 1_000, 1_000)
    drawn = country_map._caption(1, (0.0, 0.0, 100.0, 100.0), 1_409, 875, 116, frame, where)
    assert f"{where}1,409 practices" in drawn
    assert ('textLength="319"' in drawn) == fitted


def test_the_rules_may_name_the_area_that_leads() -> None:
    plan = Plan(pd.Series({"A": "1", "B": "1", "C": "1", "D": "2"}), status=Status.GIVEN)
    practices = pd.DataFrame(
        {"area": ["99Y", "99Z", "99Z", "99Z"], "list_size": [9_000, 4_000, 5_000, 31_000]},
        index=["A", "B", "C", "D"],
    )
    table = across_areas(plan, practices, Rules())
    assert table["network"].tolist() == ["1", "1"]
    assert table["patients"].tolist() == [9_000, 9_000]
    assert table.loc[table["lead"], "area"].tolist() == ["99Y"]  # as many: the first by code
    named = Rules(cross_area=(CrossArea("B", "shared patients", "NHS", lead_area="99Z"),))
    table = across_areas(plan, practices, named)
    assert table.loc[table["lead"], ["area", "lead_said_by"]].values.tolist() == [["99Z", "rules"]]


def test_who_would_lead_a_network_across_a_border_is_said_aloud() -> None:
    plan = Plan(pd.Series({"A": "1", "B": "1", "C": "2", "D": "2"}), status=Status.GIVEN)
    practices = pd.DataFrame(
        {"area": ["99Y", "99Z", "99Z", "99Z"], "list_size": [9_000, 24_000, 5_000, 31_000]},
        index=["A", "B", "C", "D"],
    )
    (said,) = across_words(across_areas(plan, practices, Rules()))
    assert said == (
        "Network 1 has practices of 99Z (24,000 people) and 99Y (9,000 people): 99Z would lead, "
        "with most of its people, if all agree (R19)."
    )
    named = Rules(cross_area=(CrossArea("B", "shared patients", "NHS", lead_area="99Y"),))
    (said,) = across_words(across_areas(plan, practices, named))
    assert "99Y would lead, as the rules name it" in said
    many = Plan(pd.Series({f"{p}{k}": str(k) for k in range(9) for p in "AB"}), status=Status.GIVEN)
    both = pd.DataFrame(
        {"area": ["99Y", "99Z"] * 9, "list_size": 20_000}, index=many.assignment.index
    )
    (said,) = across_words(across_areas(many, both, Rules()))
    assert said.startswith("9 networks have practices of more than one area")
