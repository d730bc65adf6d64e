"""In which order regions are searched: who is left over, where the gap is, which number."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from pcngeo.optimise.duals import Counts
from pcngeo.optimise.large.regions import Regions
from pcngeo.optimise.pool import Pool

__all__ = ["place_loose", "sweep", "toward"]

#: Practices of a region around one that is left over: listed groups, then all groups.
NEAR = 40
AROUND = (60, 90)
#: Regions tried for every network too many or too few, how much worse they may become at first, in
#: mean costs of a network, and their practices in each round.
TRIES = 30
WORSE = 0.05
ROUNDS = (NEAR, NEAR, 60, 60, 90, 90)
#: Practices of the regions that are solved over all groups where that did not lead to the number,
#: and how many of each size are tried.
FORCED, ATTEMPTS = (40, 70), 12


def place_loose(regions: Regions, tell: Callable[[str], None] = lambda phase: None) -> None:
    """Put practices that are left over into networks, if their surroundings can be divided anew.

    Parameters
    ----------
    regions
        The plan.
    tell
        Told after every change.
    """
    for size in (NEAR, *AROUND):
        for i in regions.loose:
            if regions.home[i] >= 0:
                continue
            region = regions.grow([i], size)
            search = regions.place if size != NEAR else regions.better_free
            found = search(region)
            if found is not None:
                regions.change(region, found[0])
                tell("placing")


def sweep(
    regions: Regions,
    size: int,
    counts: Callable[[int], Counts | None],
    tell: Callable[[str], None] = lambda phase: None,
    starts: Iterable[int] | None = None,
) -> None:
    """Make a plan better region by region, each network once the start of one, dearest first.

    Parameters
    ----------
    regions
        The plan.
    size
        Practices of a region, or a few more.
    counts
        For the number of networks of a region, how many it may have.
    tell
        Told after every change.
    starts
        Numbers of the networks to start from; all of them where none are given.
    """
    waiting = set(regions.networks if starts is None else starts)
    while waiting:
        waiting &= set(regions.networks)
        if not waiting:
            return
        number = max(waiting, key=lambda k: (regions.networks[k].reduced, -k))
        waiting.remove(number)
        region = regions.grow(regions.networks[number].members[:1], size)
        found = regions.better(region, counts(len(regions.numbers(region))))
        if found is not None:
            waiting |= set(regions.change(region, found[0]))
            tell("regions")


def toward(
    regions: Regions,
    wanted: Counts,
    tell: Callable[[str], None] = lambda phase: None,
    surely: bool = False,
) -> set[int]:
    """Lead a plan to a number of networks where that costs least.

    Parameters
    ----------
    regions
        The plan.
    wanted
        Lowest and highest number.
    tell
        Told after every change.
    surely
        Whether the number must be met whatever that costs.

    Returns
    -------
    set of int
        Numbers of the networks that are new.
    """
    changed: set[int] = set()
    mean = abs(regions.cost) / max(1, len(regions.networks))
    room = WORSE * mean
    for size in ROUNDS:
        made = len(regions.networks)
        off = min(max(made, wanted[0]), wanted[1]) - made
        if not off:
            break
        step = 1 if off > 0 else -1
        for _, region, networks in _offers(regions, step, abs(off), room, size):
            if step * (min(max(made, wanted[0]), wanted[1]) - made) <= 0:
                break
            if not regions.whole(region):
                continue
            changed |= set(regions.change(region, networks))
            made = len(regions.networks)
            tell("number of networks")
        room *= 3
    for size in FORCED if surely else ():
        changed |= _forced(regions, wanted, size, tell)
    return changed


def _forced(regions: Regions, wanted: Counts, size: int, tell: Callable[[str], None]) -> set[int]:
    """Solve regions anew with a network more or fewer over all groups, those with most room first.

    What that costs does not matter: it is the last resort for a number that has to be met.
    """
    changed: set[int] = set()
    tried: set[int] = set()
    for _ in range(ATTEMPTS):
        made = len(regions.networks)
        off = min(max(made, wanted[0]), wanted[1]) - made
        left = _by_size(regions, 1 if off > 0 else -1, tried)
        if not off or not left:
            break
        region = regions.grow(regions.networks[left[0]].members[:1], size)
        here = regions.numbers(region)
        tried.update(here)
        count = len(here) + (1 if off > 0 else -1)
        found = regions.place(region, (count, count))
        if found is not None:
            changed |= set(regions.change(region, found[0]))
            tell("number of networks")
    return changed


def _by_size(regions: Regions, step: int, tried: set[int]) -> list[int]:
    """Networks not tried yet, those first that make it easiest to have one more or fewer."""
    weights = regions.country.plain.weights
    size = {
        k: int(weights[list(network.members)].sum())
        for k, network in regions.networks.items()
        if k not in tried
    }
    return sorted(size, key=lambda k: (-step * size[k], k))


def _offers(
    regions: Regions, step: int, wanted: int, room: float, most: int
) -> list[tuple[float, np.ndarray, Pool]]:
    """Find regions that could have a network more or fewer, the cheapest change first."""
    offers, seen = [], set[int]()
    for number in _by_size(regions, step, set())[: TRIES * (wanted + 1)]:
        if number in seen:
            continue
        region = regions.grow(regions.networks[number].members[:1], most)
        here = regions.numbers(region)
        seen.update(here)
        count = len(here) + step
        found = regions.better(region, (count, count), room)
        if found is not None:
            offers.append((found[1], region, found[0]))
    return sorted(offers, key=lambda offer: (offer[0], offer[1].tolist()))
