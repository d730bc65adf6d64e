"""Time and memory of the intake on whole-England files and a full-size postcode directory.

    python benchmarks/intake.py                       a made directory and made lists
    python benchmarks/intake.py --published FOLDER    published files of FOLDER as well

A directory of 2.7 million rows and 53 columns (about 1.3 GB) is written once to a temporary folder
(or to ``--keep``). Each case runs in a process of its own, so that its peak memory is its own; the
same questions are put to plain pandas with ``usecols``, to pandas reading everything, and to
pyarrow where it is installed. On a busy machine the processor's seconds tell more than the clock's.
The script ends with 1 when a load of pcngeo's peaks above 1 GB. Figures: benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import importlib.util
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
#: What a load of the whole country may hold in memory, in MB.
LIMIT_MB = 1_000
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
ARROW = """
from pyarrow import csv
wanted = set(open({wanted!r}).read().split(","))
columns = ["pcds", "doterm", "oseast1m", "osnrth1m", "osgrdind"]
convert = csv.ConvertOptions(include_columns=columns)
frame = csv.read_csv({path!r}, convert_options=convert).to_pandas()
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


def england(folder: Path, directories: list[Path]) -> dict[str, object]:
    """Name published files of January 2021, with made directories before Code-Point Open."""
    year, geography = folder / "2021-01", folder / "geography"
    known = geography / "codepo_subset_2025.csv.gz"
    return {
        "lists": str(year / "gp-reg-pat-prac-all.csv.gz"),
        "membership": str(year / "gp-reg-pat-prac-map_2020-09.csv.gz"),
        "organisations": str(year / "epraccur_2019-12.csv.gz"),
        "boundaries": str(geography / "ccg20.geojson.gz"),
        "postcodes": [str(path) for path in (*directories, known)],
    }


def cases(path: Path, wanted: Path, published: Path | None) -> dict[str, str]:
    """Give the code of each case by its title; those of pcngeo begin with its name."""
    names = {"path": str(path), "wanted": str(wanted)}
    made = {
        "pcngeo, 7,000 postcodes wanted": OURS.format(**names),
        "pandas read_csv, five columns": PANDAS.format(**names),
        "pandas read_csv, all columns": PANDAS_ALL.format(**names),
    }
    if importlib.util.find_spec("pyarrow"):
        made["pyarrow read_csv, five columns"] = ARROW.format(**names)
    if published:
        whole, bare = england(published, [path]), england(published, [])
        made["pcngeo, all England + directory"] = ENGLAND.format(files=whole)
        made["pcngeo, all England without it"] = ENGLAND.format(files=bare)
        made["pcngeo, the same, every area cut"] = EVERY.format(files=bare)
    return made


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
        peak = 0.0
        for title, body in cases(path, wanted, options.published).items():
            found = probe(body)
            print(f"{title:34} {found}", flush=True)
            if title.startswith("pcngeo"):
                peak = max(peak, found["peak_mb"])
    print(f"Largest peak of pcngeo: {peak:,.0f} MB; the limit is {LIMIT_MB:,} MB.")
    sys.exit(1 if peak > LIMIT_MB else 0)


if __name__ == "__main__":
    main()
