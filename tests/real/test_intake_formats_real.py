"""The other real files: ePCN workbooks, registrations, local authorities, what `inspect` says."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from pcngeo.errors import DataError
from pcngeo.intake import cut, load, read
from pcngeo.intake.inspect import areas, inspect_file
from pcngeo.intake.membership import read_membership
from pcngeo.intake.organisations import read_organisations
from pcngeo.intake.registrations import read_registrations
from pcngeo.intake.statistics import (
    convert_lsoas,
    read_deprivation,
    read_lsoa_change,
    read_rurality,
)

pytestmark = pytest.mark.real


@pytest.mark.parametrize(("year", "current", "areas_", "crossing"), [
    ("2022-05", 6_474, 106, 18), ("2023-01", 6_391, 106, 16),
])  # fmt: skip
def test_epcn_workbooks(shared: Path, year: str, current: int, areas_: int, crossing: int) -> None:
    membership = read_membership(shared / "published" / "2022-07" / f"ePCN_{year}.xlsx")
    frame = membership.frame
    assert (frame["pcn"] != "").sum() == current
    assert frame["area"][frame["pcn"] != ""].nunique() == areas_
    notes = pd.DataFrame(membership.notes)
    assert notes["action"].str.contains("a network across areas").sum() == crossing
    densham = frame.loc["A81001"]
    assert (densham["name"], densham["pcn"]) == ("THE DENSHAM SURGERY", "U89141")


def test_epcn_as_the_map_of_a_plan(shared: Path) -> None:
    published, geography = shared / "published", shared / "published" / "geography"
    area = load(
        lists=published / "2022-01" / "gp-reg-pat-prac-all.csv.gz",
        membership=published / "2022-07" / "ePCN_2022-05.xlsx",
        postcodes=geography / "codepo_subset_2022.csv.gz",
        boundaries=geography / "ccg21.geojson.gz",
        area="02P",
    )
    assert area.area_name == "NHS BARNSLEY CCG"
    assert area.practices["network_today_name"].value_counts().to_dict() == {
        "BARNSLEY PCN": len(area.practices)
    }


@pytest.mark.parametrize(("file", "active"), [
    ("2021-01/epraccur_2019-12", 6_830), ("2022-01/epraccur", 6_965),
    ("2022-07/epraccur_2023-01", 6_859),
])  # fmt: skip
def test_active_practices_of_epraccur(shared: Path, file: str, active: int) -> None:
    frame = read_organisations(shared / "published" / f"{file}.csv.gz").frame
    assert (frame["gp"] & (frame["status"] == "active")).sum() == active


def test_registrations_of_england(shared: Path) -> None:
    folder = shared / "published"
    homes = read_registrations(folder / "2022-07" / "gp-reg-pat-prac-lsoa-all_2022-07.csv.gz")
    assert homes.rows == 865_965 and homes.vintage == "2011"
    assert homes.frame["patients"].sum() == 61_768_942
    at_hand = homes.frame[homes.frame["practice"] == "E85124"]
    assert (at_hand["lsoa"].nunique(), at_hand["patients"].sum()) == (8_238, 111_330)
    tidy = pd.read_csv(
        shared / "england" / "lsoa11.csv.gz", usecols=["lsoa11cd", "registered_2022_07"]
    )
    ours = homes.frame.groupby("lsoa")["patients"].sum().drop("unmapped")
    theirs = tidy.set_index("lsoa11cd")["registered_2022_07"]
    assert (ours.reindex(theirs.index).fillna(0) == theirs.fillna(0)).all()
    lookups = sorted((folder / "geography").glob("LSOA_(2011)_to_LSOA_(2021)*"))
    converted, account = convert_lsoas(homes.frame, read_lsoa_change(lookups[0]))
    assert converted["patients"].sum() == pytest.approx(61_768_942)
    assert sum(account.values()) == pytest.approx(61_768_942)


def test_gp_at_hand_is_not_geographic(shared: Path) -> None:
    published, geography = shared / "published", shared / "published" / "geography"
    area = load(
        lists=published / "2022-01" / "gp-reg-pat-prac-all.csv.gz",
        membership=published / "2022-01" / "gp-reg-pat-prac-map.csv.gz",
        registrations=published / "2022-07" / "gp-reg-pat-prac-lsoa-all_2022-07.csv.gz",
        postcodes=geography / "codepo_subset_2025.csv.gz",
        boundaries=geography / "ccg21.geojson.gz",
        area="W2U3Z",
    )
    here = area.report.here
    assert "E85124" in here["code"][here["quirk"] == "Q7"].tolist()
    assert (here["quirk"] == "Q22").sum() == 1
    homes = area.registrations
    assert homes is not None and set(homes["practice"]) <= set(area.practices.index)


def test_local_authorities_and_icbs(shared: Path) -> None:
    """Every located practice lies in the local authority that the tidy table gives it."""
    published, geography = shared / "published", shared / "published" / "geography"
    files = read(
        lists=published / "2022-01" / "gp-reg-pat-prac-all.csv.gz",
        membership=published / "2022-01" / "gp-reg-pat-prac-map.csv.gz",
        postcodes=[geography / f"codepo_subset_{year}.csv.gz" for year in (2025, 2022)],
        boundaries=shared / "england" / "lad_2021_from_lsoa.gpkg",
    )
    tidy = pd.read_csv(shared / "england" / "practices_2022-01.csv.gz", dtype={"ladcd": str})
    for code in ("E06000057", "E09000030", "E07000178"):
        area = cut(files, code)
        expected = set(tidy["ods_code"][tidy["ladcd"] == code])
        assert len(set(area.practices.index) ^ expected) <= 1, code
        assert area.report.reconciliation["practices"].iloc[0] == len(area.practices)


def test_boundaries_of_the_wrong_year_are_refused(shared: Path) -> None:
    published, geography = shared / "published", shared / "published" / "geography"
    with pytest.raises(DataError, match=r"area D2P2L \(E38000250.*Q14"):
        load(
            lists=published / "2022-01" / "gp-reg-pat-prac-all.csv.gz",
            postcodes=geography / "codepo_subset_2022.csv.gz",
            boundaries=geography / "ccg20.geojson.gz",
            area="D2P2L",
        )


def test_an_icb_of_the_wrong_year_is_refused(shared: Path) -> None:
    """The map of 2022 knows one of the seven areas that QRL had in the lists of 2021."""
    published = shared / "published"
    with pytest.raises(DataError, match=r"'QRL' may lack some of its areas\..*Q14"):
        load(
            lists=published / "2021-01" / "gp-reg-pat-prac-all.csv.gz",
            membership=published / "2022-01" / "gp-reg-pat-prac-map.csv.gz",
            postcodes=published / "geography" / "codepo_subset_2022.csv.gz",
            area="QRL",
        )


def test_areas_with_the_number_of_networks(shared: Path) -> None:
    folder = shared / "published" / "2021-01"
    table = areas(
        folder / "gp-reg-pat-prac-all.csv.gz", folder / "gp-reg-pat-prac-map_2020-09.csv.gz"
    )
    assert len(table) == 135 and table["patients"].sum() == 60_606_345
    assert table.loc["08V"].tolist() == ["NHS Tower Hamlets CCG", "QMF", 36, 348_034, 7, 11]


def test_code_point_open_as_it_is_published(shared: Path, tmp_path: Path) -> None:
    """A zip with one file a postcode area, beside documents, gives the same places."""
    whole = gzip.decompress((shared / "published/geography/codepo_subset_2025.csv.gz").read_bytes())
    lines: dict[str, list[bytes]] = {}
    for line in whole.splitlines(keepends=True):
        letters = line[1:3].decode().rstrip("0123456789").lower()
        lines.setdefault(letters, []).append(line)
    path = tmp_path / "codepo_gb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Doc/licence.txt", "Licence")
        archive.writestr("Doc/Code-Point_Open_Column_Headers.csv", "PC,PQ,EA,NO\nPostcode,P,E,N\n")
        for letters, part in sorted(lines.items()):
            archive.writestr(f"Data/CSV/{letters}.csv", b"".join(part))
    folder = shared / "published" / "2021-01"
    files = {"lists": folder / "gp-reg-pat-prac-all.csv.gz", "area": "00L"}
    one = load(**files, postcodes=path)
    two = load(**files, postcodes=shared / "published/geography/codepo_subset_2025.csv.gz")
    assert one.practices.to_csv() == two.practices.to_csv()
    assert one.sources["rows"].iloc[1] == 10_269


def test_deprivation_rurality_and_lsoa_lookups_as_published(shared: Path) -> None:
    """Classes equal the tidy table; the published extract of the index holds domains only."""
    geography = shared / "published" / "geography"
    tidy = pd.read_csv(shared / "england" / "lsoa11.csv.gz").set_index("lsoa11cd")
    rural = read_rurality(next(geography.glob("Rural_Urban*")))
    assert rural.attrs["vintage"] == "2011"
    assert (rural["ruc"].reindex(tidy.index) == tidy["ruc11cd"]).all()
    assert (rural["rural"].reindex(tidy.index) == tidy["ruc11cd"].str.match("[DEF]")).all()
    change = read_lsoa_change(next(geography.glob("LSOA_(2011)_to_LSOA_(2021)*")))
    parts = change[change["lsoa11"].str.startswith("E")].groupby("lsoa11").size()
    assert len(parts) == 32_844
    assert (parts == 1).all(), "this edition of the lookup is the best-fit one: one part for each"
    imd = next(geography.glob("File_7a*"))
    with pytest.raises(DataError, match="not the index itself"):  # domains of income only
        read_deprivation(imd)
    report = inspect_file(imd)
    assert report.kind == "deprivation" and not report.readable
