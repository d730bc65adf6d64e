"""Profiles of today's networks of one area, against sums made here with `csv` alone."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path

import pytest

from pcngeo.audit import audit, existing_plan
from pcngeo.intake import load
from pcngeo.intake.statistics import read_deprivation, read_rurality
from pcngeo.profile import practice_profile, profile

pytestmark = pytest.mark.real


def rows(path: Path, *columns: str) -> Iterator[tuple[str, ...]]:
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as stream:
        table = csv.reader(stream)
        yield from map(itemgetter(*map(next(table).index, columns)), table)


def test_northumberland_is_largely_rural_and_the_sums_agree(shared: Path) -> None:
    folder, geography = shared / "published" / "2022-01", shared / "published" / "geography"
    lsoas = shared / "published" / "2022-07" / "gp-reg-pat-prac-lsoa-all_2022-07.csv.gz"
    ruc = next(geography.glob("Rural_Urban*"))
    imd = next(geography.glob("File_7a*"))
    area = load(
        lists=folder / "gp-reg-pat-prac-all.csv.gz",
        membership=folder / "gp-reg-pat-prac-map.csv.gz",
        postcodes=geography / "codepo_subset_2022.csv.gz",
        registrations=lsoas,
        area="00L",
    )
    plan = existing_plan(area.practices)
    given = {
        "registrations": area.registrations,
        "deprivation": read_deprivation(imd) if _whole_index(imd) else None,
        "rurality": read_rurality(ruc),
    }
    table = profile(plan, area.practices, **given)
    rural = {lsoa: kind[0] in "DEF" for lsoa, kind in rows(ruc, "LSOA.code", "RUC11CD")}
    country, matched = defaultdict(int), defaultdict(int)
    home = plan.assignment.to_dict()
    for practice, lsoa, number in rows(lsoas, "PRACTICE_CODE", "LSOA_CODE", "NUMBER_OF_PATIENTS"):
        network = home.get(practice, "")
        if network and lsoa in rural:
            count = int(float(number))
            matched[network] += count
            country[network] += count * rural[lsoa]
    for network in plan.networks:
        share = country[network] / matched[network]
        assert table.loc[network, "rural_share"] == pytest.approx(share), network
        # The lists are half a year older than the registrations.
        assert table.loc[network, "rural_matched_share"] == pytest.approx(1, abs=0.05)
    assert table.loc["area", "rural_share"] == pytest.approx(
        sum(country.values()) / sum(matched.values())
    )
    assert 0.4 < table.loc["area", "rural_share"] < 0.6
    single = practice_profile(area.practices, **given)
    known = area.practices.assign(rural_share=single["rural_share"])
    found = audit(plan, known, existing=True, only=["R03", "R22"])
    assert "cannot tell" not in set(found["result"])


def _whole_index(path: Path) -> bool:
    """The index itself, or only its domains? Files of both kinds are called File 7."""
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as stream:
        return "Index of Multiple Deprivation" in stream.readline()
