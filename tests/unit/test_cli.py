"""The command line: what a user types, sees and finds in the folder; every fault one message."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pcngeo.cli import main

#: Twelve practices on a grid of 3 x 4 km, 10,000 patients each: three networks of 40,000.
CODES = [f"Z99{i:03d}" for i in range(12)]
LISTS = "gp-reg-pat-prac-all.csv"


def place(i: int) -> tuple[int, int]:
    return 400_500 + 1_000 * (i % 4), 300_500 + 1_000 * (i // 4)


def postcode(i: int) -> str:
    return f"ZZ{i // 10 + 1} {i % 10}AA"


def write_csv(path: Path, rows: list[list[object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


class Files:
    """A tiny commissioning area in the published formats."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        header = [
            "PUBLICATION", "EXTRACT_DATE", "TYPE", "CCG_CODE", "ONS_CCG_CODE", "CODE", "POSTCODE",
            "SEX", "AGE", "NUMBER_OF_PATIENTS",
        ]  # fmt: skip
        self.list_rows: list[list[object]] = [header] + [
            ["GP_PRAC_PAT_LIST", "01JAN2021", "GP", "99Z", "E38999999", code, postcode(i),
             "ALL", "ALL", 10_000] for i, code in enumerate(CODES)
        ]  # fmt: skip
        self.lists = write_csv(folder / LISTS, self.list_rows)
        self.organisations = write_csv(
            folder / "epraccur.csv",
            [
                [code, f"SURGERY {i}", "Y99", "Q99", "1 HIGH ST", "", "", "", "", postcode(i),
                 "19740401", "", "A", "B", "99Z", "20130401", "", "", "", "", "", "0", "", "99Z",
                 "", "4", ""] for i, code in enumerate(CODES)
            ],
        )  # fmt: skip
        self.postcodes = write_csv(
            folder / "codepo.csv",
            [
                [postcode(i), 10, *place(i), "E92000001", "", "", "", "", ""]
                for i in range(len(CODES))
            ],
        )
        self.boundaries = folder / "boundaries.geojson"
        self.boundaries.write_text(json.dumps(self.boundary()))
        self.out = folder / "out"

    def boundary(self) -> dict[str, object]:
        ring = [[400_000, 300_000], [404_000, 300_000], [404_000, 303_000], [400_000, 303_000]]
        return {
            "type": "FeatureCollection",
            "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}},
            "features": [{
                "type": "Feature",
                "properties": {"CCG20CD": "E38999999", "CCG20NM": "NHS Nowhere CCG"},
                "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
            }],
        }  # fmt: skip

    def arguments(self, **changes: object) -> list[str]:
        flags: dict[str, object] = {
            "--lists": self.lists, "--organisations": self.organisations,
            "--postcodes": self.postcodes, "--boundaries": self.boundaries,
            "--area": "99Z", "--out": self.out,
        }  # fmt: skip
        flags |= {f"--{name}": value for name, value in changes.items()}
        return ["plan", *(str(x) for f, v in flags.items() if v is not None for x in (f, v))]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "in")


def run(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    return int(stopped.value.code or 0)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_plan_from_published_files(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(files.arguments()) == 0
    assert {p.name for p in files.out.iterdir()} == {
        "membership.csv", "networks.csv", "edges.csv", "plan.json", "plan.gpkg", "map.html",
        "intake.csv", "why_not.csv", "audit.csv", "orphans.csv", "links.csv", "cuts.csv",
        "shares.csv", "objective.csv",
    }  # fmt: skip
    networks = rows(files.out / "networks.csv")
    sizes = [int(r["list_size"]) for r in networks]
    assert len(sizes) == 3
    assert sum(sizes) == 120_000
    assert all(30_000 <= size <= 50_000 for size in sizes)
    assert list(networks[0]) == [
        "network", "practices", "list_size", "in_window", "hub", "mean_distance_km",
        "max_distance_km", "span_km", "compactness", "flags",
    ]  # fmt: skip
    table = rows(files.out / "membership.csv")
    assert {r["practice"] for r in table} == set(CODES)
    assert {r["status"] for r in table} == {"member"}
    assert list(rows(files.out / "edges.csv")[0]) == [
        "practice_a", "practice_b", "kind", "border_m", "distance_m",
    ]  # fmt: skip
    plan = json.loads((files.out / "plan.json").read_text())
    assert plan["status"] == "optimal"
    assert plan["complete"] is True
    said = capsys.readouterr().out
    assert "proposed networks, not a decision" in said
    assert "120,000 patients in 3 networks + 0 not in one = 120,000 published" in said
    assert "Proven best" in said


def test_graph_draws_what_contiguity_is_judged_on(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = files.organisations.read_text().replace("SURGERY 3", "{{ 7*7 }} <b>SURGERY</b>")
    files.organisations.write_text(hostile)
    assert run(["graph", *files.arguments()[1:]]) == 0
    assert {p.name for p in files.out.iterdir()} == {
        "edges.csv", "cuts.csv", "fragile.csv", "graph.gpkg", "graph.html", "intake.csv",
    }  # fmt: skip
    said = capsys.readouterr().out
    assert "12 practices and 17 links in 1 part." in said
    assert "Input rows dropped, repaired or flagged:" in said
    assert len(rows(files.out / "edges.csv")) == 17
    page = (files.out / "graph.html").read_text()
    assert "They are derived, not published." in page
    assert "&#123;&#123; 7*7" in page
    assert "49 &lt;b&gt;" not in page
    assert "<b>SURGERY" not in page
    assert "cdn" not in page


def test_edges_edited_by_hand_are_what_contiguity_is_judged_on(files: Files) -> None:
    assert run(["graph", *files.arguments()[1:]]) == 0
    edited = files.folder / "mine.csv"
    lines = (files.out / "edges.csv").read_text().splitlines()
    edited.write_text("\n".join(line for line in lines if "Z99000" not in line) + "\n")
    assert run([*files.arguments(), "--edges", str(edited)]) == 0
    table = {r["practice"]: r for r in rows(files.out / "membership.csv")}
    assert table["Z99000"]["status"] == "proposed"
    assert "touches no other practice" in table["Z99000"]["reason"]
    sources = json.loads((files.out / "plan.json").read_text())["inputs"]
    assert [s["file"] for s in sources if s["flag"] == "edges"] == ["mine.csv"]


def test_a_river_given_as_a_line_cuts(files: Files) -> None:
    import geopandas as gpd
    import shapely

    river = shapely.LineString([(402_000, 299_000), (402_000, 304_000)])
    path = files.folder / "river.gpkg"
    gpd.GeoDataFrame({"name": ["River Nowhere"]}, geometry=[river], crs=27700).to_file(path)
    assert run([*files.arguments(), "--barriers", str(path)]) == 0
    west = {CODES[i] for i in range(12) if i % 4 < 2}
    for edge in rows(files.out / "edges.csv"):
        assert (edge["practice_a"] in west) == (edge["practice_b"] in west)
    graph = json.loads((files.out / "plan.json").read_text())["graph"]
    assert any("River Nowhere" in sentence for sentence in graph)


def test_a_table_of_your_own_needs_no_postcodes(files: Files) -> None:
    own = write_csv(
        files.folder / "own.csv",
        [["practice", "list_size", "easting", "northing"],
         *[[code, 10_000, *place(i)] for i, code in enumerate(CODES)]],
    )  # fmt: skip
    arguments = files.arguments(
        lists=own,
        organisations=None,
        postcodes=None,
        area="E38999999",
        **{"list-date": "2021-01-01"},
    )
    assert run(arguments) == 0
    assert len(rows(files.out / "membership.csv")) == 12


def test_without_postcodes_nobody_is_located_and_it_says_so(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(files.arguments(postcodes=None)) == 1
    assert "--postcodes" in capsys.readouterr().err


def test_a_rural_waiver_makes_a_network_below_the_floor_R03(files: Files) -> None:
    cut = "\n".join(
        f'[[barrier]]\na = "{CODES[a]}"\nb = "{CODES[b]}"\nreason = "the moor"'
        for a, b in ((0, 1), (4, 5), (8, 9))
    )
    waiver = f'[[rural_waiver]]\npractice = "{CODES[0]}"\nreason = "remote"\n'
    rules = files.folder / "rules.toml"
    arguments = [*files.arguments(), "--set", "min_list=31000", "--rules", str(rules)]
    for approved, status in (("", "proposed"), ('approved_by = "ICB, 1 March"\n', "member")):
        rules.write_text(f"{cut}\n{waiver}{approved}")
        assert run(arguments) == 0
        table = {r["practice"]: r for r in rows(files.out / "membership.csv")}
        assert {table[CODES[i]]["status"] for i in (0, 4, 8)} == {status}
    plan = json.loads((files.out / "plan.json").read_text())
    assert any("rural waiver (remote; approved by ICB" in text for text in plan["explanation"])


def test_names_are_printed_as_they_are(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    odd = files.organisations.read_text().replace("SURGERY 3", "UPPER [/red] [bold]PRACTICE")
    files.organisations.write_text(odd.replace("SURGERY 7", "[/] SURGERY"))
    isolate = f'[[declined]]\npractice = "{CODES[3]}"\nreason = "see [[bridge]]"\n'
    rules = files.folder / "rules.toml"
    rules.write_text(isolate)
    assert run([*files.arguments(), "--rules", str(rules)]) == 0
    said = capsys.readouterr().out
    assert "[/Red] [bold]Practice" in said or "[/red]" in said.lower()
    assert "[[bridge]]" in said


def test_demands_of_the_planner_are_kept_and_audited(files: Files) -> None:
    rules = files.folder / "rules.toml"
    rules.write_text(
        f'[[together]]\npractices = ["{CODES[0]}", "{CODES[1]}"]\nreason = "one building"\n'
        f'[[apart]]\na = "{CODES[2]}"\nb = "{CODES[3]}"\nreason = "asked for by both"\n'
        f'[[locked_network]]\npractices = ["{CODES[8]}", "{CODES[9]}", "{CODES[10]}"]\n'
        'reason = "agreed in March"\n'
    )
    assert run([*files.arguments(), "--rules", str(rules)]) == 0
    home = {r["practice"]: r["network"] for r in rows(files.out / "membership.csv")}
    assert home[CODES[0]] == home[CODES[1]]
    assert home[CODES[2]] != home[CODES[3]]
    locked = {CODES[i] for i in (8, 9, 10)}
    assert {p for p in home if home[p] == home[CODES[8]]} == locked
    choices = [r for r in rows(files.out / "audit.csv") if r["rule"] == "R16"]
    assert [r["result"] for r in choices] == ["pass"] * 3


def test_inspect_areas_and_fetch_are_commands(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["inspect", str(files.lists), str(files.boundaries)]) == 0
    said = capsys.readouterr().out
    assert "Give it with --lists." in said
    assert "Give it with --boundaries." in said
    assert run(["areas", "--lists", str(files.lists)]) == 0
    assert "1 area, 12 practices, 120,000 patients" in capsys.readouterr().out
    assert run(["fetch", str(files.folder / "got"), "--only", "nonsense"]) == 1
    assert "lists" in capsys.readouterr().err


def test_the_graph_does_not_touch_the_folder_of_a_plan(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files.folder)
    arguments = files.arguments(out=None)
    assert run(arguments) == 0
    before = (files.folder / "maps" / "99Z" / "edges.csv").read_bytes()
    assert run(["graph", *arguments[1:], "--set", "adjacency=knn"]) == 0
    assert (files.folder / "maps" / "99Z" / "edges.csv").read_bytes() == before
    assert (files.folder / "maps" / "99Z-graph" / "edges.csv").is_file()


def test_a_scenario_file_says_it_all(files: Files) -> None:
    scenario = files.folder / "scenario.toml"
    scenario.write_text(
        'area = "99Z"\n[rules]\nmin_list = 60000\nmax_list = 60000\n[input]\n'
        f'lists = "{LISTS}"\norganisations = "epraccur.csv"\npostcodes = "codepo.csv"\n'
        'boundaries = "boundaries.geojson"\n[options]\nout = "planned"\n'
    )
    assert run(["plan", str(scenario)]) == 0
    networks = rows(files.folder / "planned" / "networks.csv")
    assert [int(r["list_size"]) for r in networks] == [60_000] * 2
    assert run(["plan", str(scenario), "--set", "min_list=30000", "--set", "max_list=30000"]) == 0
    networks = rows(files.folder / "planned" / "networks.csv")
    assert [int(r["list_size"]) for r in networks] == [30_000] * 4


def test_several_postcode_files_after_one_flag(files: Files) -> None:
    other = write_csv(
        files.folder / "other.csv", [["AB1 2CD", 10, 1, 1, "E92", "", "", "", "", ""]]
    )
    arguments = files.arguments()
    at = arguments.index("--postcodes") + 2
    assert run([*arguments[:at], str(other), *arguments[at:]]) == 0


def test_gzip_zip_bom_and_crlf_are_read(files: Files) -> None:
    text = files.lists.read_text().replace("\n", "\r\n")
    packed = files.folder / "lists.csv.gz"
    packed.write_bytes(gzip.compress(("\ufeff" + text).encode()))
    organisations = files.folder / "epraccur.zip"
    with zipfile.ZipFile(organisations, "w") as archive:
        archive.write(files.organisations, "epraccur.csv")
    assert run(files.arguments(lists=packed, organisations=organisations)) == 0


def change_list(files: Files, row: int, column: int, value: object) -> None:
    files.list_rows[row][column] = value
    write_csv(files.lists, files.list_rows)


def _missing(files: Files) -> dict[str, object]:
    return {"lists": files.folder / "gone.csv"}


def _wrong_flag(files: Files) -> dict[str, object]:
    return {"lists": files.organisations}


def _lists_as_postcodes(files: Files) -> dict[str, object]:
    return {"postcodes": files.lists}


def _no_column(files: Files) -> dict[str, object]:
    write_csv(files.lists, [row[:-1] for row in files.list_rows])
    return {}


def _near_area(files: Files) -> dict[str, object]:
    return {"area": "99Y"}


def _nobody_left(files: Files) -> dict[str, object]:
    text = files.organisations.read_text()
    closed = text.replace("19740401,,A", "19740401,20201130,C")
    elsewhere = text.splitlines()[0].replace(CODES[0], "Z98000")
    files.organisations.write_text(f"{closed}{elsewhere}\n")
    return {}


def _no_crs(files: Files) -> dict[str, object]:
    import geopandas as gpd

    shape = files.folder / "area.shp"
    gpd.read_file(files.boundaries).to_file(shape)
    shape.with_suffix(".prj").unlink()
    return {"boundaries": shape}


def _far_away(files: Files) -> dict[str, object]:
    content = files.boundary()
    text = json.dumps(content).replace("400000", "200000").replace("404000", "204000")
    files.boundaries.write_text(text)
    return {}


def _disagree(files: Files) -> dict[str, object]:
    files.list_rows.append([*files.list_rows[3][:-1], 12_345])
    write_csv(files.lists, files.list_rows)
    return {}


def _negative(files: Files) -> dict[str, object]:
    change_list(files, 4, 9, -10)
    return {}


def _textual(files: Files) -> dict[str, object]:
    change_list(files, 4, 9, "many")
    return {}


def _min_above_max(files: Files) -> dict[str, object]:
    return {"set": "min_list=60000"}


def _unwritable(files: Files) -> dict[str, object]:
    (files.folder / "file").write_text("in the way")
    return {"out": files.folder / "file"}


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_missing, ["gone.csv"]),
        (_wrong_flag, ["epraccur.csv", "--organisations"]),
        (_lists_as_postcodes, [LISTS, "--lists"]),
        (_no_column, [LISTS, "NUMBER_OF_PATIENTS"]),
        (_near_area, ["99Y", "99Z"]),
        (_nobody_left, ["99Z", "no practice"]),
        (_no_crs, ["area.shp", "coordinate"]),
        (_far_away, ["boundaries.geojson", "km"]),
        (_disagree, [LISTS, "Z99002", "14"]),
        (_negative, [LISTS, "row 5", "NUMBER_OF_PATIENTS", "-10"]),
        (_textual, [LISTS, "row 5", "NUMBER_OF_PATIENTS", "many"]),
        (_min_above_max, ["min_list", "max_list"]),
        (_unwritable, ["file"]),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else "",
)
def test_bad_input_is_one_message_and_leaves_the_folder(
    files: Files,
    capsys: pytest.CaptureFixture[str],
    spoil: Callable[[Files], dict[str, object]],
    words: list[str],
) -> None:
    files.out.mkdir()
    (files.out / "plan.json").write_text("of before")
    changes = spoil(files)
    assert run(files.arguments(**changes)) == 1
    said = capsys.readouterr().err
    errors = [line for line in said.splitlines() if line.startswith("Error:")]
    assert len(errors) == 1, said
    assert "Traceback" not in said
    for word in words:
        assert word in errors[0], errors[0]
    assert [p.name for p in files.out.iterdir()] == ["plan.json"]
    assert (files.out / "plan.json").read_text() == "of before"


@pytest.mark.parametrize("rows_hit", [(2, 5), (3,), (2, 3)])
def test_a_stray_quotation_mark_never_swallows_patients(
    files: Files, rows_hit: tuple[int, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    lines = files.lists.read_text().splitlines()
    for at in rows_hit:
        cells = lines[at].split(",")
        lines[at] = ",".join([*cells[:6], f'"{cells[6]}', *cells[7:]])
    files.lists.write_text("\n".join(lines) + "\n")
    assert run(files.arguments()) == 1
    said = capsys.readouterr().err
    assert LISTS in said
    assert f"row {rows_hit[0] + 1}" in said


def test_a_date_cannot_be_put_over_the_files_own(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*files.arguments(), "--list-date", "1999-01-01"]) == 1
    assert "2021-01-01" in capsys.readouterr().err
    assert run([*files.arguments(), "--list-date", "2021-01-01"]) == 0


def test_coordinates_that_are_no_numbers_are_named(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    table = [[code, 10_000, *place(i)] for i, code in enumerate(CODES)]
    table[4][2] = "40O500"
    header = ["practice", "list_size", "easting", "northing"]
    own = write_csv(files.folder / "own.csv", [header, *table])
    arguments = files.arguments(
        lists=own, organisations=None, postcodes=None, area="E38999999",
        **{"list-date": "2021-01-01"},
    )  # fmt: skip
    assert run(arguments) == 1
    said = capsys.readouterr().err
    assert "own.csv, row 6" in said
    assert "40O500" in said


@pytest.mark.parametrize(
    "arguments",
    [["plan"], ["plan", "--nonsense"], ["plan", "--set", "x"], ["plann"], ["plan", "--seed", "x"]],
)
def test_wrong_usage_is_2(arguments: list[str]) -> None:
    assert run(arguments) == 2


def test_strict_is_3_where_a_practice_cannot_be_placed(files: Files) -> None:
    for row, patients in ((1, 29_999), (2, 25_000), (5, 25_000)):
        change_list(files, row, 9, patients)
    arguments = files.arguments()
    assert run(arguments) == 0
    assert run([*arguments, "--strict"]) == 3
    plan = json.loads((files.out / "plan.json").read_text())
    assert plan["complete"] is False


@pytest.mark.parametrize("demand", ["min_list=200000 max_list=300000", "networks=9"])
def test_no_plan_at_all_is_an_answer(
    files: Files, demand: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*files.arguments(), "--strict", "--set", *demand.split()]
    assert run(arguments) == 3
    plan = json.loads((files.out / "plan.json").read_text())
    assert (plan["status"], plan["complete"]) == ("infeasible", False)
    assert plan["patients_in_no_network"] == 120_000
    assert {r["status"] for r in rows(files.out / "membership.csv")} == {"orphan"}
    assert rows(files.out / "networks.csv") == []
    assert "no plan meets the rules" in capsys.readouterr().out


def test_out_of_time_claims_nothing_that_is_not_proven(files: Files) -> None:
    assert run([*files.arguments(), "--time-limit", "0"]) == 0
    plan = json.loads((files.out / "plan.json").read_text())
    assert plan["status"] == "time_limit"
    assert plan["bound"] is None or plan["bound"] <= plan["objective"]
    said = {r["reason"] for r in rows(files.out / "membership.csv") if r["status"] != "member"}
    assert not [reason for reason in said if "every plan" in reason]
    assert plan["patients_in_no_network_at_least"] <= plan["patients_in_no_network"]


def test_python_m_and_version() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pcngeo", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("pcngeo ")


def test_output_is_plain_where_the_terminal_knows_no_unicode(files: Files) -> None:
    environment = os.environ | {"PYTHONIOENCODING": "ascii:replace", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "pcngeo", *files.arguments()],
        capture_output=True, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    assert "Proven best" in io.TextIOWrapper(io.BytesIO(done.stdout), "ascii").read()


@pytest.mark.parametrize(("flag", "given", "said"), [
    ("lists", "organisations", "Give it with --organisations"),
    ("organisations", "lists", "Give it with --lists"),
    ("postcodes", "organisations", "Give it with --organisations"),
    ("boundaries", "postcodes", "Give it with --postcodes"),
    ("membership", "lists", "Give it with --lists"),
    ("branches", "lists", "Give it with --lists"),
    ("registrations", "lists", "Give it with --lists"),
    ("lists", "folder", "Name a file in it"),
])  # fmt: skip
def test_files_under_the_wrong_option(
    files: Files, capsys: pytest.CaptureFixture[str], flag: str, given: str, said: str
) -> None:
    """One sentence that names the right option, the exit code of a wrong input, no folder."""
    assert run(files.arguments(**{flag: getattr(files, given)})) == 1
    error = capsys.readouterr().err
    assert "Error: " in error and said in " ".join(error.split())
    assert "Traceback" not in error and not files.out.exists()
