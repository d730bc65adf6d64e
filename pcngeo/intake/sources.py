"""Where the official files are published, what each of them is, and under what terms.

An address that moves is one line here. NHS England lists its months on one page, also those to
come, and names the files of a month on the month's page; since 2025 most of them are zipped.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["BY_HAND", "OGL", "SOURCES", "Source"]

OGL = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"
_LISTS = (
    "https://digital.nhs.uk/data-and-information/publications/statistical/"
    "patients-registered-at-a-gp-practice"
)
_ODS = "https://www.odsdatasearchandexport.nhs.uk/api/getReport?report="
_ONS = "https://services1.arcgis.com/ESMARspQHYMw9BZ9/arcgis/rest/services/"
_QUERY = "/FeatureServer/0/query?where=1%3D1&outFields=*&outSR=4326&f=geojson"
#: The catalogue that ONS publishes in: it is asked for the directory's issues, one each quarter.
_ONSPD = (
    "https://www.arcgis.com/sharing/rest/search?f=json&num=100&sortField=modified&sortOrder=desc"
    "&q=title%3A%22ONS%20Postcode%20Directory%22%20AND%20owner%3AONSGeography_data"
)
_IOD = (
    "https://assets.publishing.service.gov.uk/media/691ded56d140bbbaa59a2a7d/"
    "File_7_IoD2025_All_Ranks_Scores_Deciles_Population_Denominators.csv"
)
_NHS = "Contains information from NHS England, licensed under the Open Government Licence v3.0."
_ROYAL_MAIL = "Contains Royal Mail data (c) Royal Mail copyright and database right {year}."
_OS = f"Contains OS data (c) Crown copyright and database right {{year}}. {_ROYAL_MAIL}"
_STATISTICS = (
    "Source: Office for National Statistics licensed under the Open Government Licence v3.0. "
    "Contains OS data (c) Crown copyright and database right {year}."
)
_MHCLG = (
    "Contains public sector information of the Ministry of Housing, Communities and Local "
    "Government, licensed under the Open Government Licence v3.0."
)


@dataclass(frozen=True)
class Source:
    """One official file.

    Parameters
    ----------
    key
        Short name, to choose it by.
    file
        Name that it is stored under; the ending tells what its first bytes must be (``.csv``,
        ``.zip``, ``.geojson``). Where the address is a page, the ending of the link is taken.
    addresses
        Where it is published; the next one is tried when one does not exist.
    kind
        What `inspect` must take it for: a key of `dialects.KINDS`; ``""`` where anything goes.
    licence
        The sentence that its licence asks for; ``{year}`` is the year it was fetched in.
    links
        Where the address is a page: patterns of the link to follow to the file, the first that is
        found wins.
    issues
        Where the page lists issues (months): pattern of their links. The newest issue that has the
        file wins.
    items
        Where the address is a search of a catalogue (ArcGIS): pattern of the title, with the month
        in its first group. The item of the newest month wins.
    """

    key: str
    file: str
    addresses: tuple[str, ...]
    kind: str
    licence: str
    links: tuple[str, ...] = ()
    issues: str = ""
    items: str = ""


def _monthly(key: str, stem: str, kind: str, *links: str) -> Source:
    """Make the source of a file that comes with the list sizes of a month."""
    patterns = links or (rf"/{stem}[^/]*\.(csv|zip)$",)
    issues = r"/patients-registered-at-a-gp-practice/([a-z]+-20\d\d)/?$"
    return Source(key, f"{stem}.csv", (_LISTS,), kind, _NHS, patterns, issues)


#: The official files, in the order of the options that take them.
SOURCES = (
    _monthly("lists", "gp-reg-pat-prac-all", "lists"),
    _monthly("membership", "gp-reg-pat-prac-map", "membership"),
    Source("organisations", "epraccur.csv", (f"{_ODS}epraccur",), "organisations", _NHS),
    Source("branches", "ebranchs.csv", (f"{_ODS}ebranchs",), "branches", _NHS),
    Source("epcn", "epcncorepartnerdetails.csv", (f"{_ODS}epcncorepartnerdetails",), "epcn", _NHS),
    Source("postcodes", "codepo_gb.zip", (
        "https://api.os.uk/downloads/v1/products/CodePointOpen/downloads"
        "?area=GB&format=CSV&redirect",), "codepoint", _OS),
    Source("onspd", "ONSPD.zip", (_ONSPD,), "postcodes", f"{_STATISTICS} {_ROYAL_MAIL}",
           items=r"ONS Postcode Directory \(([A-Z][a-z]+ 20\d\d)\)( for the UK)?"),
    Source("boundaries", "sub_icb_locations.geojson", (
        f"{_ONS}Sub_Integrated_Care_Board_Locations_April_2026_Boundaries_EN_BGC{_QUERY}",
        f"{_ONS}Sub_Integrated_Care_Board_Locations_April_2023_EN_BGC{_QUERY}"), "boundaries",
        _STATISTICS),
    _monthly("registrations", "gp-reg-pat-prac-lsoa", "registrations",
             r"/gp-reg-pat-prac-lsoa-2021[^/]*\.zip$",
             r"/gp-reg-pat-prac-lsoa-(all|male-female)[^/]*\.(csv|zip)$"),
    _monthly("ages", "gp-reg-pat-prac-quin-age", "ages"),
    Source("deprivation", "File_7_IoD2025.csv", (_IOD,), "deprivation", _MHCLG),
)  # fmt: skip
#: What is published in ways that cannot be fetched, and where it is.
BY_HAND = (
    "Not fetched, as they are published in several parts: boundaries of LSOAs (--lsoas), the "
    "rural-urban classification (--rurality) and the lookup LSOA 2011 to 2021 (--lsoa-changes). "
    "Save them from geoportal.statistics.gov.uk."
)
