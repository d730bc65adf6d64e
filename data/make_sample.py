"""Make the synthetic sample area in `data/sample`, byte for byte the same every time.

Run ``python data/make_sample.py`` (or with another folder behind it). `draw_place.py` draws the
place that `saltmere.toml` describes; this script writes it down in the layouts that NHS England,
ODS and ONS publish, so that the sample takes the same way in as real files. Nothing in it is real.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from draw_place import TO_DEGREES, Place, Practice, areas, draw
from shapely.geometry.base import BaseGeometry

HERE = Path(__file__).resolve().parent
SYNTHETIC = "SYNTHETIC SAMPLE"
#: Prescribing setting by role in the story; all others are GP practices (RO76).
SETTINGS = {"special": "RO72"}
#: Rows of the organisations file that are no GP practice with a list: code, name, status, setting.
OTHERS = (
    ("V99901", "SALTMERE QUAYS WALK-IN CENTRE", "ACTIVE", "RO87"),
    ("V99902", "QUILLSIDE OUT OF HOURS", "ACTIVE", "RO80"),
    ("V99903", "HMP CANDLEMARSH", "ACTIVE", "RO82"),
    ("V99904", "SALTMERE CENTRAL PCN HUB", "ACTIVE", "RO321"),
    ("V99905", "WITHERNHOLT HOSPICE", "ACTIVE", "RO249"),
    ("V99906", "GULLSTONE NURSING HOME", "ACTIVE", "RO246"),
    ("V99907", "QUILL VALE DERMATOLOGY SERVICE", "ACTIVE", "RO247|RO250"),
    ("V99908", "EAST WEXHOLM NEW PRACTICE", "ACTIVE", "RO76"),  # no list yet (Q4)
    ("V99909", "FORMER EELHAM BRANCH PRACTICE", "INACTIVE", "RO76"),  # closed, no list left
)
RURALITY = {
    "urban": ("UN1", "Urban: Nearer to a major town or city", "Urban"),
    "larger": ("RLN1", "Larger rural: Nearer to a major town or city", "Rural"),
    "smaller": ("RSN1", "Smaller rural: Nearer to a major town or city", "Rural"),
    "far": ("RSF1", "Smaller rural: Further from a major town or city", "Rural"),
}


def main(folder: Path) -> None:
    """Write every file of the sample into `folder`."""
    place = draw(HERE / "saltmere.toml")
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "gp-reg-pat-prac-all.csv": lists(place),
        "gp-reg-pat-prac-map.csv": membership(place),
        "gp-reg-pat-prac-lsoa-all.csv": registrations(place),
        "epraccur.csv": organisations(place),
        "postcodes.csv": postcodes(place),
        "boundaries.geojson": boundaries(place),
        "lsoa.geojson": lsoas(place),
        "imd.csv": deprivation(place),
        "ruc.csv": rurality(place),
        "rules.toml": rules(place),
        "scenario.toml": SCENARIO.format(code=place.plan["area"]["code"]).encode(),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)


def table(rows: Iterable[Sequence[Any]], end: str = "\n", *, quoted: bool = False) -> bytes:
    """Rows as CSV in UTF-8, with the line ends and quotes that the published file has."""
    text = io.StringIO()
    quoting = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    csv.writer(text, lineterminator=end, quoting=quoting).writerows(rows)
    return text.getvalue().encode()


def listed(place: Place) -> list[Practice]:
    """Practices in the order of the published files: by area, then by code."""
    return sorted(place.practices, key=lambda p: (p.area, p.code))


def area_of(place: Place, practice: Practice) -> dict[str, Any]:
    """Return the area that a practice belongs to."""
    return next(area for area in areas(place) if area["code"] == practice.area)


# ---- tables -------------------------------------------------------------------------------------
def lists(place: Place) -> bytes:
    """List sizes (gp-reg-pat-prac-all), sub-ICB layout; one row stands in it twice (Q17)."""
    rows = [
        ("PUBLICATION", "EXTRACT_DATE", "TYPE", "SUB_ICB_LOCATION_CODE",
         "ONS_SUB_ICB_LOCATION_CODE", "CODE", "POSTCODE", "SEX", "AGE", "NUMBER_OF_PATIENTS"),
    ]  # fmt: skip
    for practice in listed(place):
        postcode = practice.postcode
        if practice.extra.get("role") == "misspelt":
            postcode = postcode.replace("LB", "IB")
        row = (SYNTHETIC, place.plan["list_date"], "GP", practice.area,
               area_of(place, practice)["ons"], practice.code, postcode, "ALL", "ALL",
               practice.list_size)  # fmt: skip
        rows += [row] * (2 if practice.extra.get("role") == "twice" else 1)
    return table(rows, "\r\n")


def membership(place: Place) -> bytes:
    """Practices and the networks of today (gp-reg-pat-prac-map)."""
    rows = [
        ("PUBLICATION", "EXTRACT_DATE", "PRACTICE_CODE", "PRACTICE_NAME", "PRACTICE_POSTCODE",
         "PCN_CODE", "PCN_NAME", "ONS_SUB_ICB_LOCATION_CODE", "SUB_ICB_LOCATION_CODE",
         "SUB_ICB_LOCATION_NAME", "ONS_ICB_CODE", "ICB_CODE", "ICB_NAME", "ONS_COMM_REGION_CODE",
         "COMM_REGION_CODE", "COMM_REGION_NAME", "SUPPLIER_NAME"),
    ]  # fmt: skip
    board = place.plan["integrated_care_board"]
    region, ons_region, region_name = board["region"]
    for practice in listed(place):
        area = area_of(place, practice)
        rows.append(
            (SYNTHETIC, place.plan["list_date"], practice.code, practice.name, practice.postcode,
             *network_today(place, practice), area["ons"], area["code"], area["name"],
             board["ons"], board["code"], board["name"], ons_region, region, region_name,
             SYNTHETIC)
        )  # fmt: skip
    return table(rows)


def network_today(place: Place, practice: Practice) -> tuple[str, str]:
    """Code and name of the network that a practice is in today, as the map writes them."""
    key = practice.extra.get("today", practice.settlement["today"])
    if not key:
        return "U", "Unallocated"
    known = place.plan["networks_today"]
    return f"UZ{list(known).index(key) + 1:04}", known[key]


def registrations(place: Place) -> bytes:
    """Patients by practice and LSOA (gp-reg-pat-prac-lsoa-all); a few have no LSOA (Q20)."""
    rows: list[Sequence[Any]] = [
        ("PUBLICATION", "EXTRACT_DATE", "PRACTICE_CODE", "PRACTICE_NAME", "LSOA_CODE", "SEX",
         "NUMBER_OF_PATIENTS"),
    ]  # fmt: skip
    assert place.people is not None and place.lsoas is not None
    by_code = {p.code: i for i, p in enumerate(place.practices)}
    codes = place.lsoas["LSOA21CD"]
    for practice in listed(place):
        counts = place.people[by_code[practice.code]]
        homes = [(codes[i], int(counts[i])) for i in np.flatnonzero(counts)]
        unknown = practice.list_size // 2_500
        for lsoa, people in sorted(homes) + ([("EMPTY", unknown)] if unknown else []):
            rows.append(
                ("SYNTHETIC", place.plan["list_date"], practice.code, practice.name, lsoa, "ALL",
                 people)
            )  # fmt: skip
    return table(rows)


def organisations(place: Place) -> bytes:
    """ODS practices (epraccur): 27 quoted columns without a header, current code system (Q2)."""
    rows = [organisation(place, practice) for practice in listed(place)]
    for code, name, status, setting in OTHERS:
        closed = "20240331" if status == "INACTIVE" else ""
        row = dict.fromkeys(range(1, 28), "") | {
            1: code, 2: name, 9: SYNTHETIC, 10: "ZZ1 9ZZ", 11: "20150401", 12: closed, 13: status,
            14: "B", 15: place.plan["area"]["code"], 22: "0", 26: setting,
        }  # fmt: skip
        rows.append(list(row.values()))
    return table(sorted(rows), "\r\n", quoted=True)


def organisation(place: Place, practice: Practice) -> list[str]:
    """Write the row of one practice; the numbers are the published column numbers."""
    board = place.plan["integrated_care_board"]
    status = {"dormant": "DORMANT", "closed": "INACTIVE"}.get(practice.extra.get("status", ""), "")
    closed = "20251130" if status == "INACTIVE" else ""
    row = dict.fromkeys(range(1, 28), "") | {
        1: practice.code, 2: practice.name, 3: board["region"][0], 4: board["code"],
        5: practice.name, 7: practice.settlement["name"].upper(), 9: SYNTHETIC,
        10: practice.postcode, 11: "19740401", 12: closed, 13: status or "ACTIVE", 14: "B",
        15: practice.area, 16: "20220701", 17: closed, 22: "0", 24: practice.area,
        26: SETTINGS.get(practice.extra.get("role", ""), "RO76"),
    }  # fmt: skip
    return [str(value) for value in row.values()]


def postcodes(place: Place) -> bytes:
    """Postcodes, with ONSPD's column names and byte order mark."""
    header = list(place.postcodes[0])
    return b"\xef\xbb\xbf" + table([header, *[row.values() for row in place.postcodes]], "\r\n")


def deprivation(place: Place) -> bytes:
    """Deprivation by LSOA (indices of deprivation, file 7): high in the old town, and noise."""
    assert place.lsoas is not None
    level = {"city": 34.0, "suburb": 17.0, "town": 21.0, "village": 13.0, "island": 19.0}
    dice = place.dice("deprivation")
    scores = {
        row.LSOA21CD: level[row.settlement["kind"]] * (0.7 if row.rural else 1.0)
        * (0.45 + 1.1 * dice.random())
        for row in place.lsoas.itertuples()
    }  # fmt: skip
    stem = "Index of Multiple Deprivation (IMD)"
    rows: list[Sequence[Any]] = [
        ("LSOA code (2021)", "LSOA name (2021)", "Local Authority District code (2024)",
         "Local Authority District name (2024)", f"{stem} Score",
         f"{stem} Rank (where 1 is most deprived)",
         f"{stem} Decile (where 1 is most deprived 10% of LSOAs)"),
    ]  # fmt: skip
    for lsoa in place.lsoas.sort_values("LSOA21CD").itertuples():
        score = scores[lsoa.LSOA21CD]
        share = float(np.exp(-score / 25))  # of a country in which scores fall off like this
        authority = next(a["authority"] for a in areas(place) if a["code"] == lsoa.area)
        rank = max(1, round(33_755 * share))
        rows.append(
            (lsoa.LSOA21CD, lsoa.LSOA21NM, *authority, f"{score:.3f}", rank,
             min(10, 1 + 10 * (rank - 1) // 33_755))
        )  # fmt: skip
    return table(rows)


def rurality(place: Place) -> bytes:
    """Rural-urban classification 2021 by LSOA."""
    assert place.lsoas is not None
    rows: list[Sequence[Any]] = [
        ("LSOA21CD", "LSOA21NM", "LSOA21NMW", "RUC21CD", "RUC21NM", "Urban_rural_flag"),
    ]
    for lsoa in place.lsoas.sort_values("LSOA21CD").itertuples():
        kind = lsoa.settlement["kind"]
        label = "larger" if kind == "village" else "urban"
        label = "far" if kind == "island" else "smaller" if lsoa.rural else label
        rows.append((lsoa.LSOA21CD, lsoa.LSOA21NM, "", *RURALITY[label]))
    return table(rows)


# ---- maps ---------------------------------------------------------------------------------------
def boundaries(place: Place) -> bytes:
    """Draw the area and its neighbour as ONS publishes them: degrees, six decimals."""
    features = []
    for area in areas(place):
        land = place.land[area["code"]]
        middle = land.representative_point()
        longitude, latitude = TO_DEGREES.transform(middle.x, middle.y)
        labels = {
            "SICBL23CD": area["ons"], "SICBL23NM": area["name"], "BNG_E": round(middle.x),
            "BNG_N": round(middle.y), "LONG": round(longitude, 5), "LAT": round(latitude, 5),
        }  # fmt: skip
        features.append((labels, land))
    return geojson("Synthetic_Sub_ICB_Locations", features)


def lsoas(place: Place) -> bytes:
    """Draw the LSOAs of the area and its neighbour."""
    assert place.lsoas is not None
    rows = place.lsoas.sort_values("LSOA21CD").itertuples()
    labelled = [
        ({"LSOA21CD": r.LSOA21CD, "LSOA21NM": r.LSOA21NM}, shapely.normalize(r.geometry))
        for r in rows
    ]
    return geojson("Synthetic_LSOA_2021", labelled)


def geojson(name: str, features: Iterable[tuple[dict[str, Any], BaseGeometry]]) -> bytes:
    """Features as GeoJSON, one a line, in WGS 84."""
    lines = [
        json.dumps(
            {"type": "Feature", "properties": labels, "geometry": in_degrees(geometry)},
            separators=(",", ":"),
        )
        for labels, geometry in features
    ]
    says = f"{SYNTHETIC}: not a real place"
    head = f'{{"type":"FeatureCollection","name":"{name}","description":"{says}","features":[\n'
    return (head + ",\n".join(lines) + "\n]}\n").encode()


def in_degrees(geometry: BaseGeometry) -> dict[str, Any]:
    """Turn a geometry into GeoJSON; outer rings run anticlockwise."""
    turned = shapely.transform(geometry, lambda xy: np.round(np.c_[TO_DEGREES.transform(*xy.T)], 6))
    return dict(shapely.geometry.mapping(shapely.orient_polygons(turned)))


# ---- the planner's choices ----------------------------------------------------------------------
def rules(place: Place) -> bytes:
    """Write the planner's rules, with a reason for each choice."""
    by_role = {p.extra["role"]: p for p in place.practices if "role" in p.extra}
    by_name = {p.extra["name"]: p for p in place.practices}
    unknown = by_role["unknown postcode"]
    return RULES.format(
        declines=by_role["declines"].code,
        south=by_name["Bridgefoot Surgery South"].code,
        north=by_name["Bridgefoot Surgery North"].code,
        unknown=unknown.code,
        easting=round(unknown.at.x),
        northing=round(unknown.at.y),
        island=by_name["Skarrow Harbour Surgery"].code,
        harbour=by_name["Larksea Promenade Surgery"].code,
    ).encode()


RULES = """\
# The planner's choices for the synthetic sample area. Every choice has a reason that is carried
# into every output. Everything else is left at its default (a window of 30,000 to 50,000).

min_list = 30000
max_list = 50000
networks = "target"

[[declined]]
practice = "{declines}"
reason = "The partners wrote on 3 November 2025 that they will not sign up to the network contract"

# The estuary of the Quill parts its banks; this is the one place where they can be crossed.
[[bridge]]
a = "{south}"
b = "{north}"
kind = "bridge"
reason = "Quill Bridge, toll free, with a bus every ten minutes"

[[place]]
practice = "{unknown}"
easting = {easting}
northing = {northing}
reason = "Opened in December 2025, its postcode is in no file yet: read off the site plan"

# The Isle of Skarrow has too few patients for a network of its own. No link is invented for it:
# its practices are offered to a network instead. To join it by its ferry, take the # away.
# [[bridge]]
# a = "{island}"
# b = "{harbour}"
# kind = "ferry"
# reason = "Ferry all the year round, 35 minutes"
"""

SCENARIO = """\
# The synthetic sample area: pcngeo plan scenario.toml --out DIR, or pcngeo demo. No real place.
area = "{code}"
rules = "rules.toml"

[input]
lists = "gp-reg-pat-prac-all.csv"
organisations = "epraccur.csv"
postcodes = ["postcodes.csv"]
boundaries = "boundaries.geojson"
membership = "gp-reg-pat-prac-map.csv"
registrations = "gp-reg-pat-prac-lsoa-all.csv"

[options]
seed = 0
"""

if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "sample")
