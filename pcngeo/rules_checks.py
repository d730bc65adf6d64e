"""What the settings of the rules may be, checked one against the other: `pcngeo.rules.Rules` asks.

A new setting with a few words is a row of `WORDS`, a new kind of network a row of `PRESETS`.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from pcngeo.corrections import check_merged
from pcngeo.decisions import Shared
from pcngeo.errors import RulesError, examples

if TYPE_CHECKING:
    from pcngeo.rules import Rules

__all__ = [
    "PRESETS",
    "WORDS",
    "check_choices",
    "check_count",
    "check_sizes",
    "check_window",
    "check_words",
    "take_rows",
    "window_of",
]

#: Settings that are one of a few words.
WORDS = {
    "territory": ("voronoi", "registrations", "polygons"),
    "exclaves": ("join", "keep"),
    "adjacency": ("border", "knn", "distance", "gabriel"),
    "barrier_cuts": ("either", "border", "line"),
    "sites": ("free", "together"),
    "alone": ("any", "agreed"),
    "closures": ("any", "borne"),
}
#: Windows by name: floor, ceiling and target in registered patients (R01; section 1h; R24).
PRESETS = {
    "pcn2019": (30_000, 50_000, 40_000),
    "single_neighbourhood": (40_000, 60_000, 50_000),
    "multi_neighbourhood": (250_000, 500_000, 300_000),
}
#: Tables each of whose practices may stand there once, and in none of the others of them.
STANDINGS = ("declined", "special", "ordinary", "excluded")
#: Other tables that may name a practice only once, and the field of the rules that holds them.
ONCE = {
    "hub": "hubs",
    "refused": "refused",
    "place": "places",
    "home": "homes",
    "submission": "submissions",
    "rural_waiver": "rural_waivers",
    "over_ceiling": "over_ceiling",
    "single_practice": "single_practice",
    "non_geographic": "non_geographic",
    "cross_area": "cross_area",
}


def window_of(preset: object) -> dict[str, Any]:
    """Look up what a preset sets.

    Returns
    -------
    dict
        `preset`, `min_list`, `max_list` and `target_list`.

    Examples
    --------
    >>> window_of("single_neighbourhood")["target_list"]
    50000
    """
    if preset not in PRESETS:
        raise RulesError(f"preset {preset!r} is not known; use {' or '.join(PRESETS)}.")
    floor, ceiling, target = PRESETS[str(preset)]
    return {"preset": preset, "min_list": floor, "max_list": ceiling, "target_list": target}


def check_sizes(rules: Rules) -> None:
    """Check the window and the distances, each for itself."""
    for name in ("min_list", "max_list", "target_list", "special_below"):
        _whole_patients(rules, name)
    if rules.min_list < 1:
        raise RulesError("min_list must be at least 1: a network has patients.")
    if rules.min_list > rules.max_list:
        raise RulesError(
            f"min_list ({rules.min_list:,}) is above max_list ({rules.max_list:,}). "
            "Swap them or change one."
        )
    if rules.target_list < 1:
        raise RulesError("target_list must be at least 1.")
    for name in ("outside_limit_m", "min_border_m", "within_m", "max_span_m"):
        value = getattr(rules, name)
        if not isinstance(value, int | float) or isinstance(value, bool) or not value >= 0:
            raise RulesError(f"{name} must be a number of metres, 0 or more, not {value!r}.")


def check_window(rules: Rules) -> None:
    """Check what moves the window: its soft ends and the balance."""
    for name in ("soft_min_list", "soft_max_list"):
        _whole_patients(rules, name)
    if rules.soft_min_list > rules.min_list:
        raise RulesError(
            f"soft_min_list ({rules.soft_min_list:,}) is above min_list ({rules.min_list:,})."
        )
    if 0 < rules.soft_max_list < rules.max_list:
        raise RulesError(
            f"soft_max_list ({rules.soft_max_list:,}) is below max_list ({rules.max_list:,})."
        )
    for name in ("outside_weight", "balance", "headroom"):
        value = getattr(rules, name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
            raise RulesError(f"{name} must be a number, 0 or more, not {value!r}.")
    if rules.headroom >= 100:
        raise RulesError(f"headroom must be below 100 per cent, not {rules.headroom:g}.")
    if rules.headroom and rules.soft:
        raise RulesError("headroom asks for more than the window, soft ends for less. Keep one.")
    if rules.outside_weight and not rules.soft:
        raise RulesError("outside_weight needs soft_min_list or soft_max_list.")


def check_words(rules: Rules) -> None:
    """Check the settings that are one of a few words, and the plain whole numbers."""
    for name, known in WORDS.items():
        value = getattr(rules, name)
        if value not in known:
            raise RulesError(f"{name} {value!r} is not known; use {' or '.join(known)}.")
    for name in ("max_practices", "max_authorities"):
        value = getattr(rules, name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise RulesError(f"{name} must be a whole number, not {value!r}.")
        if value < 0:
            raise RulesError(f"{name} must be 0 (any number) or more.")
    if isinstance(rules.neighbours, bool) or not isinstance(rules.neighbours, int):
        raise RulesError(f"neighbours must be a whole number, not {rules.neighbours!r}.")
    if rules.neighbours < 1:
        raise RulesError("neighbours must be at least 1.")


def check_count(count: object) -> None:
    """Check the number of networks that is asked for."""
    if count in ("target", "free"):
        return
    if isinstance(count, int) and not isinstance(count, bool) and count >= 1:
        return
    if (
        isinstance(count, tuple)
        and len(count) == 2
        and all(isinstance(k, int) and not isinstance(k, bool) for k in count)
        and 1 <= count[0] <= count[1]
    ):
        return
    raise RulesError(
        f"networks must be 'target', 'free', a number from 1 or a range [lowest, highest], "
        f"not {count!r}."
    )


def take_rows(name: str, kind: type[Any], given: object) -> tuple[Any, ...]:
    """Take the rows of a table as a tuple; anything but values of their kind is refused."""
    rows = given if isinstance(given, list | tuple) else (given,)
    for row in rows:
        if not isinstance(row, kind):
            first = dataclasses.fields(kind)[0].name
            raise RulesError(
                f"{name} must hold {kind.__name__} values, such as "
                f"{kind.__name__}({first}=...), not {row!r}."
            )
    return tuple(rows)


def check_choices(rules: Rules) -> None:
    """Check the tables: no practice twice in one, or in two that contradict each other."""
    listed = {name: [row.practice for row in getattr(rules, name)] for name in STANDINGS}
    for key, field in ONCE.items():
        listed[key] = [row.practice for row in getattr(rules, field)]
    for waiver in (*rules.single_practice, *rules.non_geographic, *rules.cross_area):
        if waiver.patients:
            raise RulesError(
                f"the waiver for the network of {waiver.practice}: patients only goes with "
                "[[rural_waiver]] and [[over_ceiling]]."
            )
    for name, practices in listed.items():
        _once(name, practices)
    for i, one in enumerate(STANDINGS):
        for other in STANDINGS[i + 1 :]:
            both = sorted(set(listed[one]) & set(listed[other]))
            if both:
                raise RulesError(
                    f"{examples(both)} stands under both [[{one}]] and [[{other}]]. Keep one."
                )
    check_merged(rules.merged)
    _check_shared(rules.shared)
    for name in STANDINGS:
        if name != "ordinary":
            _shared_takes_part(rules.shared, name, listed[name])
    cut = {frozenset((link.a, link.b)) for link in rules.barriers}
    for link in rules.bridges:
        if frozenset((link.a, link.b)) in cut:
            raise RulesError(
                f"the link {link.a} - {link.b} is both a bridge and a barrier. Keep one."
            )


def _once(name: str, values: Iterable[str]) -> None:
    twice = sorted(value for value, count in Counter(values).items() if count > 1)
    if twice:
        raise RulesError(f"[[{name}]] names {examples(twice)} more than once.")


def _check_shared(shared: tuple[Shared, ...]) -> None:
    """Check that what other networks count leaves something for a practice's own one (R20)."""
    _once("shared", (f"{row.practice} with {row.joins}" for row in shared))
    away: dict[str, Fraction] = {}
    for row in shared:
        away[row.practice] = away.get(row.practice, Fraction(0)) + Fraction(str(row.share))
    for practice, share in away.items():
        if share >= 1:
            raise RulesError(
                f"[[shared]] gives {float(share):.0%} of {practice} to other networks: less than "
                "all of it must be shared, the rest stays with its own network (R20)."
            )


def _shared_takes_part(shared: tuple[Shared, ...], name: str, practices: list[str]) -> None:
    """Refuse a share of, or with, a practice that the planner takes out of the networks (R20)."""
    for row in shared:
        for practice in sorted({row.practice, row.joins} & set(practices)):
            raise RulesError(
                f"{practice} stands under [[{name}]], so it is a member of no network, and under "
                f"[[shared]] ({row.practice} with {row.joins}), which needs two members (R20). "
                "Keep one."
            )


def _whole_patients(rules: Rules, name: str) -> None:
    value = getattr(rules, name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise RulesError(f"{name} must be a whole number of patients, not {value!r}.")
