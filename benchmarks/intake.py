"""Time and memory of the intake on whole-England files and a full-size postcode directory.

    python benchmarks/intake.py                       a made directory and made lists
    python benchmarks/intake.py --published FOLDER    published files of FOLDER as well

A directory of 2.7 million rows and 53 columns (about 1.2 GB) is written once to a temporary folder
(or to ``--keep``). Each case runs in a process of its own, so that its peak memory is its own; the
same questions are put to plain pandas with ``usecols``, and to pandas reading everything. On a busy
machine the processor's seconds tell more than the clock's.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

HEADER = (
    "pcd,pcd2,pcds,dointr,doterm,oscty,ced,oslaua,osward,parish,usertype,oseast1m,osnrth1m,"
    "osgrdind,oshlthau,nhser,ctry,rgn,streg,pcon,eer,teclec,ttwa,pct,itl,statsward,oa01,casward,"
    "park,lsoa01,msoa01,ur01ind,oac01,oa11,lsoa11,msoa11,wz11,sicbl,bua11,buasd11,ru11ind,oac11,"
    "lat,long,lep1,lep2,pfa,imd,calncv,icb,oa21,lsoa21,msoa21"
)
FILL = ",".join(["E99999999"] * 28)
LETTERS = "ABDEFGHJLNPQRSTUWXYZ"

PROBE = """
import json, resource, sys, time
start = time.perf_counter()
{body}
used = resource.getrusage(resource.RUSAGE_SELF)
seconds, cpu = time.perf_counter() - start, used.ru_utime + used.ru_stime
made = {{"seconds": round(seconds, 1), "cpu_seconds": round(cpu, 1)}}
print(json.dumps(made | {{"peak_mb": round(used.ru_maxrss / 1024), "rows": rows}}))
"""
OURS = """
from pcngeo.intake.postcodes import read_postcodes
wanted = open({wanted!r}).read().split(",")
rows = len(read_postcodes({path!r}, wanted).frame)
"""
PANDAS = """
import pandas as pd
wanted = set(open({wanted!r}).read().split(","))
columns = ["pcds", "doterm", "oseast1m", "osnrth1m", "osgrdind"]
frame = pd.read_csv({path!r}, dtype=str, usecols=columns)
rows = len(frame[frame["pcds"].isin(wanted)])
"""
PANDAS_ALL = """
import pandas as pd
wanted = set(open({wanted!r}).read().split(","))
frame = pd.read_csv({path!r}, dtype=str)
rows = len(frame[frame["pcds"].isin(wanted)])
"""
ENGLAND = """
from pcngeo.intake import cut, read
files = {files!r}
published = read(**files)
area = cut(published, "08V")
rows = len(published.lists.frame)
"""
EVERY = """
from pcngeo.intake import cut, read
files = {files!r}
published = read(**files)
rows = sum(len(cut(published, code).practices) for code in published.areas.index)
"""


def postcode(i: int) -> str:
    """Make a postcode for each number; all different."""
    i, last = divmod(i, len(LETTERS))
    i, second = divmod(i, len(LETTERS))
    i, digit = divmod(i, 10)
    i, district = divmod(i, 90)
    i, two = divmod(i, len(LETTERS))
    return f"{LETTERS[i % 20]}{LETTERS[two]}{district + 1} {digit}{LETTERS[second]}{LETTERS[last]}"


def write_directory(path: Path, rows: int) -> None:
    """Write a postcode directory of the size of a full ONSPD."""
    rng = random.Random(1)
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        out.write(HEADER + "\r\n")
        for i in range(rows):
            code = postcode(i)
            east, north = rng.randrange(80_000, 655_000), rng.randrange(5_000, 650_000)
            ended = "201404" if i % 3 == 0 else ""
            out.write(
                f"{code},{code},{code},198001,{ended},E99999999,E99999999,E07999999,E05999999,"
                f"E04999999,0,{east},{north},1,{FILL},52.619951,-1.957217,E37999999,,E23999999,"
                "12345,E99999999,E54999999,E00999999,E01999999,E02999999\r\n"
            )


def probe(body: str) -> dict[str, float]:
    """Run code in a process of its own and read its time and peak memory."""
    code = PROBE.format(body=body)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def england(folder: Path, directory: Path) -> dict[str, object]:
    """Name published files of January 2021, with the made directory behind Code-Point Open."""
    year, geography = folder / "2021-01", folder / "geography"
    return {
        "lists": str(year / "gp-reg-pat-prac-all.csv.gz"),
        "membership": str(year / "gp-reg-pat-prac-map_2020-09.csv.gz"),
        "organisations": str(year / "epraccur_2019-12.csv.gz"),
        "boundaries": str(geography / "ccg20.geojson.gz"),
        "postcodes": [str(geography / "codepo_subset_2025.csv.gz"), str(directory)],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_700_000)
    parser.add_argument("--published", type=Path)
    parser.add_argument("--keep", type=Path, help="folder to keep the made directory in")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"onspd_{options.rows}.csv"
        if not path.exists():
            write_directory(path, options.rows)
        wanted = folder / "wanted.txt"
        rng = random.Random(2)
        wanted.write_text(",".join(postcode(rng.randrange(options.rows)) for _ in range(7_000)))
        print(f"{path.name}: {options.rows:,} rows, {path.stat().st_size / 1e9:.2f} GB")
        cases = {
            "pcngeo, 7,000 postcodes wanted": OURS,
            "pandas read_csv, five columns": PANDAS,
            "pandas read_csv, all columns": PANDAS_ALL,
        }
        names = {"path": str(path), "wanted": str(wanted)}
        for title, body in cases.items():
            print(f"{title:38} {probe(body.format(**names))}", flush=True)
        if options.published:
            files = england(options.published, path)
            print(f"{'all files of England, one area':38} {probe(ENGLAND.format(files=files))}")
            files["postcodes"] = files["postcodes"][:1]  # type: ignore[index]
            print(f"{'the same, without the directory':38} {probe(ENGLAND.format(files=files))}")
            print(f"{'the same, every area cut':38} {probe(EVERY.format(files=files))}")


if __name__ == "__main__":
    main()
