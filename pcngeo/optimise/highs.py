"""HiGHS as everything here runs it: silent and on one thread, so that answers repeat."""

from __future__ import annotations

import highspy

__all__ = ["Setting", "silent"]

Setting = bool | int | float | str


def silent(**options: Setting) -> highspy.Highs:
    """Make a solver without output, on one thread, with these options."""
    solver = highspy.Highs()  # type: ignore[no-untyped-call]  # its constructor has no annotations
    for name, value in {"output_flag": False, "threads": 1, **options}.items():
        solver.setOptionValue(name, value)
    return solver
