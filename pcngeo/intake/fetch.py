"""Download the current official files from where they are published.

A file is moved to its name when it is whole (see `pcngeo.intake.download`) and is what it should
be: its first bytes, every member of an archive, and `inspect` must say so. `RECORD` in the folder
says where each file came from, when, and its SHA-256; `LICENCE` says under what terms. What is
here already, and is still what is published, is not downloaded again.

Nothing here runs unless it is called: planning needs no network.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import urllib.parse
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pandas as pd

from pcngeo.errors import DataError, OutputError, examples
from pcngeo.intake.dialects import KINDS
from pcngeo.intake.download import (
    Copy,
    Line,
    MissingError,
    UnreachableError,
    download,
    forget,
    read_page,
)
from pcngeo.intake.files import Path_, checksum, looks_like, safe_members
from pcngeo.intake.inspect import FileReport, inspect_file
from pcngeo.intake.sources import BY_HAND, OGL, SOURCES, Source

__all__ = ["BY_HAND", "LICENCE", "RECORD", "SOURCES", "Source", "fetch"]

RECORD = "fetched.json"
LICENCE = "LICENCE.txt"
#: What the first bytes of a file must be, by the ending of its name.
_FIRST_BYTES = {".csv": "text", ".zip": "zip", ".geojson": "json"}
#: Issues that are looked through for a file: the newest may be announced and still be empty, and
#: some files come every third month only.
_ISSUES = 8
_AGAIN = "Try again later, or fetch the file by hand from the publisher's site"

Progress = Callable[[str, str], None]
Record = dict[str, dict[str, str | int]]


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
        Called with the file's name and a sentence.

    Returns
    -------
    DataFrame
        One row a file: key, file, vintage, rows, bytes, sha256, address, fetched (UTC). The same
        is in `RECORD`.

    Raises
    ------
    DataError
        When a file does not exist at its address, is not what it should be, or keeps breaking off.
        The others are fetched all the same, unless no server answers at all.
    OutputError
        When the folder cannot be written, or has no room.
    """
    say = progress or (lambda stage, detail: None)
    chosen = _chosen(keys, sources)
    target = Path(folder)
    failed: list[DataError] = []
    try:
        target.mkdir(parents=True, exist_ok=True)
        record = _record(target)
        for source in chosen:
            line = Line(source.file, max(1, attempts), pause, timeout, _told(say, source.file))
            try:
                record[source.key] = _one(source, target, line, record.get(source.key, {}))
            except UnreachableError:
                raise
            except DataError as error:
                line.say(str(error))
                failed.append(error)
                continue
            _write(target / RECORD, json.dumps(record, indent=2, sort_keys=True) + "\n")
            _write(target / LICENCE, _licences(record, sources))
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(f"{target}: the folder cannot be written ({error.strerror}).") from None
    if failed:
        raise _not_all(failed, len(chosen))
    rows = [{"key": source.key, **record[source.key]} for source in chosen]
    columns = ["key", "file", "vintage", "rows", "bytes", "sha256", "address", "fetched"]
    return pd.DataFrame(rows)[columns]


class _NotTheFileError(DataError):
    """What came is not the file that was asked for."""


def _told(say: Progress, file: str) -> Callable[[str], None]:
    return lambda text: say(file, text)


def _chosen(keys: Sequence[str], sources: Sequence[Source]) -> list[Source]:
    known = {source.key: source for source in sources}
    wrong = [key for key in keys if key not in known]
    if wrong:
        raise DataError(
            f"there is no official file named {examples(wrong)}",
            todo=f"Choose from {examples(known, 20)}",
        )
    return [known[key] for key in dict.fromkeys(keys)] if keys else list(sources)


def _not_all(failed: list[DataError], wanted: int) -> DataError:
    if len(failed) == 1 == wanted:
        return failed[0]
    return DataError(
        f"{len(failed)} of {wanted} files could not be fetched: "
        + " ".join(str(error) for error in failed),
        todo="" if len(failed) == wanted else "The others are complete",
    )


def _record(folder: Path) -> Record:
    try:
        read = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    if not isinstance(read, dict) or not all(isinstance(entry, dict) for entry in read.values()):
        return {}
    return read


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _licences(record: Record, sources: Sequence[Source]) -> str:
    """Say what must be said by whoever shows what was made from the files."""
    lines = ["These files are open data. Whoever shows what was made from them must say:", ""]
    files: dict[str, list[str]] = {}
    for source in sources:
        if source.key in record:
            year = str(record[source.key]["fetched"])[:4]
            sentence = source.licence.replace("{year}", year)
            files.setdefault(sentence, []).append(str(record[source.key]["file"]))
    for sentence, names in files.items():
        lines += [sentence, *(f"    {name}" for name in names), ""]
    return "\n".join([*lines, f"Open Government Licence v3.0: {OGL}", ""])


def _one(
    source: Source, folder: Path, line: Line, before: dict[str, str | int]
) -> dict[str, str | int]:
    """Try the addresses of a file one after another; return its entry in the record."""
    line.say("looking for it")
    refused: DataError | None = None
    for published in source.addresses:
        try:
            address = _address(source, published, line)
            target = folder / _name(source, address)
            part = target.with_name(f"{target.name}.part")
            copy = download(address, part, line, _here(target, address, before))
            if copy.unchanged:
                line.say("is here already, and still what is published")
                return before
            report = _check(part, target.name, source, copy.sure)
        except MissingError:
            continue
        except _NotTheFileError as error:
            refused = error
            continue
        part.replace(target)
        line.say("complete")
        return _entry(target, address, copy, report)
    raise refused or DataError(
        f"{source.file} is not at its published address any more ({examples(source.addresses)})",
        todo="Fetch it by hand from the publisher's site, or update pcngeo",
    )


def _entry(target: Path, address: str, copy: Copy, report: FileReport) -> dict[str, str | int]:
    """Make the entry of a file in the record."""
    return {
        "file": target.name,
        "address": address,
        "bytes": target.stat().st_size,
        "sha256": checksum(target),
        "fetched": dt.datetime.now(dt.UTC).replace(microsecond=0).isoformat(),
        "published": copy.modified,
        "etag": copy.etag,
        "vintage": report.vintage,
        "rows": report.rows,
    }


def _name(source: Source, address: str) -> str:
    """Name a file as its source says, with the ending of the link that led to it."""
    if not source.links:
        return source.file
    ending = Path(urllib.parse.urlsplit(address).path).suffix.lower()
    return Path(source.file).stem + ending


def _here(target: Path, address: str, before: dict[str, str | int]) -> Copy | None:
    """Name the version that is here already, if the record speaks of this very file."""
    same = before.get("file") == target.name and before.get("address") == address
    if not same or not target.is_file() or checksum(target) != before.get("sha256"):
        return None
    return Copy(str(before.get("etag", "")), str(before.get("published", "")))


def _address(source: Source, published: str, line: Line) -> str:
    """Follow the links of the publisher's pages to the file itself."""
    if source.items:
        return _newest_item(published, read_page(published, line), source.items)
    if not source.links:
        return published
    pages = [published]
    if source.issues:
        pages = list(_issues(published, read_page(published, line), source.issues))[:_ISSUES]
    for page in pages:
        try:
            links = _links(page, read_page(page, line))
        except MissingError:
            continue
        for pattern in source.links:
            for link in links:
                if re.search(pattern, urllib.parse.urlsplit(link).path, flags=re.IGNORECASE):
                    return link
    raise MissingError(published)


def _newest_item(search: str, answer: str, title: str) -> str:
    """Find the item of the newest month among what a catalogue answers, and where its data are."""
    try:
        results = json.loads(answer)["results"]
        named = [(str(r["id"]), re.fullmatch(title, str(r["title"]).strip())) for r in results]
    except (ValueError, KeyError, TypeError):
        raise MissingError(search) from None
    dated: dict[dt.datetime, str] = {}
    for item, match in named:
        month = _month(match[1], "%B %Y") if match else None
        if month and re.fullmatch(r"[0-9a-f]{32}", item):
            dated.setdefault(month, item)
    if not dated:
        raise MissingError(search)
    return urllib.parse.urljoin(search, f"content/items/{dated[max(dated)]}/data")


def _month(text: str, form: str) -> dt.datetime | None:
    try:
        return dt.datetime.strptime(text, form).replace(tzinfo=dt.UTC)
    except ValueError:
        return None


def _links(base: str, page: str) -> list[str]:
    found = re.findall(r"""href\s*=\s*["']([^"'#]+)["']""", page, flags=re.IGNORECASE)
    return [urllib.parse.urljoin(base, link.replace("&amp;", "&").strip()) for link in found]


def _issues(base: str, page: str, issues: str) -> Iterator[str]:
    """Find the issues on a page that lists them by month, the newest first."""
    dated: dict[dt.datetime, str] = {}
    for link in _links(base, page):
        match = re.search(issues, link.split("?")[0])
        if match:
            month = _month(match[1], "%B-%Y")
            if month:
                dated.setdefault(month, link)
    for month in sorted(dated, reverse=True):
        yield dated[month]


def _check(part: Path, name: str, source: Source, sure: bool) -> FileReport:
    """Refuse a file that is not what it should be; it is not kept."""
    wrong = _wrong_bytes(part, name, sure) or _wrong_archive(part, name)
    report = FileReport(name)
    if not wrong and source.kind:
        report = inspect_file(part)
        wrong = _wrong_kind(report, part, name, source.kind)
    if wrong:
        forget(part)
        raise _NotTheFileError(wrong, todo=_AGAIN)
    return report


def _wrong_bytes(part: Path, name: str, sure: bool) -> str:
    """Judge a file by its first and last bytes, and an answer by what it says of itself."""
    with part.open("rb") as stream:
        head = stream.read(4096)
        stream.seek(max(0, part.stat().st_size - 4096))
        ends = head + stream.read()
    what = looks_like(head)
    if what == "json" and head.lstrip().startswith(b'{"error"'):
        what = "an error message"
    if what != _FIRST_BYTES.get(Path(name).suffix, what):
        return f"the server sent {what} instead of {name}"
    if what == "json" and re.search(rb'"exceededTransferLimit"\s*:\s*true', ends):
        return f"the server sent only a part of {name}, and says so"
    if what == "text" and not sure and not ends.endswith((b"\n", b"\r")):
        return f"the server sent only a part of {name}: it ends in the middle of a row"
    return ""


def _wrong_archive(part: Path, name: str) -> str:
    """Unpack every member of an archive once: each carries a checksum."""
    if Path(name).suffix != ".zip":
        return ""
    try:
        with zipfile.ZipFile(part) as archive:
            safe_members(archive, name)
            bad = archive.testzip()
    except DataError as error:
        return str(error).rstrip(".")
    except Exception as error:  # zipfile raises whatever the damage leads to
        return f"the archive that came for {name} is damaged ({error})"
    return f"the archive that came for {name} is damaged (in {bad})" if bad else ""


def _wrong_kind(report: FileReport, part: Path, name: str, kind: str) -> str:
    wanted = KINDS[kind].title
    if not report.kind or not report.readable:
        why = " ".join(report.odd).replace(part.name, name).rstrip(".")
        return f"what came for {name} is not {wanted}: {why}"
    if report.kind != kind:
        return f"what came for {name} is {report.title}, not {wanted}"
    return ""
