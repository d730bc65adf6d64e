"""What turns a configuration into papers: audit, orphans, funding, votes, profile, submission.

`area` takes the configuration, planned, today's or read from a file; `tables` computes every table
about it once, names the files of the output folder that hold them, and puts together what the
networks hand in.
"""

from __future__ import annotations

from pcngeo.papers.area import Area, planned_area, read_england, read_plan
from pcngeo.papers.tables import Papers, audited, papers_files, recount, submission_pack

__all__ = [
    "Area",
    "Papers",
    "audited",
    "papers_files",
    "planned_area",
    "read_england",
    "read_plan",
    "recount",
    "submission_pack",
]
