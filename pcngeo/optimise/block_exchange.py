"""A division of many blocks made better by exchange between networks that touch.

Changes that cost more are taken, too, less and less of them: so networks wander to where they serve
best, which no exchange that has to save something finds. How many are tried depends on the number
of blocks alone; a time limit cools what is left at once.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pcngeo.optimise.block_model import Blocks, Labels
from pcngeo.optimise.clock import Clock
from pcngeo.optimise.groups import exchange_blocks

__all__ = ["LAST", "annealed", "compile_exchange", "exchanged"]

#: Changes tried for every block, and in all; those tried at the end that must save something.
EACH, MOST, LAST = 10_000, 25_000_000, 300
#: Heat at first and at last, in mean costs of a block.
HEAT = (1.0, 0.03)
#: Parts of the work between looks at the time limit.
PARTS = 40
#: Tries changes from a division: at two heats, so many, with a seed.
Run = Callable[[Labels, tuple[float, float], int, int], Labels]


def exchanged(problem: Blocks, home: Labels, seed: int, clock: Clock) -> Labels | None:
    """Exchange blocks between networks that touch.

    Parameters
    ----------
    problem
        What is divided.
    home
        The network of every block, by any number; networks must be connected, but may be outside
        the window.
    seed
        Seed of what is tried.
    clock
        Time limit.

    Returns
    -------
    array or None
        The centre of every block, no dearer than before if that was inside the window; ``None``
        where networks remain outside it.
    """
    starts = np.zeros(len(home) + 1, np.int64)
    np.cumsum([len(row) for row in problem.near], out=starts[1:])
    near = np.array([j for row in problem.near for j in row], np.int32)
    first = np.unique(home, return_inverse=True)[1]

    def run(home: Labels, heat: tuple[float, float], tries: int, seed: int) -> Labels:
        found, _, _ = exchange_blocks(
            home,
            problem.load,
            problem.window,
            starts,
            near,
            problem.cost,
            heat,
            tries,
            seed,
            np.inf,
        )
        return found

    last = LAST * len(home)
    quiet = run(first.astype(np.int64), (0.0, 0.0), last, seed)
    mean = problem.recentred(_by_first(quiet))[1] / len(home)
    moved = annealed(run, quiet, mean, seed, clock)
    cold = run(moved, (0.0, 0.0), last, seed)
    plans = [problem.recentred(_by_first(plan)) for plan in (cold, quiet) if _fits(problem, plan)]
    return min(plans, key=lambda plan: plan[1])[0] if plans else None


def annealed(run: Run, home: Labels, mean: float, seed: int, clock: Clock) -> Labels:
    """Exchange with a heat that goes down step by step; a time limit ends it between two steps.

    Parameters
    ----------
    run
        Tries a number of changes from a division, at heats, with a seed.
    home
        Division to start from.
    mean
        Cost of a block: the measure of the heat.
    seed
        Seed of what is tried.
    clock
        Time limit.

    Returns
    -------
    array
        The division that this leads to.
    """
    steps = np.geomspace(*HEAT, PARTS + 1) * mean
    tries = min(EACH * len(home), MOST) // PARTS
    for part in range(PARTS):
        if clock.left <= 0:
            break
        heat = (float(steps[part]), float(steps[part + 1]))
        home = run(home, heat, tries, PARTS * seed + part)
    return home


def compile_exchange() -> None:
    """Have the kernel compiled before a time limit counts."""
    ends, near = np.array([0, 1, 2]), np.array([1, 0], np.int32)
    exchange_blocks(
        np.zeros(2, np.int64), np.ones(2, np.int64), (1, 2), ends, near, np.ones((2, 2)),
        (0.0, 0.0), 1, 0, np.inf,
    )  # fmt: skip


def _fits(problem: Blocks, home: Labels) -> bool:
    """Tell whether every network is inside the window."""
    total = np.bincount(home, problem.load)
    return bool((total >= problem.window[0]).all() and (total <= problem.window[1]).all())


def _by_first(home: Labels) -> Labels:
    """Name every network by its first block."""
    return np.unique(home, return_index=True)[1][home]
