"""The pack that networks hand in (R30 to R36): a document for each, a workbook for the area.

The pack is filled from the plan and the rules file; what is missing is left as a line to write on
and listed as missing. Nothing in it judges the content of an agreement (R33), and everything in it
is a proposal until the practices, the commissioner and the LMC or LMCs have agreed it.

`contents` gathers, `picture` draws the map (R32), `document` and `workbook` write, `changes` lists
who would move from which network of today to which.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from pcngeo.export import write_csv
from pcngeo.submission.changes import CHANGES, continuations, membership_changes
from pcngeo.submission.contents import MISSING, Pack, missing_items
from pcngeo.submission.document import write_document
from pcngeo.submission.picture import draw_network
from pcngeo.submission.workbook import write_workbook

__all__ = [
    "CHANGES",
    "MISSING",
    "Pack",
    "continuations",
    "draw_network",
    "membership_changes",
    "missing_items",
    "submission_files",
    "write_document",
    "write_workbook",
]


def submission_files(pack: Pack) -> dict[str, Callable[[Path], object]]:
    """Name the files of the pack, and what writes each.

    Parameters
    ----------
    pack
        What is handed in.

    Returns
    -------
    dict
        For each file name, a callable that writes it when given a path, ready for
        `pcngeo.export.write_folder`: ``network-<id>.docx`` and ``network-<id>.png`` for every
        network, ``submission.xlsx``, ``membership-change.csv`` and ``missing.csv``.
    """
    files: dict[str, Callable[[Path], object]] = {}
    for network in pack.plan.networks:
        files[f"network-{network}.docx"] = partial(write_document, pack, network)
        files[f"network-{network}.png"] = partial(_write_picture, pack, network)
    files["submission.xlsx"] = partial(write_workbook, pack)
    files["membership-change.csv"] = partial(write_csv, pack.changes)
    files["missing.csv"] = partial(write_csv, missing_items(pack))
    return files


def _write_picture(pack: Pack, network: str, path: Path) -> None:
    path.write_bytes(draw_network(pack, network))
