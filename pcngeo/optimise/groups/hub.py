"""The hub of a group and what it costs from there, and whether the group keeps the demands."""

from __future__ import annotations

from pcngeo.optimise.groups.compiled import kernel
from pcngeo.optimise.groups.land import Ints, Land

__all__ = ["allowed", "cost_at_hub", "hub_of"]


@kernel
def hub_of(land: Land, group: Ints, line: Ints) -> tuple[int, float]:
    """Hub and cost of an allowed group; `line` receives the sorted members."""
    for k in range(len(group)):
        cost = cost_at_hub(land, group, line, group[k])
        if cost >= 0.0:
            return group[k], cost
    return -1, -1.0


@kernel
def cost_at_hub(land: Land, group: Ints, line: Ints, centre: int) -> float:
    """Cost of the group if `centre` is its hub, else -1; `line` receives the sorted members."""
    size = len(group)
    fixed = 0
    for k in range(size):
        fixed += land.fixed_hub[group[k]]
        q = k
        while q > 0 and line[q - 1] > group[k]:
            line[q] = line[q - 1]
            q -= 1
        line[q] = group[k]
    cost = _cost_from(land, line, size, centre)
    if fixed > 0:
        return cost if fixed == 1 and land.fixed_hub[centre] == 1 else -1.0
    for k in range(size):
        other = line[k]
        if other != centre:
            rival = _cost_from(land, line, size, other)
            if rival < cost or (rival == cost and other < centre):
                return -1.0
    return cost


@kernel
def _cost_from(land: Land, line: Ints, size: int, hub: int) -> float:
    """Sum the cost of serving the sorted members from `hub`, in their order."""
    low = land.reach_starts[hub]
    last = land.reach_starts[hub + 1]
    cost = 0.0
    for k in range(size):
        high = last
        while high - low > 1:  # members ascend, and so do the entries of the reach
            middle = (low + high) // 2
            if land.reach[middle] <= line[k]:
                low = middle
            else:
                high = middle
        cost += land.reach_cost[low]
    return cost


@kernel
def allowed(land: Land, group: Ints, size: int) -> bool:
    """Tell whether a group keeps every demand: apart, tied, one fixed hub at most."""
    fixed = 0
    for k in range(size):
        i = group[k]
        fixed += land.fixed_hub[i]
        together = 0
        for j in range(size):
            if land.bundle[i] >= 0 and land.bundle[group[j]] == land.bundle[i]:
                together += 1
            for q in range(land.apart_starts[i], land.apart_starts[i + 1]):
                if land.apart[q] == group[j]:
                    return False
        if land.bundle[i] >= 0 and together < land.bundle_size[land.bundle[i]]:
            return False
    return fixed <= 1
