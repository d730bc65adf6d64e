"""Open what was published: plain, gzip or zip, any encoding, never trusting an archive.

Nothing is unpacked to a path that an archive names. A member that is too large, or that unpacks to
far more than its size, is refused before it can fill the memory. What a file is, is judged by its
bytes, not by its name.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

from pcngeo.errors import DataError, examples

__all__ = [
    "DAMAGE",
    "MAX_TABLE_BYTES",
    "Path_",
    "checksum",
    "looks_like",
    "members",
    "open_file",
    "read_member",
    "read_whole",
    "safe_members",
]

Path_ = str | Path
#: No member of an archive may unpack to more than this (a full ONSPD has 1.2 GB).
MAX_BYTES = 4 * 1024**3
#: Nor to more than this many times its packed size, once it is larger than `RATIO_FROM`.
MAX_RATIO = 200
RATIO_FROM = 64 * 1024**2
#: A table that is read whole may have at most this many bytes.
MAX_TABLE_BYTES = 512 * 1024**2
MAX_MEMBERS = 10_000
#: What the standard library raises on damaged archives, according to where the damage is.
DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, RuntimeError, OSError,
          EOFError, ValueError, KeyError, IndexError)  # fmt: skip
_HEAD = 4096
_BLOCK = 1 << 20
_MAGIC = (
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"SQLite format 3\x00", "gpkg"),
    (b"\x00\x00\x27\x0a", "shp"),
    (b"%PDF", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook of the old kind (.xls) or with a password"),
    (b"PAR1", "a Parquet file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x89PNG", "a picture"),
)


class _Guarded(io.RawIOBase):
    """A stream that stops when it gives more bytes than an honest file would."""

    def __init__(self, stream: IO[bytes], packed: int, file: str) -> None:
        self._stream = stream
        self._allowed = _allowed(packed)
        self._file = file
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast("bytearray", buffer))
        try:
            data = self._stream.read(min(len(view), _BLOCK))  # so that the count is never late
        except DAMAGE as error:
            raise DataError(
                f"the archive is damaged ({error})",
                file=self._file,
                todo="Fetch the file again",
            ) from None
        self._count += len(data)
        if self._count > self._allowed:
            raise _too_large(self._file)
        view[: len(data)] = data
        return len(data)


def _too_large(file: str) -> DataError:
    return DataError(
        "the archive unpacks to more than any published file holds, and was not read",
        file=file,
        todo="Check where it comes from, or unpack it yourself",
    )


def checksum(path: Path_) -> str:
    """SHA-256 of a file as it lies on the disk, in hexadecimal.

    Of a folder: of the list of its tables, a line each, as ``sha256sum`` writes them.
    """
    path = Path(path)
    digest = hashlib.sha256()
    if path.is_dir():
        for file in _tables(path):
            line = f"{checksum(file)}  {file.relative_to(path).as_posix()}\n"
            digest.update(line.encode())
        return digest.hexdigest()
    with open_file(path) as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def open_file(path: Path) -> BinaryIO:
    """Open a file for reading bytes, or say why it cannot be opened."""
    if not path.exists():
        near = sorted(path.parent.glob(f"{path.name[:3]}*")) if path.parent.is_dir() else []
        todo = f"Nearby: {examples(p.name for p in near)}" if near else "Check the path"
        raise DataError("there is no such file", file=path, todo=todo)
    if path.is_dir():
        raise DataError("this is a folder, not a file", file=path, todo="Name a file in it")
    try:
        return path.open("rb")
    except OSError as error:
        raise DataError(f"the file cannot be read ({error.strerror})", file=path) from None


def read_whole(stream: BinaryIO, limit: int = MAX_TABLE_BYTES) -> bytes:
    """Read a stream to its end, but not further than one byte above a limit.

    Asked for so many bytes at once, Python would set aside room for all of them.
    """
    blocks, left = [], limit + 1
    while left > 0 and (block := stream.read(min(left, _BLOCK))):
        blocks.append(block)
        left -= len(block)
    return b"".join(blocks)


def read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Read a member of an archive, a block at a time: one that lies about its size is cut off.

    `zipfile.ZipFile.read` unpacks all that a member holds before it looks at what it says to hold.
    """
    with archive.open(info) as stream:
        return read_whole(cast("BinaryIO", stream))


def looks_like(head: bytes) -> str:
    """Say what the first bytes of a file are: a container, ``"text"``, ``"json"``, or a phrase.

    Examples
    --------
    >>> looks_like(b"<!DOCTYPE html>"), looks_like(b"CODE,POSTCODE"), looks_like(b"%PDF-1.7")
    ('a web page (HTML)', 'text', 'a PDF document')
    """
    for magic, what in _MAGIC:
        if head.startswith(magic):
            return what
    if not head:
        return "an empty file"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "text"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        return "a web page (HTML)" if b"html" in start else "an XML file"
    if start.startswith((b"{", b"[")):
        return "json"
    return "a binary file" if b"\x00" in head else "text"


@contextmanager
def members(path: Path_) -> Iterator[Iterator[tuple[str, BinaryIO]]]:
    """Open the files behind a path: itself, what gzip holds, or what a zip or folder holds.

    Parameters
    ----------
    path
        A plain file, ``.gz``, ``.zip``, or a folder (its ``.csv`` files, also in its folders).

    Yields
    ------
    iterator of (str, binary stream)
        Name and content of each file; a stream is read before the next one is asked for.

    Raises
    ------
    DataError
        When it is missing, damaged, too large, or names paths outside its own folder.
    """
    path = Path(path)
    if path.is_dir():
        yield _from_folder(path)
        return
    with open_file(path) as stream:
        head = stream.read(_HEAD)
        stream.seek(0)
        what = looks_like(head)
        if what == "gzip":
            packed = path.stat().st_size
            unpacked = _Guarded(cast("IO[bytes]", gzip.GzipFile(fileobj=stream)), packed, path.name)
            yield iter([(path.name, cast("BinaryIO", io.BufferedReader(unpacked, 1 << 20)))])
        elif what == "zip":
            yield _from_zip(stream, path.name)
        else:
            yield iter([(path.name, stream)])


def _from_folder(path: Path) -> Iterator[tuple[str, BinaryIO]]:
    for file in _tables(path):
        with file.open("rb") as stream:
            yield file.name, stream


def _tables(path: Path) -> list[Path]:
    found = [p for p in path.rglob("*") if p.suffix.lower() == ".csv" and p.is_file()]
    if not found:
        raise DataError("the folder holds no .csv file", file=path.resolve().name)
    return sorted(found, key=lambda p: p.relative_to(path).as_posix())


def _from_zip(stream: BinaryIO, name: str) -> Iterator[tuple[str, BinaryIO]]:
    try:
        archive = zipfile.ZipFile(stream)
    except DAMAGE as error:
        raise DataError(
            f"the zip archive is damaged ({error})", file=name, todo="Fetch the file again"
        ) from None
    with archive:
        for info in _once(safe_members(archive, name)):
            try:
                member = archive.open(info)
            except DAMAGE as error:
                raise DataError(
                    f"{info.filename} cannot be unpacked ({error})",
                    file=name,
                    todo="Unpack it yourself and give the file inside",
                ) from None
            guarded = _Guarded(member, info.compress_size, name)
            yield Path(info.filename).name, cast("BinaryIO", io.BufferedReader(guarded, 1 << 20))


def _once(infos: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """Leave out the parts of a directory that is in the archive as a whole, too (ONSPD, NSPL)."""
    tables = [i for i in infos if i.filename.lower().endswith(".csv")]
    parts = {i.filename for i in tables if "/multi_csv/" in f"/{i.filename.lower()}"}
    stems = {Path(i.filename).stem for i in tables if i.filename not in parts}
    whole = [p for p in parts if any(Path(p).stem.startswith(f"{stem}_") for stem in stems)]
    return [i for i in infos if i.filename not in whole]


def safe_members(archive: zipfile.ZipFile, name: str) -> list[zipfile.ZipInfo]:
    """List the files of a zip archive, refusing one that is built to do harm."""
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > MAX_MEMBERS:
        raise DataError(f"the archive holds {len(infos):,} files, and was not read", file=name)
    length = _length(archive)
    for info in infos:
        parts = info.filename.replace("\\", "/").split("/")
        if ".." in parts or info.filename.startswith(("/", "\\")) or ":" in parts[0]:
            raise DataError(
                f"the archive names a path outside its own folder ({info.filename!r}), "
                "and was not read",
                file=name,
                todo="Check where it comes from",
            )
        if stat.S_ISLNK(info.external_attr >> 16):
            raise DataError(
                f"the archive holds a link to another file ({info.filename!r}), and was not read",
                file=name,
                todo="Check where it comes from",
            )
        if info.file_size > _allowed(min(info.compress_size, length)):
            raise _too_large(name)
    # Members may share their packed bytes, so that each is modest and all together are not.
    if sum(info.file_size for info in infos) > max(RATIO_FROM, length * MAX_RATIO):
        raise _too_large(name)
    return [i for i in infos if not i.filename.startswith("__MACOSX/")]


def _length(archive: zipfile.ZipFile) -> int:
    """Bytes of an archive as it lies there, whatever it says of itself."""
    stream = archive.fp
    if stream is None:
        return 0
    at = stream.tell()
    length = stream.seek(0, os.SEEK_END)
    stream.seek(at)
    return length


def _allowed(packed: int) -> int:
    """Bytes that so many packed bytes may honestly unpack to."""
    return min(MAX_BYTES, max(RATIO_FROM, packed * MAX_RATIO))
