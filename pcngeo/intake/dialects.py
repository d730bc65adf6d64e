"""The one place that knows how the published files spell things.

Header aliases, what kind of file a header belongs to, dates, the two code systems of the
organisations file, postcodes and the names of special schemes. A file dialect that appears next
month is one more alias here (quirks Q2, Q6, Q11, Q24).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pcngeo.patient_level import header_key

__all__ = [
    "FIELDS",
    "KINDS",
    "POSTCODE",
    "SETTINGS",
    "SPECIAL_NAMES",
    "STATUSES",
    "Kind",
    "find_columns",
    "header_key",
    "kind_of_header",
    "kind_of_row",
    "parse_date",
    "postcode_key",
    "special_name",
]


@dataclass(frozen=True)
class Kind:
    """One kind of published file.

    Parameters
    ----------
    key
        Short name, used in code and in the account.
    title
        What it is called in messages.
    flag
        The option of the command that it belongs to; ``""`` where none does.
    """

    key: str
    title: str
    flag: str


KINDS = {
    kind.key: kind
    for kind in (
        Kind("lists", "a file of list sizes by practice (gp-reg-pat-prac-all)", "--lists"),
        Kind("membership", "a practice-to-PCN map (gp-reg-pat-prac-map)", "--membership"),
        Kind("epcn", "an ePCN file of network members", "--membership"),
        Kind("organisations", "an ODS file of practices (epraccur)", "--organisations"),
        Kind("branches", "an ODS file of branch surgeries (ebranchs)", "--branches"),
        Kind("registrations", "a file of registered patients by LSOA", "--registrations"),
        Kind("postcodes", "a postcode directory (ONSPD or NSPL)", "--postcodes"),
        Kind("codepoint", "a postcode file of Code-Point Open", "--postcodes"),
        Kind("postcode_lookup", "a postcode lookup without coordinates", ""),
        Kind("boundaries", "a boundary file", "--boundaries"),
        Kind("lsoas", "a boundary file of LSOAs", "--lsoas"),
        Kind("lines", "a file of lines", "--barriers or --bridges"),
        Kind("ages", "a file of list sizes by age", "--ages"),
        Kind("deprivation", "a file of deprivation scores by LSOA", "--deprivation"),
        Kind("rurality", "a rural-urban classification by LSOA", "--rurality"),
        Kind("lsoa_change", "a lookup from LSOA 2011 to LSOA 2021", "--lsoa-changes"),
        Kind("lsoa_area", "a lookup from LSOA to commissioning area", ""),
        Kind("lsoa_points", "a file of population-weighted centres of LSOAs", ""),
        Kind("area_lookup", "a lookup between commissioning areas", ""),
    )
}

#: For each kind of table, the logical fields and the headers (see `header_key`) that they go by.
FIELDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "lists": {
        "practice": (
            "CODE", "PRACTICE_CODE", "ORG_CODE", "GP_PRACTICE_CODE", "ODS_CODE", "PRACTICE",
            "ORGANISATION_CODE", "GP_CODE", "SURGERY_CODE", "PRACTICE_ODS_CODE",
        ),
        "list_size": (
            "NUMBER_OF_PATIENTS", "LIST_SIZE", "REGISTERED_PATIENTS", "TOTAL_ALL", "PATIENTS",
            "REGISTERED_POPULATION", "REGISTERED_LIST_SIZE", "PRACTICE_LIST_SIZE",
            "RAW_LIST_SIZE", "LISTSIZE", "LIST",
        ),
        "postcode": ("POSTCODE", "PRACTICE_POSTCODE", "POST_CODE"),
        "area": ("CCG_CODE", "SUB_ICB_LOCATION_CODE", "SUB_ICB_CODE", "AREA", "AREA_CODE"),
        "ons_area": (
            "ONS_CCG_CODE", "CCG_ONS_CODE", "ONS_SUB_ICB_LOCATION_CODE",
            "SUB_ICB_LOCATION_ONS_CODE", "ONS_CODE",
        ),
        "type": ("TYPE", "ORG_TYPE"),
        "sex": ("SEX",),
        "age": ("AGE", "AGE_GROUP_5"),
        "date": ("EXTRACT_DATE", "LIST_DATE", "DATE"),
        "name": ("NAME", "PRACTICE_NAME", "ORGANISATION_NAME"),
        "easting": ("EASTING", "EASTINGS", "X"),
        "northing": ("NORTHING", "NORTHINGS", "Y"),
        "lat": ("LAT", "LATITUDE"),
        "long": ("LONG", "LON", "LONGITUDE"),
        "pcn": ("PCN_CODE", "PCN"),
        "pcn_name": ("PCN_NAME",),
        "area_name": ("CCG_NAME", "SUB_ICB_LOCATION_NAME", "AREA_NAME"),
    },
    "membership": {
        "practice": ("PRACTICE_CODE", "CODE", "PARTNER_ORGANISATION_CODE"),
        "name": ("PRACTICE_NAME", "NAME", "PARTNER_NAME"),
        "postcode": ("PRACTICE_POSTCODE", "POSTCODE"),
        "pcn": ("PCN_CODE",),
        "pcn_name": ("PCN_NAME",),
        "area": (
            "CCG_CODE", "SUB_ICB_LOCATION_CODE", "PRACTICE_PARENT_CCG_CODE",
            "PRACTICE_PARENT_SUB_ICB_LOC_CODE", "PRACTICE_PARENT_SUB_ICB_LOCATION_CODE",
        ),
        "ons_area": (
            "ONS_CCG_CODE", "CCG_ONS_CODE", "ONS_SUB_ICB_LOCATION_CODE",
            "SUB_ICB_LOCATION_ONS_CODE",
        ),
        "area_name": (
            "CCG_NAME", "SUB_ICB_LOCATION_NAME", "PRACTICE_PARENT_CCG_NAME",
            "PRACTICE_PARENT_SUB_ICB_LOC_NAME", "PRACTICE_PARENT_SUB_ICB_LOCATION_NAME",
        ),
        "icb": ("STP_CODE", "ICB_CODE"),
        "ons_icb": ("ONS_STP_CODE", "STP_ONS_CODE", "ONS_ICB_CODE", "ICB_ONS_CODE"),
        "icb_name": ("STP_NAME", "ICB_NAME"),
        "date": ("EXTRACT_DATE",),
        "pcn_area": (
            "PCN_PARENT_CCG_CODE", "PCN_PARENT_SUB_ICB_LOC_CODE",
            "PCN_PARENT_SUB_ICB_LOCATION_CODE",
        ),
        "start": ("PRACTICE_TO_PCN_RELATIONSHIP_START_DATE",),
        "end": ("PRACTICE_TO_PCN_RELATIONSHIP_END_DATE",),
    },
    "registrations": {
        "practice": ("PRACTICE_CODE", "CODE", "ORG_CODE"),
        "lsoa": ("LSOA_CODE", "LSOA11CD", "LSOA21CD", "LSOA"),
        "patients": ("NUMBER_OF_PATIENTS", "ALL_PATIENTS", "PATIENTS"),
        "sex": ("SEX",),
        "date": ("EXTRACT_DATE",),
    },
    "branches": {
        "branch": ("BRANCH", "BRANCH_CODE", "SITE_CODE", "BRANCH_ODS_CODE"),
        "practice": (
            "PRACTICE", "PRACTICE_CODE", "PARENT_PRACTICE", "PARENT", "PARENT_CODE",
            "PARENT_ORGANISATION_CODE", "ODS_CODE", "ORG_CODE", "CODE",
        ),
        "name": ("NAME", "BRANCH_NAME", "SITE_NAME"),
        "postcode": ("POSTCODE", "BRANCH_POSTCODE"),
        "easting": ("EASTING", "EASTINGS", "X"),
        "northing": ("NORTHING", "NORTHINGS", "Y"),
        "lat": ("LAT", "LATITUDE"),
        "long": ("LONG", "LON", "LONGITUDE"),
        "closed": ("CLOSE_DATE", "CLOSED", "CLOSED_ON"),
    },
    "postcodes": {
        "postcode": ("PCDS", "PCD", "PCD7", "PCD8", "PCD2", "POSTCODE"),
        "easting": ("OSEAST1M", "EAST1M", "EASTING", "EASTINGS", "EA"),
        "northing": ("OSNRTH1M", "NORTH1M", "NORTHING", "NORTHINGS", "NO"),
        "quality": ("OSGRDIND", "GRIDIND", "POSITIONAL_QUALITY_INDICATOR", "PQ"),
        "terminated": ("DOTERM",),
        "lat": ("LAT", "LATITUDE"),
        "long": ("LONG", "LON", "LONGITUDE"),
    },
}  # fmt: skip

#: Status of the organisations file, both code systems (Q2).
STATUSES = {
    "A": "active",
    "ACTIVE": "active",
    "C": "closed",
    "INACTIVE": "closed",
    "CLOSED": "closed",
    "B": "closed",
    "D": "dormant",
    "DORMANT": "dormant",
    "P": "proposed",
    "PROPOSED": "proposed",
    "U": "unknown",
}

#: Prescribing settings: the role of the current file, what it is, by the integer of the old (Q2).
SETTINGS = {
    "0": ("RO72", "another prescribing cost centre"),
    "1": ("RO87", "a walk-in centre"),
    "2": ("RO80", "an out-of-hours service"),
    "3": ("RO80|RO87", "a walk-in centre with out-of-hours service"),
    "4": ("RO76", "a GP practice"),
    "8": ("RO255", "a public health service"),
    "9": ("RO247", "a community health service"),
    "10": ("RO250", "a hospital service"),
    "11": ("RO252", "an optometry service"),
    "12": ("RO259", "an urgent and emergency care service"),
    "13": ("RO249", "a hospice"),
    "14": ("RO246", "a care home or nursing home"),
    "15": ("RO245", "a border force service"),
    "16": ("RO260", "a young offender institution"),
    "17": ("RO257", "a secure training centre"),
    "18": ("RO256", "a secure children's home"),
    "19": ("RO251", "an immigration removal centre"),
    "20": ("RO248", "a court"),
    "21": ("RO254", "a police custody service"),
    "22": ("RO258", "a sexual assault referral centre"),
    "24": ("RO253", "another justice service"),
    "25": ("RO82", "a prison"),
    "26": ("RO321", "a primary care network"),
    "27": ("RO323", "a pharmacy pathfinder"),
}

#: Names that tell a special scheme (Q6), if its list is small too: `Rules.special_below`.
SPECIAL_NAMES = {
    "special allocation scheme": r"SPECIAL ALLOC|\bSAS\b|\bVPS?\b|\bZT\b|ZERO TOLERANCE|VIOLEN",
    "special scheme": r"SPECIAL SCHEME|PIER SCHEME|HEALTH ?CARE SCHEME|ENHANCED SERVICE",
    "safe haven": r"SAFE HAVEN",
    "service for homeless people": r"HOMELESS",
    "service for people seeking asylum": r"ASYLUM|REFUGEE",
    "service for care homes": r"(CARE|NURSING) HOME",
    "walk-in or urgent treatment centre": r"WALK[ -]?IN\b|\bWIC\b|URGENT (TREATMENT|CARE)",
}
_SPECIAL = {what: re.compile(pattern) for what, pattern in SPECIAL_NAMES.items()}

_DATES = (
    "%d%b%Y", "%d-%b-%y", "%d-%b-%Y", "%d %b %Y", "%d %B %Y", "%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y",
    "%Y%m%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S",
)  # fmt: skip
_ODS_LIKE = re.compile(r"^[A-Z0-9]{3,9}$")
_PRACTICE = re.compile(r"^[A-Z]\d{5}$")
#: A whole postcode, in upper case.
POSTCODE = re.compile(r"^[A-Z]{1,2}[0-9][A-Z0-9]?\s*[0-9][A-Z]{2}$")


def find_columns(header: Sequence[str], kind: str) -> dict[str, int]:
    """Find the position of every logical field of a kind in a header.

    Parameters
    ----------
    header
        The headers as they stand in the file.
    kind
        A key of `FIELDS`.

    Returns
    -------
    dict
        Position by logical field; fields that the file lacks are left out. The first alias wins.

    Examples
    --------
    >>> find_columns(["Practice Code", "LSOA_CODE", "Number of Patients"], "registrations")
    {'practice': 0, 'lsoa': 1, 'patients': 2}
    """
    keys = [header_key(text) for text in header]
    found = {}
    for field, aliases in FIELDS[kind].items():
        here = [keys.index(alias) for alias in aliases if alias in keys]
        if here:
            found[field] = here[0]
    return found


_MAP_KEYS = {"PCN_CODE", *FIELDS["membership"]["area_name"]}


def kind_of_header(header: Iterable[str]) -> str:
    """Say what kind of table a header belongs to; ``""`` when it is not known."""
    keys = {header_key(text) for text in header}

    def has(*stems: str) -> bool:
        return all(any(key.startswith(stem) for key in keys) for stem in stems)

    counts = keys & set(FIELDS["lists"]["list_size"])
    practice = keys & set(FIELDS["lists"]["practice"])
    lsoa = keys & set(FIELDS["registrations"]["lsoa"])
    if "PARTNER_ORGANISATION_CODE" in keys:
        return "epcn"
    placed = keys & {*FIELDS["lists"]["postcode"], *FIELDS["lists"]["easting"]}
    if practice and lsoa and (counts or "ALL_PATIENTS" in keys) and not placed:
        return "registrations"
    if practice and counts:
        return "ages" if keys & {"AGE_GROUP_5", "AGE_GROUP"} else "lists"
    if practice and keys & _MAP_KEYS:
        return "membership"
    if keys & {"PCDS", "PCD", "PCD7", "PCD8", "PCD2", "POSTCODE"} and not practice:
        points = ({"LAT", "LONG"}, {"OSEAST1M", "OSNRTH1M"}, {"EAST1M", "NORTH1M"})
        if any(pair <= keys for pair in points):
            return "postcodes"
        if has("EASTING", "NORTHING") or {"EA", "NO"} <= keys:
            return "codepoint"
        return "postcode_lookup" if has("LSOA") or has("OA11CD") else ""
    return _kind_of_lsoa_table(keys, has("LSOA"))


def _kind_of_lsoa_table(keys: set[str], lsoa: bool) -> str:
    """Tell the tables of statistics by LSOA apart."""
    if lsoa and any("SCORE" in key or "DECILE" in key for key in keys):
        return "deprivation"
    if lsoa and any(key.startswith("RUC") for key in keys):
        return "rurality"
    if {"LSOA11CD", "LSOA21CD"} <= keys:
        return "lsoa_change"
    if lsoa and any(re.match(r"(CCG|SICBL|ICB|LAD)\d\dCD$", key) for key in keys):
        return "lsoa_area"
    if lsoa and {"X", "Y"} <= keys:
        return "lsoa_points"
    if len([key for key in keys if re.match(r"(CCG|SICBL|ICB|STP|NHSER|LAD)\d\dCD$", key)]) > 1:
        return "area_lookup"
    return ""


def kind_of_row(row: Sequence[str]) -> str:
    """Say what kind of headerless table a row belongs to; ``""`` when it is not known.

    Examples
    --------
    >>> kind_of_row(["AL1 3FY", "10", "515627", "206743", "E92000001", "", "", "", "E07000240", ""])
    'codepoint'
    """
    cells = [cell.strip() for cell in row]
    if len(cells) == 27 and _ODS_LIKE.match(cells[0]):
        below = bool(re.match(r"^[A-Z0-9]{6}\d{3}$", cells[0]))  # a practice's code and a number
        branch = below and (not cells[12] or bool(_PRACTICE.match(cells[14])))
        return "branches" if branch else "organisations"
    if len(cells) == 10 and POSTCODE.match(cells[0].upper()):
        return "codepoint"
    if len(cells) == 11 and re.match(r"^[A-Z]\d{5}$", cells[0]) and re.match(r"^U\d", cells[4]):
        return "epcn"
    return ""


def parse_date(text: str) -> dt.date | None:
    """Read a date in any of the published spellings; `None` when it is not one.

    Examples
    --------
    >>> for text in ("01JAN2021", "01Jan2022", "01-Sep-20", "01/05/2025", "2026-04-01", "20191001"):
    ...     print(parse_date(text))
    2021-01-01
    2022-01-01
    2020-09-01
    2025-05-01
    2026-04-01
    2019-10-01
    """
    value = text.strip()
    if not 6 <= len(value) <= 19:
        return None
    for form in _DATES:
        try:
            return dt.datetime.strptime(value, form).date()  # noqa: DTZ007 - a calendar date
        except ValueError:
            continue
    return None


def postcode_key(text: str) -> str:
    """Bring a postcode to the form that postcodes are compared in: upper case, no spaces (Q11).

    Examples
    --------
    >>> postcode_key(" e1  4dg"), postcode_key("AL100BS")
    ('E14DG', 'AL100BS')
    """
    return "".join(text.split()).upper()


def special_name(name: str) -> str:
    """Say what special scheme a name tells of; ``""`` when it tells of none (Q6).

    Examples
    --------
    >>> special_name("BRENT & HARROW SAFE HAVEN UNIT"), special_name("THE LIMES SURGERY")
    ('safe haven', '')
    """
    upper = name.upper()
    return next((what for what, pattern in _SPECIAL.items() if pattern.search(upper)), "")
