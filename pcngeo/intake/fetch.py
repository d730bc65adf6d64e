"""Download the current official files from where they are published.

A download goes to a ``.part`` file beside its target and is moved into place when it is complete
and is what it should be. A broken one is taken up where it stopped. `RECORD` in the folder says
where each file came from, when, and its SHA-256; `LICENCE` says under what terms.

Nothing here runs unless it is called: planning needs no network.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import cast

import pandas as pd

from pcngeo.errors import DataError, OutputError, examples
from pcngeo.intake.files import MAX_BYTES, Path_, checksum, looks_like

__all__ = ["LICENCE", "RECORD", "SOURCES", "Source", "fetch"]

RECORD = "fetched.json"
LICENCE = "LICENCE.txt"
_BLOCK = 1 << 18
_AGENT = "pcngeo (open data download)"
_LISTS = (
    "https://digital.nhs.uk/data-and-information/publications/statistical/"
    "patients-registered-at-a-gp-practice"
)
_ODS = "https://www.odsdatasearchandexport.nhs.uk/api/getReport?report="
_ONS = "https://services1.arcgis.com/ESMARspQHYMw9BZ9/arcgis/rest/services/"
_QUERY = "/FeatureServer/0/query?where=1%3D1&outFields=*&outSR=4326&f=geojson"
_NHS = "Contains information from NHS England, licensed under the Open Government Licence v3.0."
_OS = (
    "Contains OS data (c) Crown copyright and database right. Contains Royal Mail data (c) Royal "
    "Mail copyright and database right."
)
_STATISTICS = (
    "Source: Office for National Statistics licensed under the Open Government Licence v3.0. "
    "Contains OS data (c) Crown copyright and database right."
)

Progress = Callable[[str, str], None]


@dataclass(frozen=True)
class Source:
    """One official file.

    Parameters
    ----------
    key
        Short name, to choose it by.
    file
        Name that it is stored under.
    addresses
        Where it is published; the next one is tried when one does not exist.
    kind
        What its first bytes must be: ``text``, ``json``, ``zip``.
    licence
        The sentence that its licence asks for.
    link
        Where the address is a page: pattern of the link to follow to the file.
    issues
        Where the page lists issues (months): pattern of their links, newest wins; the file's link
        is then looked for on the newest issue's page.
    """

    key: str
    file: str
    addresses: tuple[str, ...]
    kind: str
    licence: str
    link: str = ""
    issues: str = ""


_ISSUES = r"/patients-registered-at-a-gp-practice/([a-z]+-20\d\d)/?$"
#: The official files, in the order of the options that take them.
SOURCES = (
    Source("lists", "gp-reg-pat-prac-all.csv", (_LISTS,), "text", _NHS,
           r"gp-reg-pat-prac-all[^/]*\.csv$", _ISSUES),
    Source("membership", "gp-reg-pat-prac-map.csv", (_LISTS,), "text", _NHS,
           r"gp-reg-pat-prac-map[^/]*\.csv$", _ISSUES),
    Source("organisations", "epraccur.csv", (f"{_ODS}epraccur",), "text", _NHS),
    Source("branches", "ebranchs.csv", (f"{_ODS}ebranchs",), "text", _NHS),
    Source("epcn", "epcncorepartnerdetails.csv", (f"{_ODS}epcncorepartnerdetails",), "text", _NHS),
    Source("postcodes", "codepo_gb.zip", (
        "https://api.os.uk/downloads/v1/products/CodePointOpen/downloads"
        "?area=GB&format=CSV&redirect",), "zip", _OS),
    Source("boundaries", "sub_icb_locations.geojson", (
        f"{_ONS}Sub_Integrated_Care_Board_Locations_April_2026_Boundaries_EN_BGC{_QUERY}",
        f"{_ONS}Sub_Integrated_Care_Board_Locations_April_2023_EN_BGC{_QUERY}"), "json",
        _STATISTICS),
)  # fmt: skip


def fetch(
    folder: Path_,
    keys: Sequence[str] = (),
    *,
    sources: Sequence[Source] = SOURCES,
    attempts: int = 4,
    pause: float = 1.0,
    timeout: float = 60.0,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Download official files to a folder, taking up what was broken off.

    Parameters
    ----------
    folder
        Where to; it is made when it is missing.
    keys
        Which files (keys of `sources`); all of them without one.
    sources
        What is published where.
    attempts, pause, timeout
        How often a broken download is taken up again, how long to wait before the first time
        (seconds, doubled each time), and how long a server may be silent (seconds).
    progress
        Called with ``"fetch"`` and a sentence.

    Returns
    -------
    DataFrame
        One row a file: key, file, address, bytes, sha256, fetched (UTC). The same is in `RECORD`.

    Raises
    ------
    DataError
        When a file does not exist at its address, is not what it should be, or keeps breaking off.
        Files that came before it are complete and stay.
    OutputError
        When the folder cannot be written.
    """
    say = progress or (lambda stage, detail: None)
    chosen = _chosen(keys, sources)
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
        record = _record(target)
        for source in chosen:
            say("fetch", f"looking for {source.file}")
            get = _Download(source, target, attempts, pause, timeout, say)
            record[source.key] = get.run()
            _write(target / RECORD, json.dumps(record, indent=2, sort_keys=True) + "\n")
            _write(target / LICENCE, _licences(record, sources))
    except OSError as error:
        raise OutputError(f"{target}: the folder cannot be written ({error.strerror}).") from None
    rows = [{"key": source.key, **record[source.key]} for source in chosen]
    return pd.DataFrame(rows)[["key", "file", "address", "bytes", "sha256", "fetched"]]


def _chosen(keys: Sequence[str], sources: Sequence[Source]) -> list[Source]:
    known = {source.key: source for source in sources}
    wrong = [key for key in keys if key not in known]
    if wrong:
        raise DataError(
            f"there is no official file named {examples(wrong)}",
            todo=f"Choose from {examples(known, 20)}",
        )
    return [known[key] for key in keys] if keys else list(sources)


def _record(folder: Path) -> dict[str, dict[str, str | int]]:
    try:
        return cast("dict[str, dict[str, str | int]]", json.loads((folder / RECORD).read_text()))
    except (FileNotFoundError, ValueError):
        return {}


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _licences(record: dict[str, dict[str, str | int]], sources: Sequence[Source]) -> str:
    lines = ["These files are open data. Whoever shows what was made from them must say:", ""]
    for licence in dict.fromkeys(s.licence for s in sources if s.key in record):
        files = [s.file for s in sources if s.key in record and s.licence == licence]
        lines += [licence, *(f"    {file}" for file in files), ""]
    return "\n".join(lines)


class _Broken(Exception):  # noqa: N818 - an event, not an error
    """The connection broke; what came so far is kept."""


class _Missing(Exception):  # noqa: N818 - an event, not an error
    """There is nothing at this address."""


class _Download:
    """One file on its way."""

    def __init__(
        self,
        source: Source,
        folder: Path,
        attempts: int,
        pause: float,
        timeout: float,
        say: Progress,
    ) -> None:
        self.source = source
        self.target = folder / source.file
        self.part = folder / f"{source.file}.part"
        self.attempts = attempts
        self.pause = pause
        self.timeout = timeout
        self.say = say

    def run(self) -> dict[str, str | int]:
        """Try the addresses one after another; return the record of the file."""
        for address in self.source.addresses:
            try:
                found = self._address(address)
                self._patiently(lambda address=found: self._content(address))  # type: ignore[misc]
            except _Missing:
                continue
            self._check()
            self.part.replace(self.target)
            self.say("fetch", f"{self.source.file}: complete")
            return {
                "file": self.target.name,
                "address": found,
                "bytes": self.target.stat().st_size,
                "sha256": checksum(self.target),
                "fetched": dt.datetime.now(dt.UTC).replace(microsecond=0).isoformat(),
            }
        raise DataError(
            f"{self.source.file} is not at its published address any more "
            f"({examples(self.source.addresses)})",
            todo="Fetch it by hand from the publisher's site, or update pcngeo",
        )

    def _patiently(self, action: Callable[[], object]) -> None:
        """Do something again when the connection breaks, waiting longer each time."""
        wait = self.pause
        for attempt in range(1, self.attempts + 1):
            try:
                action()
                return
            except _Broken as broken:
                if attempt == self.attempts:
                    raise DataError(
                        f"the download of {self.source.file} broke off {attempt} times ({broken})",
                        todo="Run the same command again: it goes on where it stopped",
                    ) from None
                self.say("fetch", f"{self.source.file}: broke off, trying again in {wait:g} s")
                time.sleep(wait)
                wait *= 2

    def _address(self, address: str) -> str:
        """Follow the links of the publisher's pages to the file itself."""
        if not self.source.link:
            return address
        if self.source.issues:
            address = _newest(address, self._page(address), self.source.issues)
        links = _links(address, self._page(address))
        fitting = [link for link in links if re.search(self.source.link, link.split("?")[0])]
        if not fitting:
            raise _Missing(address)
        return fitting[0]

    def _page(self, address: str) -> str:
        text: list[str] = []
        self._patiently(lambda: text.append(self._read_page(address)))
        return text[-1]

    def _read_page(self, address: str) -> str:
        with self._open(address, {}) as response:
            try:
                return response.read(8 << 20).decode("utf-8", errors="replace")
            except (OSError, HTTPException) as error:
                raise _Broken(str(error)) from None

    def _open(self, address: str, headers: dict[str, str]) -> HTTPResponse:
        if urllib.parse.urlsplit(address).scheme not in ("http", "https"):
            raise DataError(f"{address} is not a web address")
        request = urllib.request.Request(address, headers={"User-Agent": _AGENT, **headers})  # noqa: S310
        try:
            return cast("HTTPResponse", urllib.request.urlopen(request, timeout=self.timeout))  # noqa: S310
        except urllib.error.HTTPError as error:
            if error.code in (404, 410):
                raise _Missing(address) from None
            if error.code == 416:  # asked for more than there is: start again
                self.part.unlink(missing_ok=True)
                raise _Broken("the part that was kept does not fit") from None
            if error.code >= 500 or error.code == 429:
                raise _Broken(f"the server answered {error.code}") from None
            raise DataError(
                f"the server refused {self.source.file} (answer {error.code})",
                todo=f"Open {address} in a browser to see why",
            ) from None
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise _Broken(str(reason)) from None

    def _content(self, address: str) -> None:
        """Download the file, or the rest of it, to the part file."""
        here = self.part.stat().st_size if self.part.exists() else 0
        with self._open(address, {"Range": f"bytes={here}-"} if here else {}) as response:
            if response.status != 206:
                here = 0
            announced = response.headers.get("Content-Length")
            total = here + int(announced) if announced and announced.isdigit() else None
            with self.part.open("ab" if here else "wb") as out:
                here = self._copy(response, out.write, here, total)
        if total is not None and here < total:
            raise _Broken(f"{here:,} of {total:,} bytes came")

    def _copy(
        self, response: HTTPResponse, write: Callable[[bytes], int], here: int, total: int | None
    ) -> int:
        said = 0.0
        while True:
            try:
                block = response.read(_BLOCK)
            except (OSError, HTTPException) as error:
                raise _Broken(str(error)) from None
            if not block:
                return here
            write(block)
            here += len(block)
            if here > MAX_BYTES:
                self.part.unlink(missing_ok=True)
                raise DataError(f"{self.source.file} is larger than any published file")
            if here - said >= 1 << 22 or said == 0:
                said = here
                of = f" of {total / 1e6:,.1f}" if total else ""
                self.say("fetch", f"{self.source.file}: {here / 1e6:,.1f}{of} MB")

    def _check(self) -> None:
        """Refuse a file that is not what it should be; it is not kept."""
        with self.part.open("rb") as stream:
            head = stream.read(4096)
        what = looks_like(head)
        wrong = what != self.source.kind
        if self.source.kind == "json" and head.lstrip().startswith(b'{"error"'):
            wrong, what = True, "an error message"
        if wrong:
            self.part.unlink()
            raise DataError(
                f"the server sent {what} instead of {self.source.file}",
                todo="Try again later, or fetch the file by hand from the publisher's site",
            )


def _links(base: str, page: str) -> list[str]:
    found = re.findall(r"""href\s*=\s*["']([^"'#]+)["']""", page, flags=re.IGNORECASE)
    return [urllib.parse.urljoin(base, link.replace("&amp;", "&").strip()) for link in found]


def _newest(base: str, page: str, issues: str) -> str:
    """Find the newest issue on a page that lists issues by month."""
    dated = []
    for link in _links(base, page):
        match = re.search(issues, link.split("?")[0])
        if match:
            try:
                month = dt.datetime.strptime(match[1], "%B-%Y").replace(tzinfo=dt.UTC)
            except ValueError:
                continue
            dated.append((month, link))
    if not dated:
        raise _Missing(base)
    return max(dated)[1]
