"""Fetch from a server on this machine that breaks, cuts short, answers 404 and sends web pages."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pcngeo.errors import DataError, OutputError
from pcngeo.intake.fetch import LICENCE, RECORD, SOURCES, Source, fetch

CONTENT = b"CODE,NUMBER_OF_PATIENTS\n" + b"A81001,8000\n" * 40_000


class Publisher:
    """What the server does at each path, and what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.base = ""

    def file(
        self, path: str, content: bytes = CONTENT, *, breaks: int = 0, ranges: bool = True
    ) -> str:
        """Serve a file; break the connection half-way the first `breaks` times."""
        left = [breaks]

        def answer(handler: BaseHTTPRequestHandler) -> None:
            asked = handler.headers.get("Range")
            start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and ranges else 0
            body = content[start:]
            handler.send_response(206 if start else 200)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            if left[0] > 0:
                left[0] -= 1
                handler.wfile.write(body[: len(body) // 2])
                handler.close_connection = True
                return
            handler.wfile.write(body)

        self.answers[path] = answer
        return self.base + path

    def status(self, path: str, code: int, times: int = 10**9) -> str:
        after = self.answers.get(path)
        left = [times]

        def answer(handler: BaseHTTPRequestHandler) -> None:
            if left[0] <= 0 and after:
                after(handler)
                return
            left[0] -= 1
            handler.send_response(code)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        self.answers[path] = answer
        return self.base + path


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    made = Publisher()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.split("?")[0]
            made.asked.append((path, self.headers.get("Range")))
            answer = made.answers.get(path)
            if answer is None:
                self.send_error(404)
            else:
                answer(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.base = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()


def source(*addresses: str, kind: str = "text", **more: str) -> Source:
    return Source("lists", "lists.csv", addresses, kind, "Say who published it.", **more)


def test_a_file_is_fetched_whole_with_record_and_licence(
    publisher: Publisher, tmp_path: Path
) -> None:
    said: list[str] = []
    address = publisher.file("/lists.csv")
    made = fetch(tmp_path / "new" / "folder", sources=[source(address)],
                 progress=lambda stage, text: said.append(text))  # fmt: skip
    folder = tmp_path / "new" / "folder"
    assert (folder / "lists.csv").read_bytes() == CONTENT
    digest = hashlib.sha256(CONTENT).hexdigest()
    row = made.iloc[0]
    assert (row["key"], row["bytes"], row["sha256"]) == ("lists", len(CONTENT), digest)
    record = json.loads((folder / RECORD).read_text())
    assert record["lists"]["address"] == address and record["lists"]["sha256"] == digest
    assert "Say who published it." in (folder / LICENCE).read_text()
    assert sorted(p.name for p in folder.iterdir()) == sorted([RECORD, LICENCE, "lists.csv"])
    assert any("of 0.5 MB" in text for text in said) and said[-1] == "lists.csv: complete"


@pytest.mark.parametrize("ranges", [True, False])
def test_a_broken_download_is_taken_up_where_it_stopped(
    publisher: Publisher, tmp_path: Path, ranges: bool
) -> None:
    address = publisher.file("/lists.csv", breaks=2, ranges=ranges)
    fetch(tmp_path, sources=[source(address)], pause=0.0)
    assert (tmp_path / "lists.csv").read_bytes() == CONTENT
    asked = [at for _, at in publisher.asked]
    assert len(asked) == 3 and asked[0] is None
    assert asked[1] == f"bytes={len(CONTENT) // 2}-"


def test_a_download_that_keeps_breaking_can_be_taken_up_later(
    publisher: Publisher, tmp_path: Path
) -> None:
    address = publisher.file("/lists.csv", breaks=2)
    with pytest.raises(DataError, match=r"broke off 1 times .*goes on where it stopped"):
        fetch(tmp_path, sources=[source(address)], attempts=1, pause=0.0)
    assert not (tmp_path / "lists.csv").exists()
    assert (tmp_path / "lists.csv.part").stat().st_size == len(CONTENT) // 2
    fetch(tmp_path, sources=[source(address)], pause=0.0)
    assert (tmp_path / "lists.csv").read_bytes() == CONTENT
    assert not (tmp_path / "lists.csv.part").exists()


def test_a_server_that_is_busy_is_asked_again(publisher: Publisher, tmp_path: Path) -> None:
    publisher.file("/lists.csv")
    address = publisher.status("/lists.csv", 503, times=2)
    fetch(tmp_path, sources=[source(address)], pause=0.0)
    assert (tmp_path / "lists.csv").read_bytes() == CONTENT


def test_nothing_at_the_address(publisher: Publisher, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"not at its published address any more .*/gone\.csv"):
        fetch(tmp_path, sources=[source(f"{publisher.base}/gone.csv")], pause=0.0)
    assert not (tmp_path / "lists.csv").exists()


def test_the_next_address_is_tried(publisher: Publisher, tmp_path: Path) -> None:
    address = publisher.file("/older.csv")
    made = fetch(tmp_path, sources=[source(f"{publisher.base}/gone.csv", address)], pause=0.0)
    assert made["address"].tolist() == [address]


def test_a_refusal_says_what_to_do(publisher: Publisher, tmp_path: Path) -> None:
    address = publisher.status("/lists.csv", 403)
    with pytest.raises(DataError, match=r"refused lists\.csv \(answer 403\).*browser"):
        fetch(tmp_path, sources=[source(address)], pause=0.0)


@pytest.mark.parametrize(("content", "what", "kind"), [
    (b"<!DOCTYPE html><html>Sign in</html>", r"a web page \(HTML\)", "text"),
    (b"", "an empty file", "text"), (b"PK\x03\x04", "zip", "text"), (b"a,b\n", "text", "zip"),
    (b'{"error":{"code":400}}', "an error message", "json"),
])  # fmt: skip
def test_something_else_than_the_file_is_not_kept(
    publisher: Publisher, tmp_path: Path, content: bytes, what: str, kind: str
) -> None:
    address = publisher.file("/lists.csv", content)
    with pytest.raises(DataError, match=f"the server sent {what} instead of lists.csv"):
        fetch(tmp_path, sources=[source(address, kind=kind)], pause=0.0)
    assert list(tmp_path.iterdir()) == []


def test_an_older_file_stays_until_the_new_one_is_complete(
    publisher: Publisher, tmp_path: Path
) -> None:
    (tmp_path / "lists.csv").write_bytes(b"old")
    address = publisher.file("/lists.csv", breaks=9)
    with pytest.raises(DataError):
        fetch(tmp_path, sources=[source(address)], attempts=2, pause=0.0)
    assert (tmp_path / "lists.csv").read_bytes() == b"old"


def test_the_newest_issue_is_found_on_the_publishers_pages(
    publisher: Publisher, tmp_path: Path
) -> None:
    months = ["december-2025", "january-2026", "february-2025"]
    page = "".join(f'<a href="/patients/{month}">{month}</a>' for month in months)
    publisher.file("/patients", f"<html>{page}</html>".encode())
    publisher.file(
        "/patients/january-2026", b"<a HREF='/files/AB/gp-reg-pat-prac-all.csv?v=1&amp;w=2'>x</a>"
    )
    publisher.file("/files/AB/gp-reg-pat-prac-all.csv")
    made = fetch(
        tmp_path, pause=0.0,
        sources=[source(f"{publisher.base}/patients", link=r"gp-reg-pat-prac-all\.csv$",
                        issues=r"/patients/([a-z]+-20\d\d)$")],
    )  # fmt: skip
    assert made["address"].tolist() == [
        f"{publisher.base}/files/AB/gp-reg-pat-prac-all.csv?v=1&w=2"
    ]


def test_a_page_without_the_link(publisher: Publisher, tmp_path: Path) -> None:
    address = publisher.file("/patients", b"<html>Moved</html>")
    with pytest.raises(DataError, match="not at its published address"):
        fetch(tmp_path, sources=[source(address, link="all.csv$")], pause=0.0)


def test_no_server_at_all(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="broke off 2 times"):
        fetch(tmp_path, sources=[source("http://127.0.0.1:9/x")], attempts=2, pause=0.0)


def test_only_web_addresses(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not a web address"):
        fetch(tmp_path, sources=[source("file:///etc/passwd")], pause=0.0)


def test_a_wrong_key_offers_the_right_ones(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no official file named list\. Choose from lists, "):
        fetch(tmp_path, ["list"])


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        fetch(tmp_path / "file", sources=[source("http://127.0.0.1:9/x")])


def test_the_table_of_sources() -> None:
    assert len({s.key for s in SOURCES}) == len({s.file for s in SOURCES}) == len(SOURCES)
    for entry in SOURCES:
        assert all(address.startswith("https://") for address in entry.addresses)
        assert "icence" in entry.licence or "Crown copyright" in entry.licence
