"""Fetch from a server on this machine that breaks, cuts short, answers 404 and sends web pages."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import io
import json
import signal
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pcngeo.errors import DataError, OutputError
from pcngeo.intake import download as downloading
from pcngeo.intake.dialects import KINDS
from pcngeo.intake.download import Line, download
from pcngeo.intake.fetch import LICENCE, RECORD, SOURCES, Source, fetch

ROWS = b"".join(b"A81%03d,%d\r\n" % (i % 999, i) for i in range(40_000))
CONTENT = b"CODE,NUMBER_OF_PATIENTS\r\n" + ROWS
#: The next month's file: as long, and otherwise different.
NEXT = b"CODE,NUMBER_OF_PATIENTS\r\n" + ROWS.replace(b"A81", b"B82")


def source(*addresses: str, file: str = "lists.csv", kind: str = "", **more: Any) -> Source:
    return Source("lists", file, addresses, kind, "Say who published it in {year}.", **more)


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name.replace("_csv", ".csv")), content)
    return buffer.getvalue()


def stored_and_changed() -> bytes:
    """Return an archive in whose member a byte has flipped."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.csv"), CONTENT)
    return buffer.getvalue().replace(b"A81500", b"A81501", 1)


def test_a_file_is_fetched_whole_with_record_and_licence(publisher: Any, tmp_path: Path) -> None:
    said: list[tuple[str, str]] = []
    address = publisher.file("/lists.csv", CONTENT, modified="Thu, 01 Oct 2026 09:30:00 GMT")
    folder = tmp_path / "new" / "folder"
    made = fetch(folder, sources=[source(address)], progress=lambda *what: said.append(what))
    assert (folder / "lists.csv").read_bytes() == CONTENT
    digest = hashlib.sha256(CONTENT).hexdigest()
    row = made.iloc[0]
    assert (row["key"], row["bytes"], row["sha256"]) == ("lists", len(CONTENT), digest)
    record = json.loads((folder / RECORD).read_text())["lists"]
    assert (record["address"], record["sha256"]) == (address, digest)
    assert record["published"] == "Thu, 01 Oct 2026 09:30:00 GMT"
    licence = (folder / LICENCE).read_text()
    assert f"Say who published it in {record['fetched'][:4]}.\n    lists.csv" in licence
    assert sorted(p.name for p in folder.iterdir()) == sorted([RECORD, LICENCE, "lists.csv"])
    assert any("of 0.5 MB" in text for _, text in said)
    assert said[-1] == ("lists.csv", "complete")


@pytest.mark.parametrize("mark", [{}, {"etag": "", "modified": "Thu, 01 Oct 2026 09:30:00 GMT"},
                                 ])  # fmt: skip
def test_a_broken_download_is_taken_up_where_it_stopped(
    publisher: Any, tmp_path: Path, mark: dict[str, str]
) -> None:
    address = publisher.file("/lists.csv", CONTENT, breaks=2, **mark)
    fetch(tmp_path, sources=[source(address)], pause=0.0)
    assert (tmp_path / "lists.csv").read_bytes() == CONTENT
    half = len(CONTENT) // 2
    ranges = [at for _, at in publisher.asked]
    assert ranges[:2] == [None, f"bytes={half}-"] and len(ranges) == 3
    assert ranges[2] == f"bytes={half + (len(CONTENT) - half) // 2}-"


@pytest.mark.parametrize("how", [
    {"ranges": False}, {"etag": ""}, {"etag": 'W/"v1"'}, {"length": "chunked"}, {"coding": "gzip"},
    {"coding": "gzip", "ranges": False},
])  # fmt: skip
def test_servers_of_other_kinds_give_the_same_file(
    publisher: Any, tmp_path: Path, how: dict[str, Any]
) -> None:
    address = publisher.file("/lists.csv", CONTENT, breaks=2, **how)
    fetch(tmp_path, sources=[source(address)], pause=0.0)
    assert (tmp_path / "lists.csv").read_bytes() == CONTENT


def test_a_half_of_one_month_is_never_joined_to_the_next(publisher: Any, tmp_path: Path) -> None:
    address = publisher.file("/lists.csv", CONTENT, breaks=1, etag='"october"')
    with pytest.raises(DataError, match="broke off once"):
        fetch(tmp_path, sources=[source(address)], attempts=1, pause=0.0)
    assert (tmp_path / "lists.csv.part").read_bytes() == CONTENT[: len(CONTENT) // 2]
    publisher.file("/lists.csv", NEXT, etag='"november"')
    made = fetch(tmp_path, sources=[source(address)], pause=0.0)
    assert (tmp_path / "lists.csv").read_bytes() == NEXT
    assert made["sha256"].iloc[0] == hashlib.sha256(NEXT).hexdigest()
    assert publisher.asked[-1][1] == f"bytes={len(CONTENT) // 2}-"  # it did ask to go on


@pytest.mark.parametrize("fault", [
    {"ignores_if_range": True, "etag": '"november"'}, {"ignores_if_range": True, "shift": 10},
    {"ignores_if_range": True, "content": NEXT + b"more"},
])  # fmt: skip
def test_a_server_that_goes_on_with_something_else_is_found_out(
    publisher: Any, tmp_path: Path, fault: dict[str, Any]
) -> None:
    """Servers that do not know ``If-Range`` send the rest of whatever they have."""
    address = publisher.file("/lists.csv", CONTENT, breaks=1)
    with pytest.raises(DataError):
        fetch(tmp_path, sources=[source(address)], attempts=1, pause=0.0)
    publisher.file("/lists.csv", **{"content": NEXT, **fault})
    fetch(tmp_path, sources=[source(address)], pause=0.0)
    assert (tmp_path / "lists.csv").read_bytes() == fault.get("content", NEXT)


def test_another_address_begins_again(publisher: Any, tmp_path: Path) -> None:
    october = publisher.file("/october.csv", CONTENT, breaks=1, etag='"same"')
    with pytest.raises(DataError):
        fetch(tmp_path, sources=[source(october)], attempts=1, pause=0.0)
    november = publisher.file("/november.csv", NEXT, etag='"same"')
    fetch(tmp_path, sources=[source(november)], pause=0.0)
    assert (tmp_path / "lists.csv").read_bytes() == NEXT
    assert publisher.asked[-1] == ("/november.csv", None)


def test_a_part_that_is_longer_than_the_file_begins_again(publisher: Any, tmp_path: Path) -> None:
    address = publisher.file("/lists.csv", CONTENT, breaks=1)
    with pytest.raises(DataError):
        fetch(tmp_path, sources=[source(address)], attempts=1, pause=0.0)
    with (tmp_path / "lists.csv.part").open("ab") as part:
        part.write(bytes(len(CONTENT)))
    fetch(tmp_path, sources=[source(address)], attempts=1, pause=0.0)
    assert (tmp_path / "lists.csv").read_bytes() == CONTENT


def test_a_half_without_a_length_is_not_taken_for_the_whole(publisher: Any, tmp_path: Path) -> None:
    """Such a server closes the connection at the end, and also when it breaks."""
    address = publisher.file("/lists.csv", CONTENT, length="unsaid", etag="", breaks=1)
    said: list[str] = []
    fetch(
        tmp_path, sources=[source(address)], pause=0.0, progress=lambda _, text: said.append(text)
    )
    assert (tmp_path / "lists.csv").read_bytes() == CONTENT
    assert len(publisher.asked) == 3 and any("to compare" in text for text in said)


def test_a_half_that_comes_twice_is_found_by_its_last_row(publisher: Any, tmp_path: Path) -> None:
    address = publisher.file("/lists.csv", CONTENT, length="unsaid", etag="", breaks=9)
    with pytest.raises(DataError, match=r"only a part of lists\.csv: it ends in the middle"):
        fetch(tmp_path, sources=[source(address)], pause=0.0)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_comes_differently_each_time_is_not_kept(
    publisher: Any, tmp_path: Path
) -> None:
    address = publisher.file("/lists.csv", CONTENT, length="unsaid", etag="")
    published = publisher.answers["/lists.csv"].__self__

    def answer(handler: Any) -> None:
        published.content += b"A81001,1\r\n"
        published.answer(handler)

    publisher.answers["/lists.csv"] = answer
    with pytest.raises(DataError, match="came differently each time"):
        fetch(tmp_path, sources=[source(address)], pause=0.0)
    assert list(tmp_path.iterdir()) == []


def test_a_download_that_keeps_breaking_can_be_taken_up_later(
    publisher: Any, tmp_path: Path
) -> None:
    address = publisher.file("/lists.csv", CONTENT, breaks=2)
    with pytest.raises(
        DataError, match=r"broke off once \(\d+,\d+ of \d+,\d+ bytes came\)"
    ) as told:
        fetch(tmp_path, sources=[source(address)], attempts=1, pause=0.0)
    assert "Run the same command again" in str(told.value)
    assert not (tmp_path / "lists.csv").exists()
    fetch(tmp_path, sources=[source(address)], pause=0.0)
    assert (tmp_path / "lists.csv").read_bytes() == CONTENT
    assert not list(tmp_path.glob("*.part*"))


def test_stopped_by_hand_it_is_taken_up_later(publisher: Any, tmp_path: Path) -> None:
    content = CONTENT * 30
    address = publisher.file("/lists.csv", content)

    def stop(_: str, text: str) -> None:
        if text.startswith("8"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(tmp_path, sources=[source(address)], progress=stop)
    here = (tmp_path / "lists.csv.part").stat().st_size
    assert 8_000_000 < here < len(content)
    fetch(tmp_path, sources=[source(address)])
    assert (tmp_path / "lists.csv").read_bytes() == content
    assert publisher.asked[-1][1] == f"bytes={here}-"


STOPPED = """
import sys
from pcngeo.cli import main
from pcngeo.intake.fetch import Source, fetch
source = Source("lists", "lists.csv", (sys.argv[1],), "", "Say so.")
fetch.__kwdefaults__["sources"] = (source,)
main(["fetch", sys.argv[2]])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent otherwise on Windows")
def test_ctrl_c_says_how_to_go_on(publisher: Any, tmp_path: Path) -> None:
    """The command, stopped by hand while a server is slow: one sentence; what came is kept."""
    going = threading.Event()

    def slowly(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(CONTENT)))
        handler.send_header("ETag", '"v1"')
        handler.end_headers()
        handler.wfile.write(CONTENT[:300_000])
        handler.wfile.flush()
        going.wait(30)

    publisher.answers["/slow.csv"] = slowly
    folder = tmp_path / "got"
    part = folder / "lists.csv.part"
    with subprocess.Popen(
        [sys.executable, "-c", STOPPED, f"{publisher.base}/slow.csv", str(folder)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        for _ in range(600):
            if part.exists() and part.stat().st_size:
                break
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=30)
    going.set()
    assert child.returncode == 130, said
    assert "Traceback" not in said and "Run the same command again" in said
    assert part.stat().st_size > 200_000 and not (folder / "lists.csv").exists()


def test_what_is_here_already_is_not_downloaded_again(publisher: Any, tmp_path: Path) -> None:
    address = publisher.file("/lists.csv", CONTENT)
    first = fetch(tmp_path, sources=[source(address)])
    said: list[str] = []
    second = fetch(tmp_path, sources=[source(address)], progress=lambda _, text: said.append(text))
    assert said[-1] == "is here already, and still what is published"
    assert second.to_dict() == first.to_dict()
    (tmp_path / "lists.csv").write_bytes(b"changed by hand")
    fetch(tmp_path, sources=[source(address)])
    assert (tmp_path / "lists.csv").read_bytes() == CONTENT
    publisher.file("/lists.csv", NEXT, etag='"november"')
    fetch(tmp_path, sources=[source(address)])
    assert (tmp_path / "lists.csv").read_bytes() == NEXT


@pytest.mark.parametrize("code", [500, 503, 429, 408])
def test_a_server_that_is_busy_is_asked_again(publisher: Any, tmp_path: Path, code: int) -> None:
    publisher.file("/lists.csv", CONTENT)
    address = publisher.status("/lists.csv", code, times=2, headers={"Retry-After": "0"})
    fetch(tmp_path, sources=[source(address)], pause=0.0)
    assert (tmp_path / "lists.csv").read_bytes() == CONTENT


def test_a_server_says_how_long_to_wait(
    publisher: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(downloading.time, "sleep", waited.append)
    publisher.file("/lists.csv", CONTENT)
    address = publisher.status("/lists.csv", 429, times=1, headers={"Retry-After": "17"})
    fetch(tmp_path, sources=[source(address)], pause=1.0)
    address = publisher.status("/lists.csv", 429, times=1, headers={"Retry-After": "86400"})
    fetch(tmp_path, sources=[source(address)], pause=1.0)
    assert waited == [17.0, 60.0]


def test_nothing_at_the_address(publisher: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"not at its published address any more .*/gone\.csv"):
        fetch(tmp_path, sources=[source(f"{publisher.base}/gone.csv")], pause=0.0)
    assert not (tmp_path / "lists.csv").exists()


@pytest.mark.parametrize("first", ["gone", "error"])
def test_the_next_address_is_tried(publisher: Any, tmp_path: Path, first: str) -> None:
    """Map servers answer 200 with an error message where a layer is gone."""
    publisher.file("/error", b'{"error":{"code":400,"message":"Invalid URL"}}', etag="")
    address = publisher.file("/older.geojson", b'{"type":"FeatureCollection","features":[]}')
    addresses = (f"{publisher.base}/{first}", address)
    made = fetch(tmp_path, sources=[source(*addresses, file="areas.geojson")], pause=0.0)
    assert made["address"].tolist() == [address]


def test_a_refusal_says_what_to_do(publisher: Any, tmp_path: Path) -> None:
    address = publisher.status("/lists.csv", 403)
    with pytest.raises(DataError, match=r"refused lists\.csv \(answer 403\).*browser"):
        fetch(tmp_path, sources=[source(address)], pause=0.0)


def test_one_that_fails_does_not_hold_up_the_others(publisher: Any, tmp_path: Path) -> None:
    good = Source("map", "map.csv", (publisher.file("/map.csv", CONTENT),), "", "Say so.")
    with pytest.raises(DataError, match=r"1 of 2 files .* not at its .* The others are complete"):
        fetch(tmp_path, sources=[source(f"{publisher.base}/gone.csv"), good], pause=0.0)
    assert (tmp_path / "map.csv").read_bytes() == CONTENT
    assert list(json.loads((tmp_path / RECORD).read_text())) == ["map"]


PAGE = b"<!DOCTYPE html><html>Sign in</html>"


@pytest.mark.parametrize(("content", "what", "file"), [
    (PAGE, r"the server sent a web page \(HTML\) instead of lists\.csv", "lists.csv"),
    (b"", r"the server sent an empty file instead of lists\.csv", "lists.csv"),
    (b"PK\x03\x04", r"the server sent zip instead of lists\.csv", "lists.csv"),
    (b"a,b\n", r"the server sent text instead of points\.zip", "points.zip"),
    (zipped(a_csv=CONTENT)[:-900], r"archive that came for points\.zip is damaged", "points.zip"),
    (stored_and_changed(), r"archive that came for points\.zip is damaged", "points.zip"),
    (b'{"error":{"code":400}}', "the server sent an error message", "areas.geojson"),
    (b'{"type":"FeatureCollection","features":[],"exceededTransferLimit":true}',
     r"only a part of areas\.geojson", "areas.geojson"),
])  # fmt: skip
def test_something_else_than_the_file_is_not_kept(
    publisher: Any, tmp_path: Path, content: bytes, what: str, file: str
) -> None:
    (tmp_path / file).write_bytes(b"the file of last month")
    address = publisher.file("/x", bytes(content))
    with pytest.raises(DataError, match=what):
        fetch(tmp_path, sources=[source(address, file=file)], pause=0.0)
    assert [p.name for p in tmp_path.iterdir()] == [file]
    assert (tmp_path / file).read_bytes() == b"the file of last month"


@pytest.mark.parametrize(("content", "what"), [
    (b"PRACTICE_CODE,PRACTICE_NAME,PCN_CODE,CCG_CODE,CCG_NAME\r\nA81001,X,U1,99Z,Y\r\n",
     r"what came for lists\.csv is a practice-to-PCN map .*, not a file of list sizes"),
    (b"Sorry, we are rebuilding this report.\r\n",
     r"what came for lists\.csv is not a file of list sizes .*its first line is 'Sorry"),
    (b"CODE,NUMBER_OF_PATIENTS,EXTRACT_DATE\r\nA81001,lots,01JAN2026\r\n",
     r"what came for lists\.csv is not a file of list sizes .* row 2, column NUMBER_OF_PATIENTS"),
])  # fmt: skip
def test_a_table_that_is_not_of_its_kind_is_not_kept(
    publisher: Any, tmp_path: Path, content: bytes, what: str
) -> None:
    address = publisher.file("/x", content)
    with pytest.raises(DataError, match=what) as told:
        fetch(tmp_path, sources=[source(address, kind="lists")], pause=0.0)
    assert ".part" not in str(told.value)
    assert list(tmp_path.iterdir()) == []


def test_a_packing_that_cannot_be_opened(publisher: Any, tmp_path: Path) -> None:
    address = publisher.file("/lists.csv", CONTENT, coding="br")
    with pytest.raises(DataError, match=r"in a packing that cannot be opened \(br\)"):
        fetch(tmp_path, sources=[source(address)], pause=0.0)
    assert list(tmp_path.iterdir()) == []


def test_the_newest_issue_that_has_the_file_is_found(publisher: Any, tmp_path: Path) -> None:
    """Months to come are listed too, without files; the same month may be linked twice."""
    months = ["december-2025", "january-2026", "february-2025", "january-2026", "march-2026"]
    publisher.page("/patients", *(f"/patients/{month}" for month in months), "/patients/sometime")
    publisher.page("/patients/march-2026", "/about")
    link = "/files/AB/GP-reg-pat-prac-all.ZIP?v=1&amp;w=2"
    publisher.page("/patients/january-2026", link, "/files/AC/other.csv")
    publisher.file("/files/AB/GP-reg-pat-prac-all.ZIP", zipped(lists_csv=CONTENT))
    page = source(f"{publisher.base}/patients", issues=r"/patients/([a-z]+-20\d\d)$",
                  links=(r"prac-none\.csv$", r"/gp-reg-pat-prac-all[^/]*\.(csv|zip)$"))  # fmt: skip
    made = fetch(tmp_path, pause=0.0, sources=[page])
    found = f"{publisher.base}/files/AB/GP-reg-pat-prac-all.ZIP?v=1&w=2"
    assert made[["file", "address"]].to_numpy().tolist() == [["lists.zip", found]]
    assert [path for path, _ in publisher.asked[1:3]] == ["/patients/march-2026",
                                                          "/patients/january-2026"]  # fmt: skip


def test_the_newest_item_of_a_catalogue_is_found(publisher: Any, tmp_path: Path) -> None:
    """ONSPD: a new item each quarter, beside guides and notes of like names."""
    months = ["(May 2026) for the UK", "(August 2026)", "(November 2025) for the UK", "(Soon)",
              "(November 2026) User Guide"]  # fmt: skip
    results = [
        {"id": f"{i:032x}", "title": f"ONS Postcode Directory {month}"}
        for i, month in enumerate(months)
    ]
    content = zipped(onspd_csv=b"pcds,dointr,doterm,lat,long\nE1 4DG,198001,,51.5,0\n")
    publisher.file("/sharing/rest/search", json.dumps({"results": results}).encode())
    publisher.file(f"/sharing/rest/content/items/{1:032x}/data", content)
    entry = next(s for s in SOURCES if s.key == "onspd")
    search = publisher.base + urllib.parse.urlsplit(entry.addresses[0]).path + "?q=x"
    made = fetch(tmp_path, pause=0.0, sources=[dataclasses.replace(entry, addresses=(search,))])
    address = f"{publisher.base}/sharing/rest/content/items/{1:032x}/data"
    assert made[["file", "address"]].to_numpy().tolist() == [["ONSPD.zip", address]]
    assert (tmp_path / "ONSPD.zip").read_bytes() == content
    assert "Royal Mail" in (tmp_path / LICENCE).read_text()


@pytest.mark.parametrize("answer", [
    b"<html></html>", b'{"error": {"code": 400}}', b'{"results": [{"title": "Other", "id": "x"}]}',
    b'{"results": [{"title": "ONS Postcode Directory (May 2026)", "id": "../../x"}]}',
])  # fmt: skip
def test_a_catalogue_that_has_nothing(publisher: Any, tmp_path: Path, answer: bytes) -> None:
    address = publisher.file("/search", answer)
    entry = next(s for s in SOURCES if s.key == "onspd")
    with pytest.raises(DataError, match=r"not at its published address any more .* by hand"):
        fetch(tmp_path, pause=0.0, sources=[dataclasses.replace(entry, addresses=(address,))])


def test_a_page_without_the_link(publisher: Any, tmp_path: Path) -> None:
    address = publisher.page("/patients", "/moved")
    with pytest.raises(DataError, match="not at its published address"):
        fetch(tmp_path, sources=[source(address, links=("all.csv$",))], pause=0.0)


def test_a_link_out_of_the_web_is_not_followed(publisher: Any, tmp_path: Path) -> None:
    address = publisher.page("/patients", "file:///etc/all.csv")
    with pytest.raises(DataError, match="not a web address"):
        fetch(tmp_path, sources=[source(address, links=("all.csv$",))], pause=0.0)


def test_a_server_may_send_on(publisher: Any, tmp_path: Path) -> None:
    publisher.file("/store/lists.csv", CONTENT, breaks=1)
    address = publisher.status("/get", 302, headers={"Location": "/store/lists.csv"})
    fetch(tmp_path, sources=[source(address)], pause=0.0)
    assert (tmp_path / "lists.csv").read_bytes() == CONTENT
    assert publisher.asked[-1] == ("/store/lists.csv", f"bytes={len(CONTENT) // 2}-")


def test_but_not_out_of_the_web_nor_out_of_encryption(publisher: Any, tmp_path: Path) -> None:
    address = publisher.status("/get", 302, headers={"Location": "ftp://example.org/lists.csv"})
    with pytest.raises(DataError, match="not safe to follow"):
        fetch(tmp_path, sources=[source(address)], pause=0.0)
    request = urllib.request.Request("https://example.org/lists.csv")
    with pytest.raises(DataError, match="not safe to follow"):
        downloading._SafeRedirects().redirect_request(
            request, None, 302, "", {}, "http://example.org/lists.csv"
        )


def test_a_server_that_falls_silent(publisher: Any, tmp_path: Path) -> None:
    def answer(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"CODE,")
        handler.wfile.flush()
        handler.rfile.read(1)  # until the other side gives up

    publisher.answers["/lists.csv"] = answer
    with pytest.raises(DataError, match=r"broke off 2 times \(the server fell silent\)"):
        fetch(tmp_path, sources=[source(f"{publisher.base}/lists.csv")], attempts=2, pause=0.0,
              timeout=0.1)  # fmt: skip


def test_no_server_at_all(tmp_path: Path) -> None:
    """Nothing answers: no sense in trying the others."""
    several = [source("http://127.0.0.1:9/x"), source("http://127.0.0.1:9/y", file="other.csv")]
    said: list[str] = []
    with pytest.raises(DataError, match=r"^lists\.csv could not be fetched: no server answers "
                       r"\(127\.0\.0\.1: Connection refused\)\. Check that .* online"):  # fmt: skip
        fetch(tmp_path, sources=several, attempts=2, pause=0.0,
              progress=lambda file, _: said.append(file))  # fmt: skip
    assert set(said) == {"lists.csv"}


def test_a_certificate_that_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = ssl.SSLCertVerificationError(1, "certificate verify failed")
    fault.verify_message = "self-signed certificate in certificate chain"

    def refuses(*_: object, **__: object) -> None:
        raise urllib.error.URLError(fault)

    monkeypatch.setattr(urllib.request.OpenerDirector, "open", refuses)
    with pytest.raises(
        DataError, match=r"certificate of example\.org is not trusted .*self-signed"
    ):
        fetch(tmp_path, sources=[source("https://example.org/lists.csv")], pause=0.0)


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


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_disk_that_fills_up(publisher: Any, tmp_path: Path) -> None:
    (tmp_path / "lists.csv.part").symlink_to("/dev/full")
    address = publisher.file("/lists.csv", CONTENT)
    with pytest.raises(OutputError, match=r"cannot be written \(No space left on device\)"):
        fetch(tmp_path, sources=[source(address)], pause=0.0)


def test_a_disk_without_room_is_not_filled(publisher: Any, tmp_path: Path) -> None:
    publisher.answers["/x"] = lambda handler: (
        handler.send_response(200),
        handler.send_header("Content-Length", str(10**17)),
        handler.end_headers(),
    )
    with pytest.raises(OutputError, match="100,000,000,000 MB are to come"):
        fetch(tmp_path, sources=[source(f"{publisher.base}/x")], pause=0.0)


def test_a_file_that_never_ends_is_stopped(
    publisher: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloading, "MAX_BYTES", 100_000)
    address = publisher.file("/lists.csv", CONTENT, length="unsaid")
    with pytest.raises(DataError, match="larger than any published file"):
        fetch(tmp_path, sources=[source(address)], pause=0.0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"lists": 1}'])
def test_a_record_that_cannot_be_read_is_begun_again(
    publisher: Any, tmp_path: Path, text: str
) -> None:
    (tmp_path / RECORD).write_text(text)
    (tmp_path / "lists.csv.part").write_bytes(b"what was this")
    (tmp_path / "lists.csv.part.json").write_text(text)
    address = publisher.file("/lists.csv", CONTENT)
    fetch(tmp_path, sources=[source(address)])
    assert (tmp_path / "lists.csv").read_bytes() == CONTENT
    assert list(json.loads((tmp_path / RECORD).read_text())) == ["lists"]


def test_any_break_gives_the_same_bytes(publisher: Any, tmp_path: Path) -> None:
    """However the line breaks, a copy is whole or there is none."""
    line = Line("x", 12, 0.0, 5.0, lambda text: None)
    for length in ("said", "chunked", "unsaid"):
        for etag in ('"v1"', ""):
            for breaks in range(5):
                content = CONTENT[: 90_000 + breaks]
                address = publisher.file("/x", content, length=length, etag=etag, breaks=breaks,
                                             drifts=9)  # fmt: skip
                download(address, tmp_path / "x.part", line)
                assert (tmp_path / "x.part").read_bytes() == content, (length, etag, breaks)
                assert [p.name for p in tmp_path.iterdir()] == ["x.part"]


def test_the_table_of_sources() -> None:
    assert len({s.key for s in SOURCES}) == len({s.file for s in SOURCES}) == len(SOURCES)
    for entry in SOURCES:
        assert all(address.startswith("https://") for address in entry.addresses)
        assert "icence" in entry.licence or "Crown copyright" in entry.licence
        assert entry.kind in KINDS


SAMPLE = {
    "lists": "gp-reg-pat-prac-all.csv", "membership": "gp-reg-pat-prac-map.csv",
    "organisations": "epraccur.csv", "boundaries": "boundaries.geojson",
    "registrations": "gp-reg-pat-prac-lsoa-all.csv", "deprivation": "imd.csv",
}  # fmt: skip
REAL = {
    "lists": "2022-01/gp-reg-pat-prac-all.csv.gz",
    "membership": "2022-01/gp-reg-pat-prac-map.csv.gz",
    "organisations": "2022-07/epraccur_2023-01.csv.gz",
    "postcodes": "geography/codepo_subset_2025.csv.gz",
    "boundaries": "geography/ccg21.geojson.gz",
    "registrations": "2022-07/gp-reg-pat-prac-lsoa-all_2022-07.csv.gz",
}


def publish(publisher: Any, contents: dict[str, bytes]) -> list[Source]:
    """Publish files as the real publishers do: months on pages, zipped; the line breaks twice."""
    made, links = [], []
    for entry in (s for s in SOURCES if s.key in contents):
        content = contents[entry.key]
        name = entry.file
        if entry.links:
            stem = "gp-reg-pat-prac-lsoa-2021-male-female-Oct-25" if entry.key == "registrations" \
                else Path(entry.file).stem  # fmt: skip
            name = f"{stem}.zip"
            links.append(f"/files/{name}")
        if name.endswith(".zip"):
            content = zipped(**{f"{Path(entry.file).stem}_csv": content})
        publisher.file(f"/files/{name}", content, breaks=2)
        page = f"{publisher.base}/patients-registered-at-a-gp-practice"
        address = page if entry.links else f"{publisher.base}/files/{name}"
        made.append(Source(entry.key, entry.file, (address,), entry.kind, entry.licence,
                           entry.links, entry.issues))  # fmt: skip
    base = "/patients-registered-at-a-gp-practice"
    publisher.page(base, f"{base}/october-2025", f"{base}/november-2025")
    publisher.page(f"{base}/october-2025", *links)
    publisher.page(f"{base}/november-2025")
    return made


def fetched_files_are_the_published_ones(
    publisher: Any, folder: Path, contents: dict[str, bytes]
) -> dict[str, dict[str, Any]]:
    """Fetch everything over a line that breaks; every byte must come, and be recorded."""
    table = fetch(folder, sources=publish(publisher, contents), pause=0.0).set_index("key")
    for key, content in contents.items():
        came = folder / table.loc[key, "file"]
        if came.suffix == ".zip":
            with zipfile.ZipFile(came) as archive:
                assert [archive.read(info) for info in archive.infolist()] == [content]
        else:
            assert came.read_bytes() == content
        assert hashlib.sha256(came.read_bytes()).hexdigest() == table.loc[key, "sha256"]
    found: dict[str, dict[str, Any]] = table[["vintage", "rows"]].to_dict("index")
    return found


def test_the_files_of_the_sample_over_a_bad_line(
    publisher: Any, sample: Path, tmp_path: Path
) -> None:
    contents = {key: (sample / file).read_bytes() for key, file in SAMPLE.items()}
    found = fetched_files_are_the_published_ones(publisher, tmp_path, contents)
    assert found["lists"] == {"vintage": "2026-01-01", "rows": 69}
    assert found["boundaries"] == {"vintage": "SICBL 2023", "rows": 2}


@pytest.mark.real
def test_real_files_over_a_bad_line(publisher: Any, shared: Path, tmp_path: Path) -> None:
    contents = {
        key: gzip.decompress((shared / "published" / file).read_bytes())
        for key, file in REAL.items()
    }
    found = fetched_files_are_the_published_ones(publisher, tmp_path, contents)
    assert found["lists"] == {"vintage": "2022-01-01", "rows": 6_527}
    assert found["membership"] == {"vintage": "2022-01-01", "rows": 6_527}
    assert found["boundaries"] == {"vintage": "CCG 2021", "rows": 106}
    assert found["registrations"]["rows"] == 865_965


@pytest.mark.real
@pytest.mark.parametrize("key", ["lists", "organisations", "boundaries"])
def test_a_real_file_of_another_kind_is_refused(
    publisher: Any, shared: Path, tmp_path: Path, key: str
) -> None:
    """Each real file, sent instead of another one: named for what it is, and not kept."""
    other = "organisations" if key != "organisations" else "lists"
    content = gzip.decompress((shared / "published" / REAL[key]).read_bytes())
    address = publisher.file("/x", content)
    wanted = Source(other, "wanted.csv", (address,), other, "Say so.")
    with pytest.raises(DataError, match=r"wanted\.csv"):
        fetch(tmp_path, sources=[wanted], pause=0.0)
    assert list(tmp_path.iterdir()) == []
