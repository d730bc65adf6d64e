"""Audit, tables and pack of today's networks, in every area.

``python benchmarks/papers.py --data ../shared/data/published --out papers.csv [--packs 3]``

Every area of January 2022 is audited with its networks of that day, whole across its borders. The
totals of each table are held against the list file; of the first ``--packs`` areas the submission
is written too. One line an area: networks, patients, results of the audit, seconds.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import pandas as pd

from pcngeo import intake
from pcngeo.audit import existing_plan, members_elsewhere
from pcngeo.export import write_csv, write_folder
from pcngeo.papers import Area, Papers, papers_files, submission_pack
from pcngeo.pipeline import plan_given
from pcngeo.prepared import prepare_intake
from pcngeo.rules import Rules
from pcngeo.submission import submission_files


def main() -> None:
    """Run the benchmark."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", type=Path, required=True, help="folder of the published files")
    asked.add_argument("--out", type=Path, required=True)
    asked.add_argument("--areas", nargs="*", help="codes; all of them without")
    asked.add_argument("--packs", type=int, default=0, help="areas whose pack is written")
    given = asked.parse_args()
    lists, geography = given.data / "2022-01", given.data / "geography"
    published = intake.read(
        lists=lists / "gp-reg-pat-prac-all.csv.gz",
        organisations=lists / "epraccur.csv.gz",
        membership=lists / "gp-reg-pat-prac-map.csv.gz",
        postcodes=geography / "codepo_subset_2022.csv.gz",
        boundaries=geography / "ccg21.geojson.gz",
    )
    everyone = published.lists.frame[["area", "list_size"]].assign(
        network_today=published.membership.frame["pcn"].reindex(published.lists.frame.index)
    )
    codes = given.areas or sorted(set(everyone["area"]))
    rows = []
    for i, code in enumerate(codes):
        began = time.perf_counter()
        beyond = members_elsewhere(everyone, [code])
        loaded = intake.cut(published, code, Rules(), neighbours=beyond)
        prepared = prepare_intake(loaded, Rules())
        area = plan_given(prepared, existing_plan(loaded.practices), existing=True)
        row = {"area": code, **check(area, i < given.packs)}
        rows.append(row | {"seconds": round(time.perf_counter() - began, 1)})
        print(rows[-1], flush=True)
    write_csv(pd.DataFrame(rows), given.out)


def check(area: Area, pack: bool) -> dict[str, object]:
    """Work out the papers of an area and hold their totals against its lists."""
    papers = Papers.of(area)
    size = area.practices["list_size"]
    inside = int(size[area.plan.assignment.reindex(size.index).fillna("").ne("")].sum())
    sums = {
        "shares": int(papers.shares["list_size"].sum()),
        "profile": int(papers.profile.loc["area", "list_size"]),
        "service": int(papers.service["member_list"].sum()),
        "payments": int(papers.payments["list_size"].sum()),
        "votes": int(papers.votes.loc[papers.votes["scheme"] == "by_list", "votes"].sum()),
        "funding": int(papers.funding["list_size"].sum()),
    }
    wrong = [name for name, total in sums.items() if total != inside]
    if wrong:
        raise SystemExit(f"{area.area}: {', '.join(wrong)} do not add up to {inside:,}")
    with tempfile.TemporaryDirectory() as folder:
        write_folder(Path(folder) / "papers", papers_files(papers))
        if pack:
            files = submission_files(submission_pack(area, papers))
            write_folder(Path(folder) / "submission", files)
    results = papers.audit["result"].value_counts()
    return {
        "networks": len(area.plan.networks),
        "patients": inside,
        "in_no_network": int(size.sum()) - inside,
        "teams": int(papers.teams["team"].ne("").sum()),
        **{name: int(results.get(name, 0)) for name in ("fail", "amber", "cannot tell", "pass")},
    }


if __name__ == "__main__":
    main()
