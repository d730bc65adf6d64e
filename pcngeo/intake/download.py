"""Copy what is at a web address to a file, whole and of one version, however the line breaks.

A copy goes to a part file; beside it lies what is known of its version: the address and the tag or
date that the server gave it. A broken copy is only taken up when the server says that it still
holds that version (``If-Range``) and goes on at the right byte (``Content-Range``): the beginning
of last month's file and the end of this month's are never joined. Where a server gives a version
no mark, the copy begins again; where it announces no length, so that a half would look like a
whole, it is made until two in a row are alike.
"""

from __future__ import annotations

import json
import re
import shutil
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse, IncompleteRead
from pathlib import Path
from typing import Any, TypeVar, cast

from pcngeo.errors import DataError, OutputError
from pcngeo.intake.files import MAX_BYTES, checksum, members

__all__ = ["Copy", "Line", "MissingError", "UnreachableError", "download", "forget", "read_page"]

_T = TypeVar("_T")
_BLOCK = 1 << 18
_AGENT = "pcngeo (open data download)"
_PAGE_BYTES = 8 << 20
#: A server may ask for patience (``Retry-After``), up to this many seconds.
_LONGEST_WAIT = 60.0


class MissingError(Exception):
    """There is nothing at this address."""


class UnreachableError(DataError):
    """No server answers: the fault is likely on this side."""


class _Broken(Exception):  # noqa: N818 - an event, not an error
    """It broke off; what came so far is kept."""

    def __init__(self, why: str, *, answered: bool = True, wait: float = 0.0) -> None:
        super().__init__(why)
        self.answered = answered
        self.wait = wait


@dataclass(frozen=True)
class Line:
    """How patient a download is, and whom it tells.

    Parameters
    ----------
    file
        Name of the file, for messages.
    attempts, pause, timeout
        As in `pcngeo.intake.fetch.fetch`.
    say
        Called with a sentence about how far it is.
    """

    file: str
    attempts: int
    pause: float
    timeout: float
    say: Callable[[str], None]

    def patiently(self, action: Callable[[], _T]) -> _T:
        """Do something again when it breaks off, waiting longer each time."""
        wait = self.pause
        for attempt in range(1, self.attempts + 1):
            try:
                return action()
            except _Broken as broken:
                if attempt == self.attempts:
                    raise self._gave_up(broken, attempt) from None
                seconds = max(wait, min(broken.wait, _LONGEST_WAIT))
                self.say(f"broke off ({broken}), trying again in {seconds:g} s")
                time.sleep(seconds)
                wait *= 2
        raise AssertionError("attempts is at least 1")

    def _gave_up(self, broken: _Broken, attempts: int) -> DataError:
        if not broken.answered:
            return UnreachableError(
                f"{self.file} could not be fetched: no server answers ({broken})",
                todo="Check that this computer is online; a proxy is named in HTTPS_PROXY",
            )
        times = "once" if attempts == 1 else f"{attempts} times"
        return DataError(
            f"the download of {self.file} broke off {times} ({broken})",
            todo="Run the same command again: it goes on where it stopped, or begins again",
        )


@dataclass(frozen=True)
class Copy:
    """What is known of a copy.

    Parameters
    ----------
    etag, modified
        The marks that the server gave this version (``""``: none).
    sure
        Whether the server said how long it is, so that it is known to be whole.
    unchanged
        The version that was named is still the current one, and nothing was copied.
    """

    etag: str = ""
    modified: str = ""
    sure: bool = True
    unchanged: bool = False

    @property
    def mark(self) -> str:
        """What ``If-Range`` takes: a strong tag, else the date; ``""`` for neither."""
        return self.etag if self.etag and not self.etag.startswith("W/") else self.modified


def read_page(address: str, line: Line) -> str:
    """Read a web page as text."""

    def read() -> str:
        with _open(address, {}, line) as response:
            try:
                return response.read(_PAGE_BYTES).decode("utf-8", errors="replace")
            except (OSError, HTTPException) as error:
                raise _Broken(_reason(error)) from None

    return line.patiently(read)


def download(address: str, part: Path, line: Line, unless: Copy | None = None) -> Copy:
    """Copy what is at an address to a part file, taking up a broken copy of the same version.

    Parameters
    ----------
    address
        A web address.
    part
        The file to copy to.
    line
        How patient to be.
    unless
        A version that is here already: when it is still the current one, nothing is copied.

    Returns
    -------
    Copy

    Raises
    ------
    MissingError
        When there is nothing at the address.
    DataError
        When the server refuses, keeps breaking off, or sends what cannot be unpacked.
    UnreachableError
        When no server answers.
    OutputError
        When there is no room for the file.
    """
    before = ""
    for _ in range(max(2, line.attempts)):
        copy = line.patiently(lambda: _attempt(address, part, line, unless))
        if copy.sure or copy.unchanged:
            return copy
        digest = checksum(part)
        if digest == before:
            return copy
        before = digest
        line.say("the server does not say how long it is: fetching it again to compare")
    forget(part)
    raise DataError(
        f"{line.file} came differently each time, and the server does not say how long it is",
        todo="Try again later, or fetch the file by hand from the publisher's site",
    )


def forget(part: Path) -> None:
    """Remove a part file and what is known of it."""
    part.unlink(missing_ok=True)
    _beside(part).unlink(missing_ok=True)


def _beside(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _kept(part: Path, address: str) -> tuple[int, dict[str, Any]]:
    """Return how many bytes of a copy can be taken up, and what is known of its version."""
    try:
        known = json.loads(_beside(part).read_text(encoding="utf-8"))
        here = part.stat().st_size
    except (OSError, ValueError):
        return 0, {}
    if not isinstance(known, dict) or known.get("address") != address or not known.get("mark"):
        return 0, {}
    return here, known


def _attempt(address: str, part: Path, line: Line, unless: Copy | None) -> Copy:
    """Copy the file, or the rest of it."""
    here, known = _kept(part, address)
    headers = {"Accept-Encoding": "identity"}
    if here:
        headers |= {"Range": f"bytes={here}-", "If-Range": str(known["mark"])}
    elif unless and unless.etag:
        headers["If-None-Match"] = unless.etag
    elif unless and unless.modified:
        headers["If-Modified-Since"] = unless.modified
    try:
        response = _open(address, headers, line)
    except _NotModified:
        return Copy(unchanged=True)
    except _NoSuchRange:
        forget(part)
        response = _open(address, {"Accept-Encoding": "identity"}, line)
    with response:
        copy = _copy_of(response)
        if response.status != 206:
            here = 0
        elif not _goes_on(response, here, known, copy):
            forget(part)
            raise _Broken("the server did not go on where it broke off")
        length = response.headers.get("Content-Length", "")
        total = here + int(length) if length.isdigit() else None
        _room_for(part, None if total is None else total - here)
        mark = {"address": address, "mark": copy.mark, "total": total}
        _beside(part).write_text(json.dumps(mark), encoding="utf-8")
        came = _receive(response, part, here, total, line)
    if total is not None and came < total:
        raise _Broken(f"{came:,} of {total:,} bytes came")
    _unpack(part, response.headers.get("Content-Encoding", ""), line)
    _beside(part).unlink(missing_ok=True)
    return copy


def _copy_of(response: HTTPResponse) -> Copy:
    headers = response.headers
    sure = headers.get("Content-Length", "").isdigit() or bool(response.chunked)
    return Copy(headers.get("ETag", "") or "", headers.get("Last-Modified", "") or "", sure)


def _goes_on(response: HTTPResponse, here: int, known: dict[str, Any], copy: Copy) -> bool:
    """Tell whether an answer is the rest of what is here, of the same version."""
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", response.headers.get("Content-Range", ""))
    if not found or int(found[1]) != here:
        return False
    if found[3] != "*" and int(found[2]) + 1 != int(found[3]):
        return False
    total = known.get("total")
    if found[3] != "*" and total is not None and int(found[3]) != total:
        return False
    return not copy.mark or copy.mark == known["mark"]


def _receive(response: HTTPResponse, part: Path, here: int, total: int | None, line: Line) -> int:
    """Write what comes; return how many bytes there are."""
    said = -1
    with part.open("ab" if here else "wb") as out:
        while True:
            try:
                block = response.read(_BLOCK)
            except IncompleteRead as error:
                out.write(error.partial)
                raise _Broken("the connection was closed") from None
            except (OSError, HTTPException) as error:
                raise _Broken(_reason(error)) from None
            if not block:
                return here
            out.write(block)
            here += len(block)
            if here > MAX_BYTES:
                out.close()
                forget(part)
                raise DataError(f"{line.file} is larger than any published file")
            if said < 0 or here - said >= 1 << 22:
                said = here
                of = f" of {total / 1e6:,.1f}" if total else ""
                line.say(f"{here / 1e6:,.1f}{of} MB")


def _room_for(part: Path, more: int | None) -> None:
    """Refuse a file that the disk has no room for, before it fills it."""
    free = shutil.disk_usage(part.parent).free
    if more is not None and more > free:
        raise OutputError(
            f"{part.parent}: {more / 1e6:,.0f} MB are to come and {free / 1e6:,.0f} MB are free. "
            "Choose another folder."
        )


def _unpack(part: Path, coding: str, line: Line) -> None:
    """Take off the packing that a server put around a file, though none was asked for."""
    if coding.lower() in ("", "identity"):
        return
    if coding.lower() not in ("gzip", "x-gzip"):
        forget(part)
        raise DataError(
            f"the server sent {line.file} in a packing that cannot be opened ({coding})",
            todo="Try again later, or fetch the file by hand from the publisher's site",
        )
    plain = part.with_name(f"{part.name}.plain")
    try:
        with members(part) as found, plain.open("wb") as out:
            shutil.copyfileobj(next(found)[1], out, _BLOCK)
    except BaseException:
        plain.unlink(missing_ok=True)
        forget(part)
        raise
    plain.replace(part)


class _NotModified(Exception):  # noqa: N818 - an event, not an error
    """What is here is still the current version."""


class _NoSuchRange(Exception):  # noqa: N818 - an event, not an error
    """More was asked for than there is."""


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follow a server to another address, but not out of the web, nor out of encryption."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        before, after = (urllib.parse.urlsplit(url).scheme for url in (req.full_url, newurl))
        if after not in ("http", "https") or (before == "https" and after == "http"):
            raise DataError(
                f"the server sends on from {req.full_url} to {newurl}, which is not safe to follow",
                todo="Fetch the file by hand from the publisher's site",
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _open(address: str, headers: dict[str, str], line: Line) -> HTTPResponse:
    """Ask a server, and sort its answers."""
    if urllib.parse.urlsplit(address).scheme not in ("http", "https"):
        raise DataError(f"{address} is not a web address")
    # The lint's fear is another scheme: it is http or https, which was just checked.
    request = urllib.request.Request(address, headers={"User-Agent": _AGENT, **headers})  # noqa: S310
    opener = urllib.request.build_opener(_SafeRedirects)
    try:
        return cast("HTTPResponse", opener.open(request, timeout=line.timeout))
    except urllib.error.HTTPError as error:
        with error:
            raise _refusal(error, address, line) from None
    except (OSError, HTTPException) as error:
        raise _no_answer(error, address) from None


def _refusal(error: urllib.error.HTTPError, address: str, line: Line) -> Exception:
    """Say what an answer that is no success means."""
    if error.code == 304:
        return _NotModified()
    if error.code == 416:
        return _NoSuchRange()
    if error.code in (404, 410):
        return MissingError(address)
    if error.code >= 500 or error.code in (408, 429):
        wait = error.headers.get("Retry-After", "") if error.headers else ""
        seconds = float(wait) if wait.isdigit() else 0.0
        return _Broken(f"the server answered {error.code}", wait=seconds)
    return DataError(
        f"the server refused {line.file} (answer {error.code})",
        todo=f"Open {address} in a browser to see why, and save the file from there",
    )


def _no_answer(error: Exception, address: str) -> Exception:
    reason = getattr(error, "reason", error)
    host = urllib.parse.urlsplit(address).hostname
    if isinstance(reason, ssl.SSLCertVerificationError):
        return DataError(
            f"the certificate of {host} is not trusted on this computer ({reason.verify_message})",
            todo="Behind a proxy that opens connections, name its certificate in SSL_CERT_FILE",
        )
    return _Broken(f"{host}: {_reason(reason)}", answered=False)


def _reason(error: object) -> str:
    """Say in a few words why something broke."""
    if isinstance(error, TimeoutError):
        return "the server fell silent"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).splitlines()[0][:120]
