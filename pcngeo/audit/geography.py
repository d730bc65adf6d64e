"""Geography: one connected area, borders of areas and services, town and country (R11 to R25)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from pcngeo.across import leading
from pcngeo.audit.case import Case, Finding, parts_of, people
from pcngeo.audit.crossing import crossing_evidence, crossing_words
from pcngeo.audit.size import RURAL_FILES
from pcngeo.demands import Apart, Locked, LockedPractice, Preference, Together
from pcngeo.errors import examples
from pcngeo.models import find_model
from pcngeo.rules import PRESETS
from pcngeo.schema import EDGE_KINDS
from pcngeo.words import are, count_of, listed

__all__ = [
    "choices_kept",
    "connected",
    "cross_area",
    "federations",
    "levels",
    "not_geographic",
    "service_borders",
    "shared_practices",
    "urban_and_rural",
]

Demand = Together | Apart | Locked | LockedPractice | Preference
LAND = frozenset({"border", "co-located"})
#: A network is called mixed from this share of its smaller side on. The sources give no figure.
MIXED_FROM = 0.25


def connected(case: Case) -> Iterator[Finding]:
    """R11: every network is one connected area on the graph."""
    wanted = "1 connected part"
    for network, members in case.groups.items():
        named = case.name(network)
        drawn = [] if case.graph is None else [p for p in members if p in case.graph]
        if case.graph is None or not drawn:
            words = f"{named}: no graph of neighbours was given for it."
            yield case.network_line("R11", network, "cannot tell", None, wanted, words)
            continue
        parts = parts_of(drawn, case.graph, frozenset(EDGE_KINDS))
        off = sorted(set(members) - set(drawn))
        unknown = f" {len(off)} of its practices {are(len(off))} not on the graph: "
        unknown += f"{examples(off)}."
        if parts > 1:
            waiver = case.waiver(case.rules.non_geographic, network)
            granted = waiver is not None and waiver.granted
            joined = [p for p in drawn if case.joined_by_decision(p)]
            rest = parts_of(set(drawn) - set(joined), case.graph, frozenset(EDGE_KINDS))
            result = "waived" if granted or rest == 1 else "fail"
            words = f"{named} is in {parts} parts whose areas do not touch on this graph."
            if granted and waiver is not None:
                words += f" Kept as it is by leave of {waiver.approved_by} ({waiver.reason}; R21)."
            elif rest == 1:
                said = "; ".join(f"{p} {case.homes[p].words}" for p in joined)
                words += f" Without those who joined by decision it is one: {said} (R14)."
        elif off:
            result, words = "cannot tell", f"{named}: the practices on the graph are connected."
        else:
            result, words = "pass", f"{named} is one connected area."
            if parts_of(drawn, case.graph, LAND) > 1:
                words = f"{named} is connected, over a link that the planner added."
        words += unknown if off else ""
        yield case.network_line("R11", network, result, parts, wanted, words)


def cross_area(case: Case) -> Iterator[Finding]:
    """R19: networks across the border of an area."""
    yield from case.idle(
        "R19",
        case.rules.cross_area,
        lambda n: "has practices of one area only" if len(areas_of(case, n)) < 2 else "",
    )
    wanted = "practices of one area, or the agreement of both commissioners"
    crossing = 0
    for network in case.groups:
        areas = areas_of(case, network)
        if len(areas) < 2:
            continue
        crossing += 1
        waiver = case.waiver(case.rules.cross_area, network)
        counts = " and ".join(f"{count:,}" for count in areas.values())
        words = f"{case.name(network)} has practices of {' and '.join(areas)} "
        words += f"({counts} people registered)"
        said = f"{leading(areas)[0]} would lead, with most of its people: nobody has said so"
        every = "both" if len(areas) == 2 else f"all {len(areas)}"
        agreed = f"to be agreed with {every} commissioners"
        if waiver is not None and waiver.lead_area:
            said = f"{waiver.lead_area} leads"
            if waiver.lead_area not in areas:
                said = f"{waiver.lead_area}, which is to lead, has no practice in it"
        if waiver is not None and waiver.granted:
            result = "amber" if waiver.lead_area not in {"", *areas} else "waived"
            words += f": agreed by {waiver.approved_by}, {said} ({waiver.reason})."
        elif waiver is not None:
            result = "amber"
            words += f": asked for ({waiver.reason}), {agreed}; {said}."
        else:
            result, words = "amber", f"{words}: {agreed}; {said}."
        words = f"{words} {crossing_words(crossing_evidence(case, [network]))}"
        yield case.network_line("R19", network, result, len(areas), wanted, words)
    if not crossing:
        words = "No network has practices of more than one area."
        yield case.area_line("R19", "pass", 0, wanted, words)


def areas_of(case: Case, network: str) -> dict[str, int]:
    """Find the commissioning areas of a network's members, with the people registered in each."""
    rows = case.practices.loc[list(case.groups[network])]
    known = rows[rows["area"].astype(str) != ""]
    sums = known.groupby(known["area"].astype(str))["list_size"].sum().sort_index()
    return {str(area): int(count) for area, count in sums.items()}


def shared_practices(case: Case) -> Iterator[Finding]:
    """R20: practices in several networks count once, by their shares."""
    wanted = "shares that add up to 1"
    if not case.rules.shared:
        words = "Every practice is in at most one network: nobody is counted twice."
        yield case.area_line("R20", "pass", 0, wanted, words)
    for row in case.rules.shared:
        own, other = case.home.get(row.practice, ""), case.home.get(row.joins, "")
        whole = case.lists.get(row.practice, 0)
        if not own or not other or own == other:
            result, words = "fail", f"{row.practice} and {row.joins} are not in two networks."
            words += f" They were to be, because: {row.reason.removesuffix('.')}."
        else:
            result = "waived" if row.approved_by else "amber"
            words = f"{row.practice} is in {case.name(own)} and {case.name(other)}, because: "
            words += f"{row.reason.removesuffix('.')}. "
            if row.approved_by:
                words += f"{_counted(case, row.practice)}; {row.share:.1%} in {case.name(other)}, "
                words += f"agreed by {row.approved_by}."
            else:
                words += f"{row.share:.1%} of {people(whole)} asked for {case.name(other)}; they "
                words += "are counted there when agreed."
        yield Finding("R20", "practice", row.practice, result, row.share, wanted, words)


def _counted(case: Case, practice: str) -> str:
    """Say where the patients of a shared practice are counted, its own network first."""
    shares = case.shares[practice].items()
    parts = " and ".join(f"{count:,} in {case.name(network)}" for network, count in shares)
    return f"Of {people(case.lists[practice])}, {parts} are counted"


def not_geographic(case: Case) -> Iterator[Finding]:
    """R21: every waiver of the connected area, needed or not."""
    wanted = "an existing network that works well, kept by agreement"
    for waiver in case.rules.non_geographic:
        network = case.home.get(waiver.practice)
        if network is None:
            words = f"{waiver.practice} is in no network: the waiver is without effect."
            yield Finding("R21", "practice", waiver.practice, "amber", None, wanted, words)
            continue
        words = f"{case.name(network)}: {waiver.reason}"
        if _in_one_part(case, network):
            line = ("amber", f"{words}; one connected area on this graph: it needs no waiver.")
        elif waiver.granted:
            line = ("waived", f"{words}; approved by {waiver.approved_by}.")
        else:
            line = ("amber", f"{words}; asked for, not yet granted.")
        yield case.network_line("R21", network, line[0], None, wanted, line[1])


def _in_one_part(case: Case, network: str) -> bool:
    """Tell whether all members of a network are on the graph, and connected there."""
    members = case.groups[network]
    if case.graph is None or any(p not in case.graph for p in members):
        return False
    return parts_of(members, case.graph, frozenset(EDGE_KINDS)) == 1


def urban_and_rural(case: Case) -> Iterator[Finding]:
    """R22: the share of the smaller side, where it is known who lives rurally."""
    wanted = f"less than {MIXED_FROM:.0%} of patients on the smaller side (our figure)"
    if "rural_share" not in case.practices or case.practices["rural_share"].isna().all():
        words = f"How many patients live rurally was not given ({RURAL_FILES})."
        yield case.area_line("R22", "cannot tell", None, wanted, words)
        return
    for network, members in case.groups.items():
        rows = case.practices.loc[list(members)]
        known = rows[rows["rural_share"].notna() & rows["list_size"].gt(0)]
        if known.empty:
            words = f"{case.name(network)}: not known for any of its practices."
            yield case.network_line("R22", network, "cannot tell", None, wanted, words)
            continue
        share = float(np.average(known["rural_share"], weights=known["list_size"]))
        mix = min(share, 1 - share)
        words = f"{case.name(network)}: {share:.0%} of its patients live rurally."
        result = "amber" if mix >= MIXED_FROM else "pass"
        yield case.network_line("R22", network, result, mix, wanted, words)


def service_borders(case: Case) -> Iterator[Finding]:
    """R23: how many local authorities a network's practices lie in."""
    wanted = "practices of one local authority"
    places = _authorities(case)
    if not places:
        words = "Borders of other services were not given."
        yield case.area_line("R23", "cannot tell", None, wanted, words)
        return
    called = _authority_names(case)
    for network, members in case.groups.items():
        codes = sorted({places.get(p, "") for p in members} - {""})
        lost = [p for p in members if not places.get(p, "")]
        result = "pass" if len(codes) == 1 and not lost else "amber"
        if len(codes) < 2 and lost:
            result = "cannot tell"
        names = [called.get(code, code) for code in codes]
        words = f"{case.name(network)}: practices in {listed(names) or 'unknown places'}"
        if any(code not in called for code in codes):
            words += " (--authorities gives names)"
        words += f"; not known for {examples(lost)}." if lost and codes else "."
        yield case.network_line("R23", network, result, len(codes), wanted, words)


def _authority_names(case: Case) -> dict[str, str]:
    """Name of every local authority whose name is known, by its code."""
    if not {"local_authority", "local_authority_name"} <= set(case.practices.columns):
        return {}
    known = case.practices[["local_authority", "local_authority_name"]].fillna("").astype(str)
    return {code: name for code, name in known.to_numpy().tolist() if code and name}


def _authorities(case: Case) -> dict[str, str]:
    """Local authority by practice: of the boundaries given (on the graph), or of the practices.

    Never of both: they may be of different editions, whose codes differ.
    """
    nodes = {} if case.graph is None else case.graph.nodes
    named = {str(p): str(data.get("local_authority", "")) for p, data in nodes.items()}
    if not any(name not in ("", "nan") for name in named.values()):
        column = case.practices.get("local_authority", pd.Series(dtype=str))
        named = {str(p): str(name) for p, name in column.fillna("").items()}
    return {p: name for p, name in named.items() if name not in ("", "nan")}


def levels(case: Case) -> Iterator[Finding]:
    """R24: providers of whole networks, each in the window of the preset."""
    low, high, _ = PRESETS["multi_neighbourhood"]
    wanted = f"providers of whole networks with {low:,} to {high:,} people registered"
    if case.levels is None or case.levels.empty:
        words = "Networks have not been grouped into places or larger neighbourhood providers "
        words += "(--providers)."
        yield case.area_line("R24", "cannot tell", None, wanted, words)
        return
    table = case.levels.assign(people=[case.lists.get(str(p), 0) for p in case.levels.index])
    inside = table[table["network"].ne("")]
    torn = inside.groupby("network")["provider"].nunique().gt(1)
    for provider, rows in inside[inside["provider"].ne("")].groupby("provider"):
        patients = int(rows["people"].sum())
        made = count_of(rows["network"].nunique(), "network")
        words = f"Provider {provider}: {made}, {people(patients)}."
        result = "pass" if low <= patients <= high else "amber"
        result = "fail" if torn.reindex(rows["network"]).any() else result
        yield Finding("R24", "provider", str(provider), result, patients, wanted, words)
    alone = sorted(set(inside.loc[inside["provider"].eq(""), "network"]))
    if alone:
        words = f"In no provider: {', '.join(f'Network {n}' for n in alone)}."
        yield case.area_line("R24", "amber", len(alone), wanted, words)


def federations(case: Case) -> Iterator[Finding]:
    """R25: federations are shown and never a unit of size; model 3 is one and needs its name."""
    named = {s.federation for s in case.rules.submissions if s.federation}
    words = "Federations are not used as a unit of size."
    if named:
        words = f"{words} Named: {', '.join(sorted(named))}."
    yield case.area_line("R25", "pass", len(named), "not a unit of size", words)
    for network in case.groups:
        row = case.submission(network)
        model = find_model(row.model) if row is not None else None
        if row is None or not row.model or (model is not None and model["model"] != "3"):
            continue
        if model is None:
            words = f"{case.name(network)}: the model “{row.model}” is none of those published."
        elif not row.federation:
            words = f"{case.name(network)}: its model is a federation or provider entity, which is "
            words += "not named."
        else:
            continue
        wanted = "a published model, and the federation's name where it is one"
        yield case.network_line("R25", network, "amber", None, wanted, words)


def choices_kept(case: Case) -> Iterator[Finding]:
    """R16: what practices asked for, wish and refuse, row by row, and which sites are divided."""
    yield from split_sites(case)
    rules = case.rules
    held: list[Demand] = [
        *rules.together, *rules.divided, *rules.locked, *rules.locked_practices
    ]  # fmt: skip
    wishes: list[Demand] = [*rules.preferences]
    rows = [row for row in (*held, *wishes) if any(p in case.lists for p in row.practices)]
    if not rows:
        words = "No wishes of practices were recorded; membership is for them to decide."
        wanted = "every choice of the practices that was recorded"
        yield case.area_line("R16", "cannot tell", None, wanted, words)
    for row in rows:
        kept = _kept(case, row)
        wish = isinstance(row, Preference)
        said = "kept" if kept else "not fulfilled" if wish else "not kept"
        why = f" ({row.reason})" if row.reason else ""
        who = f" Agreed by {row.approved_by}." if row.approved_by else ""
        words = f"{row.words()}{why}: {said}.{who}"
        wanted = "fulfilled where it can be" if wish else "kept"
        subject = " ".join(row.practices)
        result = "pass" if kept else "amber"
        yield Finding("R16", "practice", subject, result, None, wanted, words)


def split_sites(case: Case) -> Iterator[Finding]:
    """R16: practices on one site in different networks, for them to decide (Q9)."""
    if case.territories is None:
        return
    wanted = "practices on one site in one network, where they wish it"
    site = case.territories["site"]
    for label, members in site.groupby(site).groups.items():
        homes = {case.home[p] for p in members if p in case.home}
        if len(homes) < 2:
            continue
        named = ", ".join(f"{p} (network {case.home.get(str(p), 'none')})" for p in members)
        words = f"Practices on one site are in different networks: {named}."
        total = sum(case.lists.get(str(p), 0) for p in members)
        if total > case.rules.max_list:
            words += f" Together they have {total:,} patients, above {case.rules.max_list:,}."
        yield Finding("R16", "site", str(label), "amber", len(homes), wanted, words)


def _kept(case: Case, row: Demand) -> bool:
    """Tell whether a plan keeps a demand; practices of other areas do not count."""
    homes = [case.home.get(p, "") for p in row.practices if p in case.lists]
    if isinstance(row, Apart):
        return len(homes) < 2 or homes[0] != homes[1] or not homes[0]
    together = len(set(homes)) <= 1 and all(homes)
    if not isinstance(row, Locked) or not homes:
        return together
    return together and sum(home == homes[0] for home in case.home.values()) == len(homes)
