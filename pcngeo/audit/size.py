"""Sizes: window, rural exception, ceiling, single practices, dates (R01 to R07, R18)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pcngeo.audit.case import Case, Finding, people
from pcngeo.errors import examples
from pcngeo.models import find_model
from pcngeo.words import count_of, have, listed, say_date

__all__ = [
    "ceiling",
    "evidence",
    "floor",
    "lists_dated",
    "number_of_networks",
    "registered_lists",
    "rural_exception",
    "single_practice",
    "target_window",
]

#: From this share of rural patients on, a network below the floor may ask for the exception. The
#: sources give no figure; a majority is ours.
RURAL_MAJORITY = 0.5
#: The options that say who lives rurally.
RURAL_FILES = "--rurality, with --registrations"
#: From this list size on, neighbourhoods inside a single practice are advised (S003).
SUPER_PRACTICE = 100_000
#: What single providers generally have more than (S000, model 5).
USUALLY_ABOVE = 50_000


def target_window(case: Case) -> Iterator[Finding]:
    """R01: how many networks lie in the window."""
    low, high = case.window
    inside = [n for n, size in case.sizes.items() if low <= size <= high]
    wanted = f"{low:,} to {high:,} people registered"
    if not case.sizes:
        yield case.area_line("R01", "cannot tell", 0, wanted, "There is no network.")
        return
    good = len(inside) == len(case.sizes)
    below = sum(size < low for size in case.sizes.values())
    above = len(case.sizes) - len(inside) - below
    yield case.area_line(
        "R01",
        "pass" if good else "amber",
        len(inside),
        f"every network with {wanted}",
        f"{len(inside)} of {count_of(len(case.sizes), 'network')} {have(len(inside))} {wanted}; "
        f"{below} {have(below)} fewer, {above} more.",
    )


def floor(case: Case) -> Iterator[Finding]:
    """R02: no network below the floor without leave."""
    published = case.window[0]
    least = case.rules.min_list
    wanted = f"at least {published:,}"
    for network, size in case.sizes.items():
        named = f"{case.name(network)} has {people(size)}"
        if size >= published:
            result, words = "pass", f"{named}, {size - published:,} above the floor."
        elif size >= least:
            result = "amber"
            words = f"{named}: above the planner's floor of {least:,}, below {published:,}."
        else:
            short = f"{named}, {published - size:,} below the floor"
            waiver = case.waiver(case.rules.rural_waivers, network)
            if waiver is not None and waiver.granted:
                result = "waived"
                words = f"{short}: waived by {waiver.approved_by} ({waiver.reason})."
            else:
                result = "fail"
                asked = "a waiver was asked for and not yet granted" if waiver else "no waiver"
                words = f"{short}: {asked} (R03)."
        yield case.network_line("R02", network, result, size, wanted, words)


def evidence(case: Case, network: str) -> dict[str, float]:
    """Compute what bears on the rural exception (R03); nothing is granted by it.

    Returns
    -------
    dict
        `rural_share` of registered patients (practices' column `rural_share`, weighted by list),
        `density` (people registered for each km2 of the network's area), `span_km` (greatest
        distance between two members) and `nearest_km` (least distance to a practice outside);
        NaN where the data does not say.
    """
    members = list(case.groups[network])
    rows = case.practices.loc[members]
    found = dict.fromkeys(("rural_share", "density", "span_km", "nearest_km"), float("nan"))
    if "rural_share" in rows and rows["rural_share"].notna().any():
        known = rows[rows["rural_share"].notna()]
        weights = known["list_size"].to_numpy(dtype=float)
        if weights.sum() > 0:
            share = known["rural_share"].to_numpy(dtype=float)
            found["rural_share"] = float(np.average(share, weights=weights))
    if case.territories is not None:
        drawn = case.territories[case.territories.index.isin(members)]
        square_km = float(drawn.drop_duplicates("site").area.sum()) / 1e6
        if square_km > 0:
            found["density"] = case.sizes[network] / square_km
    here = case.practices.geometry
    located = here.notna() & ~here.is_empty
    inside = here[located & case.practices.index.isin(members)]
    beyond = here[located & ~case.practices.index.isin(members)]
    if len(inside):
        x, y = inside.x.to_numpy(), inside.y.to_numpy()
        found["span_km"] = float(np.hypot(x[:, None] - x, y[:, None] - y).max()) / 1000
        if len(beyond):
            away = np.hypot(x[:, None] - beyond.x.to_numpy(), y[:, None] - beyond.y.to_numpy())
            found["nearest_km"] = float(away.min()) / 1000
    return found


def rural_exception(case: Case) -> Iterator[Finding]:
    """R03: the evidence for every network below the floor, and for every waiver."""
    yield from case.idle("R03", case.rules.rural_waivers)
    published = case.window[0]
    wanted = "low population density across a large rural and remote area"
    for network, size in case.sizes.items():
        waiver = case.waiver(case.rules.rural_waivers, network)
        if size >= published and waiver is None:
            continue
        seen = evidence(case, network)
        words = f"{case.name(network)}: {_evidence_words(seen)}."
        if waiver is not None and size >= published:
            result, verdict = "amber", "It is not below the floor: the waiver is not needed."
        elif waiver is not None and waiver.granted:
            result = "waived"
            verdict = f"Waived by {waiver.approved_by}: {waiver.reason}."
        elif np.isnan(seen["rural_share"]):
            result, verdict = (
                "cannot tell",
                f"Whether its patients are rural was not given ({RURAL_FILES}).",
            )
        elif seen["rural_share"] >= RURAL_MAJORITY:
            result, verdict = "amber", "Eligible to request a waiver; not granted."
        else:
            result, verdict = "fail", "Most of its patients are not rural."
        yield case.network_line(
            "R03", network, result, _or_none(seen["density"]), wanted, f"{words} {verdict}"
        )


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else value


def _evidence_words(seen: dict[str, float]) -> str:
    said = [
        f"{seen['rural_share']:.0%} of patients rural" if seen["rural_share"] >= 0 else "",
        f"{seen['density']:,.0f} people registered for each km²" if seen["density"] >= 0 else "",
        f"{seen['span_km']:.1f} km across" if seen["span_km"] >= 0 else "",
        f"{seen['nearest_km']:.1f} km to the next practice" if seen["nearest_km"] >= 0 else "",
    ]
    return ", ".join(part for part in said if part) or "no evidence can be computed"


def ceiling(case: Case) -> Iterator[Finding]:
    """R04: above the ceiling only with the commissioner's agreement."""
    published = case.window[1]
    yield from case.idle(
        "R04",
        case.rules.over_ceiling,
        lambda n: f"is not above {published:,}" if case.sizes[n] <= published else "",
    )
    wanted = f"at most {published:,}, or the commissioner's agreement"
    for network, size in case.sizes.items():
        named = f"{case.name(network)} has {people(size)}"
        if size <= published:
            result, words = "pass", f"{named}, {published - size:,} below the ceiling."
        else:
            waiver = case.waiver(case.rules.over_ceiling, network)
            over = f"{named}, {size - published:,} above {published:,}"
            if waiver is not None and waiver.granted:
                result = "waived"
                words = f"{over}: agreed by {waiver.approved_by} ({waiver.reason})."
            else:
                result = "amber"
                words = f"{over}: to be agreed with the commissioner."
            words += f" {_teams_words(case, network)}"
        yield case.network_line("R04", network, result, size, wanted, words)


def _teams_words(case: Case, network: str) -> str:
    """Say which neighbourhood teams are proposed inside a network above the ceiling (R18)."""
    low, high = case.window
    size = case.sizes[network]
    fewest, most = -(-size // high), size // low
    if most < 2:
        return f"It is too small for two neighbourhood teams of {low:,} and more."
    count = str(most) if fewest == most else f"{fewest} to {most}"
    sums = f"{count} neighbourhood teams of its people would be in the window"
    if len(case.groups[network]) == 1:
        return f"{sums}; it is one practice, so they follow its sites (R18)."
    if case.teams is None:
        return f"{sums}, if its practices divide so."
    rows = case.teams[case.teams["network"] == network]
    made = rows[rows["team"] != ""].groupby("team")["team_list_size"].first()
    if made.empty:
        return "Its practices cannot be divided into neighbouring teams in the window."
    left = rows.loc[rows["team"] == "", "list_size"]
    said = listed([f"{team} ({count:,})" for team, count in made.items()])
    out = f"; {count_of(len(left), 'practice')} ({people(left.sum())}) in none" if len(left) else ""
    return f"Proposed neighbourhood teams inside it: {said}{out}."


def registered_lists(case: Case) -> Iterator[Finding]:
    """R05: what counts is the registered list of each practice, on the graph too."""
    wrong = []
    if case.graph is not None:
        nodes = case.graph.nodes
        wrong = [p for p in nodes if case.lists.get(p) != int(nodes[p]["list_size"])]
    yield case.area_line(
        "R05",
        "fail" if wrong else "pass",
        len(wrong),
        "no practice counted with another number than its registered list",
        f"Counted with another number: {examples(wrong)}."
        if wrong
        else f"Every practice ({len(case.lists)} in all) is counted with its registered list, "
        f"{people(sum(case.lists.values()))}.",
    )


def lists_dated(case: Case) -> Iterator[Finding]:
    """R06: lists of 1 January of the contract year."""
    wanted = "lists at 1 January"
    date = case.list_date
    if date is None:
        yield case.area_line("R06", "cannot tell", None, wanted, "The lists' date was not given.")
        return
    good = (date.month, date.day) == (1, 1)
    words = f"The lists are of {say_date(date)}"
    yield case.area_line(
        "R06",
        "pass" if good else "amber",
        date.year,
        wanted,
        f"{words}." if good else f"{words}, not of 1 January: list sizes differ by then.",
    )


def number_of_networks(case: Case) -> Iterator[Finding]:
    """R07: the number of networks is one that the people registered can be divided into."""
    total = sum(case.sizes.values())
    low, high = -(-total // case.window[1]), total // case.window[0]
    count = len(case.sizes)
    fits = str(low) if low == high else f"{low} to {high}"
    if low > high:
        words = f"{people(total)} cannot be divided into networks in the window"
        yield case.area_line("R07", "amber", count, "a number that fits", f"{words}.")
        return
    yield case.area_line(
        "R07",
        "pass" if low <= count <= high else "amber",
        count,
        f"{fits} network{'' if high == 1 else 's'}",
        f"{count_of(count, 'network')}; {people(total)} can be divided into {fits} in the window.",
    )


def single_practice(case: Case) -> Iterator[Finding]:
    """R18: a network of one practice needs the commissioner's agreement."""
    low, high = case.window
    yield from case.idle(
        "R18",
        case.rules.single_practice,
        lambda n: f"has {len(case.groups[n])} practices" if len(case.groups[n]) > 1 else "",
    )
    wanted = f"at least {low:,} and the commissioner's agreement"
    for network, members in case.groups.items():
        if len(members) != 1:
            yield from _no_super_practice(case, network)
            continue
        size = case.sizes[network]
        waiver = case.waiver(case.rules.single_practice, network)
        agreed = waiver is not None and waiver.granted
        words = f"{case.name(network)} is one practice, {members[0]}, with {people(size)}"
        rural = case.waiver(case.rules.rural_waivers, network)
        if size < low and not (rural is not None and rural.granted):
            result, verdict = "fail", f"too few to be a network alone (below {low:,})"
        elif agreed and waiver is not None:
            result, verdict = "waived", f"agreed by {waiver.approved_by} ({waiver.reason})"
        else:
            result, verdict = "amber", "to be agreed with the commissioner"
        more = ""
        if size >= SUPER_PRACTICE:
            more = (
                " At 100,000 and more, neighbourhoods inside it are advised (S003); from 2020/21 "
            )
            more += "another health body signs up with it."
        elif size > high:
            more = f" It is above {high:,} (R04)."
        if size < low and result != "fail":
            more = f" It is below {low:,} by leave (R02, R03)."
        more += _scattered(case, members[0])
        if _is_super_practice(case, network) and size <= USUALLY_ABOVE:
            more += f" Super-practices generally have more than {USUALLY_ABOVE:,} (S000)."
        yield case.network_line("R18", network, result, size, wanted, f"{words}: {verdict}.{more}")


def _is_super_practice(case: Case, network: str) -> bool:
    """Tell whether a network says that it takes the model of a super-practice (S003, model 4)."""
    row = case.submission(network)
    model = find_model(row.model) if row is not None else None
    return model is not None and model["model"] == "4"


def _no_super_practice(case: Case, network: str) -> Iterator[Finding]:
    """Find a network of several practices whose model is that of a single one."""
    if _is_super_practice(case, network):
        count = len(case.groups[network])
        words = (
            f"{case.name(network)}: its model is a super-practice, and it has {count} practices."
        )
        yield case.network_line("R18", network, "amber", count, "one practice", words)


def _scattered(case: Case, practice: str) -> str:
    """Say when the area of a single practice is in several parts (S003: it may be far spread)."""
    if case.territories is None or practice not in case.territories.index:
        return ""
    shape = case.territories.geometry[practice]
    parts = len(getattr(shape, "geoms", [shape]))
    return f" The area of its sites is in {parts} separate parts (S003)." if parts > 1 else ""
