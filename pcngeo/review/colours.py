"""The page's colours, and who gets which: neighbours never share one.

Colour means only "a different network from its neighbour". The six fills are flat and pale, so
that black text and white symbols work on all of them; they stay apart for people who are blind to
red, green or blue, and in grey. Pale neighbours cannot reach 3:1 with each other, so the edge does:
an ink line on a white casing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "BEYOND",
    "EDGE",
    "FILLS",
    "INK",
    "LAND",
    "PATTERNS",
    "UNPLACED",
    "colour_networks",
    "pattern_fill",
]

#: sky, apricot, mint, lilac, lemon, rose
FILLS = ("#AAC5DC", "#F9CA89", "#C6ECDC", "#BAABEC", "#FCF5C6", "#D2969E")
INK = "#14202B"
#: What is drawn on each fill, so that colour never stands alone: width of the tile, its lines.
MARKS = (
    (8, ""),
    (10, "M5 4.3v1.4"),
    (9, "M-1 1l2-2M-1 10L10-1M8 10l2-2"),
    (9, "M-1-1l11 11M-1 8l2 2M8-1l2 2"),
    (11, "M0 5.5h11"),
    (11, "M5.5 0v11"),
)
PATTERNS = "".join(
    f'<pattern id="f-{i}" width="{size}" height="{size}" patternUnits="userSpaceOnUse">'
    f'<rect width="{size}" height="{size}" fill="{fill}"/>'
    + (f'<path d="{marks}" stroke="{INK}" stroke-opacity=".2" fill="none"'
       f' stroke-width="{1.4 if i == 1 else 1}"/>' if marks else "")
    + "</pattern>"
    for i, (fill, (size, marks)) in enumerate(zip(FILLS, MARKS, strict=True))
)  # fmt: skip
EDGE = "#C9D0D6"
LAND = "#F1F1EE"
#: Beyond the areas that were given: the sea, or another country.
BEYOND = "#E9EEF1"
UNPLACED = "#FFFFFF"


def pattern_fill(colour: int) -> str:
    """Return what an SVG shape of this colour is filled with: the colour and its pattern.

    Examples
    --------
    >>> pattern_fill(3)
    'url(#f-3)'
    """
    return f"url(#f-{colour})"


def colour_networks(
    networks: Sequence[str],
    neighbours: Iterable[tuple[str, str]],
    colours: int = len(FILLS),
    *,
    near: Sequence[tuple[str, str]] = (),
) -> dict[str, int]:
    """Give every network a colour that none of its neighbours has.

    Exact: the most constrained network is coloured next, the least used colour is tried first, and
    a dead end is taken back. Where even that finds no way (which a flat map never needs), colours
    repeat among neighbours as little as a greedy choice allows; numbers and edges still part them.

    Parameters
    ----------
    networks
        Ids, in the order in which ties are broken.
    neighbours
        Pairs of networks that share an edge on the map.
    colours
        How many colours there are.
    near
        Pairs that had better differ too, because they are close though they do not touch, most
        important first: as many of them are heeded as the colours suffice for, halving.

    Returns
    -------
    dict
        Colour number, from 0, by network.

    Examples
    --------
    >>> colour_networks(["1", "2", "3"], [("1", "2"), ("2", "3")], colours=2)
    {'1': 1, '2': 0, '3': 1}
    """
    touching = list(neighbours)
    heeded = len(near)
    while True:
        beside = _beside(networks, [*touching, *near[:heeded]])
        found: dict[str, int] = {}
        if _extend(found, beside, colours, [1_000 if heeded else 20_000]):
            break
        if not heeded:
            found = _greedy(beside, colours)
            break
        heeded //= 2
    return {network: found[network] for network in networks}


def _beside(networks: Sequence[str], pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    beside: dict[str, set[str]] = {network: set() for network in networks}
    for a, b in pairs:
        if a != b and a in beside and b in beside:
            beside[a].add(b)
            beside[b].add(a)
    return beside


def _extend(
    found: dict[str, int], beside: Mapping[str, set[str]], colours: int, steps: list[int]
) -> bool:
    if len(found) == len(beside):
        return True
    steps[0] -= 1
    if steps[0] < 0:
        return False
    network = _next(found, beside)
    taken = {found[other] for other in beside[network] if other in found}
    for colour in _least_used(found, colours):
        if colour not in taken:
            found[network] = colour
            if _extend(found, beside, colours, steps):
                return True
            del found[network]
    return False


def _next(found: Mapping[str, int], beside: Mapping[str, set[str]]) -> str:
    """Choose the network with fewest colours left, then the one with most neighbours."""

    def pressure(network: str) -> tuple[int, int]:
        taken = {found[other] for other in beside[network] if other in found}
        return (len(taken), len(beside[network]))

    return max((n for n in beside if n not in found), key=pressure)


def _least_used(found: Mapping[str, int], colours: int) -> list[int]:
    used = list(found.values())
    return sorted(range(colours), key=lambda colour: (used.count(colour), colour))


def _greedy(beside: Mapping[str, set[str]], colours: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for network in beside:
        near = [found[other] for other in beside[network] if other in found]
        found[network] = min(range(colours), key=lambda colour: (near.count(colour), colour))
    return found
