"""What can be asked of a plan besides keeping the rules: the objectives, their units and words.

An objective is a sum over networks. One is minimised in its own unit; several can be weighed
against each other, or stand in order::

    objective = "changed"                    # fewest patients whose network does not go on
    objective = ["changed", "distance"]      # of those plans, the one with the shortest ways

    [objective]                              # a mix: one patient whose network does not go on
    distance = 1.0                           # weighs as much as 500 m more to the hub for one
    changed = 0.5

"changed" is least change, one to one: a new network continues one of today's at most, and one of
today's goes on in one new network at most (or in a practice that stands alone); the patients of
all others change. A patient of a practice without a network today changes, too.

In a mix every objective is counted in *points*, so that weights can be compared: a point is one
patient (who changes network, who is away from the target size, ...) or one kilometre (or minute)
for one patient. `POINT` says what one point of each objective is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pcngeo.errors import RulesError

__all__ = [
    "DEFAULT",
    "DISTANCE",
    "ROOM",
    "TERMS",
    "Stage",
    "Stages",
    "Words",
    "describe_stage",
    "plain_stages",
    "read_stages",
]

#: A mix: names and weights, in the order given.
Stage = tuple[tuple[str, float], ...]
#: Mixes in the order in which they count.
Stages = tuple[Stage, ...]
DEFAULT: Stages = ((("distance", 1.0),),)
#: Share by which lists may move without cost under the objective ``headroom``.
ROOM = 0.05
#: The default objective in full.
DISTANCE = (
    "patient-metres: list size times straight-line distance to the network's hub, summed; "
    "the hub is the member practice with the least sum"
)


@dataclass(frozen=True)
class Words:
    """An objective in words.

    Parameters
    ----------
    unit
        What is summed, with its unit.
    point
        What one point of it is in a mix.
    needs
        The option that gives what it needs; empty where lists and places are enough.
    whole
        Whether its value is always a whole number.
    """

    unit: str
    point: str
    needs: str = ""
    whole: bool = False


#: Name -> what it is.
TERMS: dict[str, Words] = {
    "distance": Words("patient-metres to the hub", "1 km for one patient"),
    "centroid": Words("patient-metres to the weighted middle", "1 km for one patient"),
    "travel": Words(
        "patients times travel to the hub", "1 minute (or km) for one patient", "--travel"
    ),
    "borders": Words(
        "metres of border cut", "the area's whole shared border cut, divided by its patients"
    ),
    "size": Words("patients away from the target size", "one patient", whole=True),
    "span": Words(
        "metres between the farthest members",
        "1 km between the farthest members of a network, divided by target_list",
    ),
    "authorities": Words(
        "local authorities beyond the first",
        "one authority beyond the first, divided by target_list",
        "--authorities, or a postcode file that holds local authorities",
        whole=True,
    ),
    "changed": Words(
        "patients whose network does not continue theirs of today",
        "one patient",
        "--membership",
        whole=True,
    ),
    "common": Words(
        "patients who live where practices of other networks have patients too",
        "one patient",
        "--registrations",
    ),
    "collaborations": Words(
        "patients of the smaller practice of every collaborating pair that is split",
        "one patient",
        "[[collaboration]] in the rules",
        whole=True,
    ),
    "deprivation_mixed": Words(
        "patients of the most deprived fifth above or below their share of the area",
        "one patient",
        "--registrations and --deprivation",
    ),
    "deprivation_alike": Words(
        "patients of the most deprived fifth above or below their share of the network",
        "one patient",
        "--registrations and --deprivation",
    ),
    "rurality_mixed": Words(
        "patients who live rurally above or below their share of the area",
        "one patient",
        "--registrations and --rurality",
    ),
    "rurality_alike": Words(
        "patients who live rurally above or below their share of the network",
        "one patient",
        "--registrations and --rurality",
    ),
    "outside": Words("patients outside the window", "one patient", whole=True),
    "headroom": Words(
        "patients missing for 5 % of headroom to both ends of the window", "one patient"
    ),
}


def read_stages(given: object) -> Stages:
    """Read an objective: a name, a mix, or several of them in order.

    Parameters
    ----------
    given
        A name, a mapping of names to weights, or a sequence of either.

    Returns
    -------
    tuple
        The mixes in order, each as pairs of name and weight.

    Raises
    ------
    RulesError
        When a name is not known, a weight is no number above 0, or something stands twice.

    Examples
    --------
    >>> read_stages(["changed", {"distance": 1, "size": 0.5}])
    ((('changed', 1.0),), (('distance', 1.0), ('size', 0.5)))
    """
    several = given if isinstance(given, list | tuple) else [given]
    if not several:
        raise RulesError(f"objective is empty; use one of {', '.join(TERMS)}.")
    stages = tuple(_stage(one) for one in several)
    if len(set(stages)) < len(stages):
        raise RulesError("objective names the same thing twice in order: the second has no effect.")
    return stages


def _stage(given: object) -> Stage:
    if isinstance(given, str):
        given = {given: 1.0}
    if isinstance(given, tuple) and all(isinstance(p, tuple) and len(p) == 2 for p in given):
        given = dict(given)
    if not isinstance(given, Mapping) or not given:
        raise RulesError(
            "objective must be a name, a table of names and weights, or a list of them, not "
            f"{given!r}."
        )
    return tuple((_name(name), _weight(name, weight)) for name, weight in given.items())


def _name(name: object) -> str:
    if name not in TERMS:
        raise RulesError(f"there is no objective {name!r}; known are {', '.join(TERMS)}.")
    return str(name)


def _weight(name: object, weight: Any) -> float:
    number = isinstance(weight, int | float) and not isinstance(weight, bool)
    if not number or not 0 < weight < float("inf"):
        raise RulesError(f"the weight of {name} must be a number above 0, not {weight!r}.")
    return float(weight)


def plain_stages(stages: Stages) -> Any:
    """Write an objective as plain values, as short as it can be given; `read_stages` undoes it.

    Examples
    --------
    >>> plain_stages(read_stages("distance"))
    'distance'
    """
    plain = [s[0][0] if len(s) == 1 and s[0][1] == 1.0 else dict(s) for s in stages]
    return plain[0] if len(plain) == 1 else plain


def describe_stage(stage: Stage) -> str:
    """Say a mix in words, with weights and units.

    Examples
    --------
    >>> describe_stage((("size", 2.0),))
    '2 x patients away from the target size'
    """
    if (stage,) == DEFAULT:
        return DISTANCE
    if len(stage) == 1:
        name, weight = stage[0]
        return f"{weight:g} x {TERMS[name].unit}" if weight != 1.0 else TERMS[name].unit
    words = [f"{weight:g} x {name} ({TERMS[name].unit})" for name, weight in stage]
    return "mix, in points: " + " + ".join(words)
