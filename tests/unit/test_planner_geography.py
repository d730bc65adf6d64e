"""The planner's own geography on its way from the scenario to the outputs: travel, branches."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from made_area import MadeArea, code

from pcngeo import adjacency
from pcngeo.errors import DataError
from pcngeo.evidence import evidence_words
from pcngeo.geography import read_geography
from pcngeo.intake.branches import read_branch_file
from pcngeo.pipeline import PlannedArea, finish_plan
from pcngeo.plan import Plan, Status
from pcngeo.prepared import PreparedArea, prepare_area
from pcngeo.reopen import reopen
from pcngeo.review import content
from pcngeo.rules_checks import WORDS
from pcngeo.scenario import Scenario
from pcngeo.writing import summary, write_plan


def prepared(sample: Path, **own: Path) -> PreparedArea:
    scenario = Scenario.read(sample / "scenario.toml")
    inputs = {k: v for k, v in scenario.inputs.items() if k not in ("membership", "registrations")}
    return prepare_area(**inputs, **own, area=scenario.area, rules=scenario.rules)


# ---- travel ------------------------------------------------------------------------------------
def test_a_table_of_travel_goes_with_the_graph_and_among_the_sources(
    sample: Path, tmp_path: Path
) -> None:
    file = tmp_path / "drive.csv"
    file.write_text("from,to,drive_minutes\nV99001,V99002,4.5\n")
    area = prepared(sample, travel=file)
    travel = area.graph.graph["travel"]
    assert list(travel.table.index) == sorted(area.graph.nodes)
    assert travel.table.loc["V99002", "V99001"] == 4.5
    assert list(area.intake.sources["flag"])[-1] == "travel"
    assert area.intake.sources["sha256"].iloc[-1]


def test_a_table_of_travel_that_cannot_be_read_stops_the_plan(sample: Path, tmp_path: Path) -> None:
    file = tmp_path / "drive.csv"
    file.write_text("from,to,value\nV99001,V99002,4.5\n")
    with pytest.raises(DataError, match="end its name in its unit"):
        prepared(sample, travel=file)


def test_a_scenario_names_the_table_of_travel(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text('area = "99Z"\n[input]\nlists = "l.csv"\ntravel = "drive.parquet"\n')
    assert Scenario.read(path).inputs["travel"] == tmp_path / "drive.parquet"


# ---- branch surgeries (Q23) ----------------------------------------------------------------------
def ods_row(branch: str, practice: str, postcode: str, closed: str = "") -> str:
    cells = [""] * 27
    cells[0], cells[1], cells[9], cells[10] = branch, "BRANCH", postcode, "19900101"
    cells[11], cells[14] = closed, practice
    return ",".join(f'"{cell}"' for cell in cells)


@pytest.fixture(scope="module")
def with_branches(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> PreparedArea:
    rows = [
        ods_row("V99001001", "V99001", "ZZ4 2LB"),  # on the site of V99017
        ods_row("V99020001", "V99020", "ZZ10 1FB", "20150331"),
        ods_row("V99020002", "V99020", "ZZ9 9ZZ"),  # a postcode that no file knows
        ods_row("V99015001", "V99015", "ZZ4 1XX"),  # on its own main site
        ods_row("V99042001", "V99042", "ZZ4 1XX"),  # of a practice that is left out
        ods_row("A81001001", "A81001", "TS18 1HU"),  # of another area
        ods_row("V99041001", "V99041", "ZZ5 2UH"),
    ]
    file = tmp_path_factory.mktemp("branches") / "ebranchs.csv"
    file.write_text("\n".join(rows) + "\n")
    return prepared(sample, branches=file)


def test_every_branch_is_located_or_accounted_for(with_branches: PreparedArea) -> None:
    loaded = with_branches.intake
    assert loaded.branches is not None
    assert loaded.branches["practice"].to_dict() == {"V99001001": "V99001", "V99041001": "V99041"}
    notes = loaded.report.here
    said = notes[notes["file"] == "ebranchs.csv"].set_index("code")["action"].to_dict()
    assert said["V99020001"] == "not used: the branch is closed"
    assert "postcode ZZ9 9ZZ is in no file given" in said["V99020002"]
    assert "on the main site of its practice V99015" in said["V99015001"]
    assert "V99042 takes no part (excluded)" in said["V99042001"]
    assert said[""] == "not used: 1 branches of practices that are not of this area"
    assert list(loaded.sources["flag"]).count("branches") == 1


def test_a_branch_on_the_site_of_another_practice_makes_them_neighbours(
    with_branches: PreparedArea,
) -> None:
    edge = with_branches.graph.edges["V99001", "V99017"]
    assert edge["kind"] == "co-located"
    assert edge["why"] == "a branch of V99001 is on the site of V99017"


def test_a_practice_has_the_territory_of_all_its_sites_and_its_main_site_as_its_place(
    sample: Path, tmp_path: Path
) -> None:
    file = tmp_path / "branches.csv"
    file.write_text(
        "practice_code,branch_name,easting,northing\n"
        "V99049,Far Quillhead,607000,408000\nV99049,Quillhead Mill,615000,407000\n"
    )
    plain, area = prepared(sample), prepared(sample, branches=file)
    found = area.intake.branches
    assert found is not None
    assert list(found.index) == ["V99049 branch 1", "V99049 branch 2"]
    assert set(found["located_by"]) == {"coordinates in branches.csv"}
    mine = area.territories.geometry["V99049"]
    assert mine.covers(found.union_all())
    assert not plain.territories.geometry["V99049"].intersects(found.union_all())
    assert set(plain.graph.neighbors("V99049")) < set(area.graph.neighbors("V99049"))
    here, there = area.graph.nodes["V99049"], plain.graph.nodes["V99049"]
    assert (here["x"], here["y"]) == (there["x"], there["y"])
    shapes = [x.territories.drop_duplicates("site").area.sum() for x in (area, plain)]
    assert shapes[0] == pytest.approx(shapes[1], abs=1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("branch,postcode\nB1,ZZ1 3UD\n", "practice"),
        ("practice_code,name\nV99049,Far\n", "a postcode or coordinates"),
        ("practice_code,postcode\n,ZZ1 3UD\n", "1 branches do not say whose they are"),
        ("branch,practice_code,postcode\nB,V99049,ZZ1 3UD\nB,V99049,ZZ1 3UD\n", "stand twice: B"),
        ("practice_code,easting,northing\nV99049,-1,2\n", "row 2: the coordinates are not in Br"),
        ("practice_code,lat,long\nV99049,x,2\n", "row 2: the coordinates are not numbers"),
        ("practice_code,lat,long\nV99049,-0.1,51.5\n", "row 2: the coordinates look swapped"),
    ],
)
def test_a_table_of_branches_that_cannot_be_used_is_refused(
    tmp_path: Path, text: str, words: str
) -> None:
    file = tmp_path / "branches.csv"
    file.write_text(text)
    with pytest.raises(DataError, match=words):
        read_branch_file(file)


# ---- what is written -----------------------------------------------------------------------------
@pytest.fixture(scope="module")
def planned(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[PlannedArea, Path]:
    """The sample with everything that a planner can give, a plan that splits a site, its folder."""
    folder = tmp_path_factory.mktemp("everything")
    travel, branches, edges = (folder / f"{name}.csv" for name in ("drive", "branches", "edges"))
    branches.write_text("practice_code,name,easting,northing\nV99049,Far,607000,408000\n")
    plain = prepared(sample, branches=branches)
    table = adjacency.edges_frame(plain.graph).drop(columns="why")
    ferry = pd.DataFrame({"practice_a": ["V99032"], "practice_b": ["V99061"], "kind": ["ferry"]})
    pd.concat([table, ferry]).to_csv(edges, index=False)
    codes = sorted(plain.graph)
    pairs = [(a, b, 5 + i) for i, a in enumerate(codes) for b in codes if a < b and a != "V99060"]
    pd.DataFrame(pairs, columns=["from", "to", "drive_minutes"]).to_csv(travel, index=False)
    scenario = Scenario.read(sample / "scenario.toml")
    area = prepare_area(
        **scenario.inputs, travel=travel, branches=branches, edges=edges,
        lsoas=sample / "lsoa.geojson", area=scenario.area, rules=scenario.rules,
    )  # fmt: skip
    home = pd.Series("1", index=codes)
    home["V99003"] = "2"  # one of three practices on a site
    result = finish_plan(area, Plan(home, status=Status.GIVEN))
    return result, write_plan(result, folder / "out")


def test_every_link_has_its_reason_in_the_folder(planned: tuple[PlannedArea, Path]) -> None:
    result, out = planned
    links = pd.read_csv(out / "links.csv")
    assert len(links) == result.graph.number_of_edges()
    assert links["why"].str.len().min() > 10
    cuts = pd.read_csv(out / "cuts.csv")
    assert cuts["why"].tolist()[-1] == "added by hand to the edge list"
    edited = pd.read_csv(out / "edited.csv", keep_default_na=False)
    assert edited.to_numpy().tolist() == [
        ["V99032", "V99061", "added", "", "ferry", "added by hand to the edge list"]
    ]


def test_travel_is_measured_and_its_gaps_are_listed(planned: tuple[PlannedArea, Path]) -> None:
    result, out = planned
    table = pd.read_csv(out / "travel.csv", dtype={"network": str}).set_index("network")
    assert list(table.columns) == [
        "hub", "mean_travel_minutes", "max_travel_minutes", "unknown_pairs",
    ]  # fmt: skip
    # In the table each pair stands once, with a value that its first practice decides; V99060 has
    # no row of its own, so it is not known how far the later practices are from it.
    assert table.loc["2", ["hub", "unknown_pairs"]].tolist() == ["V99003", 0]
    missing = pd.read_csv(out / "travel_missing.csv", dtype=str, keep_default_na=False)
    later = [p for p in result.graph if p > "V99060"]
    assert len(missing) == 2 * len(later) == table["unknown_pairs"].sum()
    assert set(missing["practice_a"]) == {"V99060", *later}
    said = json.loads((out / "plan.json").read_text())["geography"]
    assert any("travel time in minutes from drive.csv; 2 pairs are unknown" in s for s in said)


def test_branches_and_lsoas_stand_in_tables_and_layers(planned: tuple[PlannedArea, Path]) -> None:
    result, out = planned
    branches = pd.read_csv(out / "branches.csv", dtype=str)
    assert branches[["practice", "network", "name"]].to_numpy().tolist() == [["V99049", "1", "Far"]]
    layer = gpd.read_file(out / "plan.gpkg", layer="branches")
    assert layer.geometry.iloc[0].coords[0] == (607_000, 408_000)
    page = (out / "map.html").read_text()
    assert "Branch surgery; its practice has an area at each of its sites" in page
    data = json.loads(page.split('id="page-data">')[1].split("</script>")[0])
    x, y, owner = data["branches"][0]
    home = data["practices"][owner]
    assert (home["code"], len(data["branches"])) == ("V99049", 1)
    assert (x - home["x"], y - home["y"]) == (607_000 - 609_300, 408_000 - 411_900)
    lsoas = pd.read_csv(out / "lsoas.csv", dtype={"network": str})
    shapes = gpd.read_file(Path(__file__).parents[2] / "data/sample/lsoa.geojson")
    inside = shapes["LSOA21CD"].str.startswith("E01999")  # the others are of the area next door
    assert set(lsoas["lsoa"]) == set(shapes["LSOA21CD"][inside])
    homes = result.intake.registrations
    assert homes is not None
    row = lsoas[lsoas["rule"] == "most registered patients"].iloc[0]
    counts = homes[homes["lsoa"] == row["lsoa"]].set_index("practice")["patients"]
    site = result.territories["site"]
    of_site = counts.groupby(site.reindex(counts.index)).sum()
    assert of_site.max() == of_site[row["site"]]
    assert counts[row["practice"]] == row["patients"]
    assert site[row["practice"]] == row["site"]
    local = pd.read_csv(out / "localisation.csv", dtype={"network": str}).set_index("network")
    shares = pd.read_csv(out / "overlap.csv", dtype=str)
    own = shares[(shares["network"] == "1") & (shares["lives_with"] == "1")]["share"].astype(float)
    assert own.item() == pytest.approx(local.loc["1", "localisation"], abs=1e-3)
    said = json.loads((out / "plan.json").read_text())
    assert said["coverage"]["lsoas"]["total"] == inside.sum()


def test_a_split_site_is_named_and_networks_say_why_they_have_parts(
    planned: tuple[PlannedArea, Path],
) -> None:
    _, out = planned
    said = json.loads((out / "plan.json").read_text())["geography"]
    assert [s for s in said if "on one site" in s] == [
        "Practices on one site are in different networks: Ropemakers Row Medical Centre (1), "
        "Saltmere Bonded Store Practice (2), Dr Merriwick & Partners, Ropemakers Row (1) (Q9)."
    ]
    page = (out / "map.html").read_text()
    assert "Practices on one site are in different networks" in page
    layer = gpd.read_file(out / "plan.gpkg", layer="networks").set_index("network")
    assert layer.loc["1", "parts"] == layer.geometry.count_geometries()["1"] > 1
    assert layer.loc["1", "note"]


def test_one_hub_stands_in_all_tables(planned: tuple[PlannedArea, Path]) -> None:
    _, out = planned
    networks = pd.read_csv(out / "networks.csv", dtype={"network": str}).set_index("network")
    travel = pd.read_csv(out / "travel.csv", dtype=str).set_index("network")["hub"].dropna()
    assert len(travel)
    assert networks["hub"][travel.index].tolist() == travel.tolist()


def test_coverage_is_said_three_ways_on_page_and_in_the_words(
    planned: tuple[PlannedArea, Path],
) -> None:
    result, out = planned
    table = pd.read_csv(out / "membership.csv", dtype={"network": str}, keep_default_na=False)
    inside = table[table["status"].isin(["member", "alone", "covered", "special"])]
    counted = table[table["status"] != "excluded"]
    said = next(s for s in evidence_words(result) if s.startswith("Covered: "))
    assert f"{len(inside)} of {len(counted)} practices" in said
    people = f"{inside['list_size'].sum():,} of {counted['list_size'].sum():,} registered patients"
    assert people in said
    lsoas = pd.read_csv(out / "lsoas.csv", keep_default_na=False)
    placed = int(lsoas["network"].ne("").sum())
    assert f"{placed} of {len(lsoas)} LSOAs" in said
    assert "km\u00b2 of the area (100 %)" in said
    assert "(R10)" in said and said.split("; ")[0] in (out / "map.html").read_text()
    # what was done to draw the areas is said too, not kept in plan.json alone
    notes = result.territories.attrs["notes"]
    assert all(any(note[1:] in s for s in evidence_words(result)) for note in notes)


def test_a_folder_read_back_says_which_tables_it_lacks(planned: tuple[PlannedArea, Path]) -> None:
    result, out = planned
    again = reopen(out)
    assert again.not_kept == (
        "lsoas.csv", "localisation.csv", "overlap.csv", "travel.csv", "travel_missing.csv",
    )  # fmt: skip
    words = evidence_words(again)
    assert words[-1].startswith("Not worked out again: lsoas.csv, localisation.csv, overlap.csv")
    assert again.measures["hub"].to_dict() == result.measures["hub"].to_dict()
    assert again.territories.attrs["notes"] == tuple(result.territories.attrs["notes"])


def test_lsoas_are_read_from_geoparquet_and_another_parquet_is_refused(
    sample: Path, tmp_path: Path
) -> None:
    plain = read_geography(lsoas=sample / "lsoa.geojson").lsoas
    assert plain is not None
    file = tmp_path / "lsoas.parquet"
    gpd.read_file(sample / "lsoa.geojson").to_crs(27700).to_parquet(file)
    read = read_geography(lsoas=file).lsoas
    assert read is not None
    assert read.index.equals(plain.index)
    assert read.geometry.geom_equals_exact(plain.geometry, 0.01).all()
    pd.DataFrame({"lsoa": ["E01000001"]}).to_parquet(file)
    with pytest.raises(DataError, match=r"lsoas\.parquet: the file holds no shapes"):
        read_geography(lsoas=file)


def test_repairs_of_lsoas_far_away_are_not_counted_as_of_this_area(
    sample: Path, tmp_path: Path
) -> None:
    shapes = gpd.read_file(sample / "lsoa.geojson").to_crs(27700)
    far = shapes.iloc[[0]].copy()
    far["LSOA21CD"] = "E01000001"
    x, y = 530_000.0, 180_000.0
    far.geometry = [shapely.Polygon([(x, y), (x + 900, y + 900), (x + 900, y), (x, y + 900)])]
    file = tmp_path / "lsoas.gpkg"
    pd.concat([shapes, far]).to_file(file)
    scenario = Scenario.read(sample / "scenario.toml")
    plain = prepare_area(**scenario.inputs, lsoas=sample / "lsoa.geojson", area=scenario.area)
    area = prepare_area(**scenario.inputs, lsoas=file, area=scenario.area)
    assert area.intake.report.concerning == plain.intake.report.concerning
    assert area.intake.report.rows["code"].iloc[-1] == "E01000001"


def test_a_plan_without_a_table_of_travel_says_straight_lines(sample: Path) -> None:
    area = prepared(sample)
    plan = Plan(pd.Series("1", index=sorted(area.graph)), status=Status.GIVEN)
    words = evidence_words(finish_plan(area, plan))
    assert "Distances are straight lines between practices: no table of travel was given." in words
    assert not any("branch surger" in text for text in words)


def test_a_plan_by_patients_in_common_is_written(sample: Path) -> None:
    scenario = Scenario.read(sample / "scenario.toml")
    rules = dataclasses.replace(scenario.rules, objective="common")
    area = prepare_area(**scenario.inputs, area=scenario.area, rules=rules)
    assert area.graph.graph["common"]
    plan = Plan(pd.Series("1", index=sorted(area.graph)), status=Status.GIVEN)
    made = json.loads(json.dumps(summary(finish_plan(area, plan)), default=str))["graph_made"]
    assert set(made) == {"source", "cuts", "added", "distances"}


def test_the_page_has_words_for_every_way_of_drawing_and_linking() -> None:
    assert set(content._INDICATIVE) == set(content._AREAS) == set(WORDS["territory"])
    assert set(content._NEIGHBOURS) == set(WORDS["adjacency"])
    assert "nearest practice" not in content._INDICATIVE["registrations"]


def test_rows_of_a_line_file_without_a_shape_are_said(tmp_path: Path) -> None:
    lines = [shapely.LineString([(400_000, 300_000), (401_000, 300_000)]), None, None]
    frame = gpd.GeoDataFrame({"name": ["Mere", "a", "b"]}, geometry=lines, crs=27700)
    file = tmp_path / "rivers.gpkg"
    frame.to_file(file, layer="rivers")
    own = read_geography(barriers=file)
    assert own.barriers is not None and len(own.barriers) == 1
    (note,) = own.notes
    assert (note.file, note.quirk) == ("rivers.gpkg", "Q27")
    assert "hold no shape, 2 in all" in note.action


def test_local_authorities_of_postcodes_serve_where_no_boundaries_are_given_R23(
    tmp_path: Path,
) -> None:
    """They are limited and minimised, and the output says whose they are."""
    places = [(float(i), 0.0, 12_000) for i in range(6)]
    districts = {0: "E07000001", 1: "E07000001", 2: "E07000001", 3: "E07000002", 4: "E07000002"}
    area = MadeArea(tmp_path, places, districts=districts)
    result = area.plan("max_authorities = 1\n")
    home = result.plan.assignment
    assert len({home[code(i)] for i in range(3)}) == 1
    assert len({home[code(i)] for i in range(3, 6)}) == 1
    (said,) = (words for words in evidence_words(result) if "Local authorities" in words)
    assert "the postcode file gives" in said
    assert f"not known for {code(5)} (R23)" in said
    fewest = area.plan('objective = "authorities"\n')
    assert fewest.plan.objective == 0
    plain = area.plan()
    assert not [words for words in evidence_words(plain) if "Local authorities" in words]
