"""The stages in order: with `prepared`, the only rooms that know the order.

``load -> build_territories -> build_graph -> solve -> verify -> settle_homes -> membership ->
measure -> audit``, then the folder, whose files `pcngeo.writing` writes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from pcngeo import agreed, evaluate, export, intake, levels, orphans, recheck, territory, writing
from pcngeo.errors import PcnGeoError
from pcngeo.optimise import explain, solve
from pcngeo.optimise.large import KEPT
from pcngeo.optimise.whynot import WhyNot, why_not
from pcngeo.papers import Area, audited
from pcngeo.plan import Plan, Status
from pcngeo.prepared import PreparedArea, prepare_area, silent
from pcngeo.review.words import name_practices
from pcngeo.rules import Rules
from pcngeo.schema import UNPLACED
from pcngeo.words import say_search

if TYPE_CHECKING:
    import folium

__all__ = ["PlannedArea", "plan_area"]

Path_ = str | Path
Report = Callable[[str, str], None]


@dataclass(frozen=True, eq=False)
class PlannedArea(PreparedArea):
    """A planned area: every value of the path, in the order in which it came about.

    Parameters
    ----------
    intake, rules, territories, graph
        As of `PreparedArea`.
    plan
        Who is in which network, with its proof.
    proposals
        Homes offered to practices in no network, and those that were agreed or assigned.
    reasons
        Why practices of the graph are in no network that the search made.
    membership, measures
        One row a practice, one row a network.
    audit, orphans
        Every published rule checked on the plan; every practice in no network.
    levels
        The network and the provider of every practice, where networks were grouped (R24).
    why_not
        Why practices are in no network, and what would help.
    """

    plan: Plan
    proposals: pd.DataFrame
    reasons: pd.DataFrame
    membership: pd.DataFrame
    measures: pd.DataFrame
    audit: pd.DataFrame
    orphans: pd.DataFrame
    levels: pd.DataFrame | None = field(default=None, kw_only=True)
    why_not: WhyNot

    @cached_property
    def coverage(self) -> pd.DataFrame:
        """How much of the practices, patients, area and LSOAs is covered (R10)."""
        loaded = self.intake
        return territory.coverage(
            self.plan, loaded.practices, self.territories, loaded.boundary, self.lsoas
        )

    @property
    def complete(self) -> bool:
        """Whether every practice that takes part is in a network that the rules allow."""
        orphans_left = self.membership["status"].isin(UNPLACED).any()
        return self.plan.status is not Status.INFEASIBLE and not bool(orphans_left)

    def draw(self, **more: Any) -> folium.Map:
        """Draw the review page: a folium map that a notebook shows.

        Parameters
        ----------
        more
            As of `pcngeo.writing.draw_plan`: `alternatives`, `today`, `subtitle` and others.

        Returns
        -------
        folium.Map
            For `pcngeo.review.save_map` as well.
        """
        return writing.draw_plan(self, **more)

    def _repr_html_(self) -> str:
        """Show the area in a notebook: its name, plan and measures; `draw` shows the map."""
        named = escape(self.intake.area_name or self.intake.area)
        table = self.measures.to_html(float_format="{:.2f}".format, border=0)
        return f"<h3>{named}</h3>{self.plan._repr_html_()}{table}"


def plan_area(
    *,
    lists: Path_,
    postcodes: Path_ | Sequence[Path_],
    area: str | Sequence[str],
    organisations: Path_ | None = None,
    boundaries: Path_ | None = None,
    membership: Path_ | None = None,
    registrations: Path_ | None = None,
    lsoa_changes: Path_ | None = None,
    branches: Path_ | None = None,
    neighbours: Sequence[str] = (),
    list_date: dt.date | None = None,
    lsoas: Path_ | None = None,
    practice_areas: Path_ | None = None,
    barriers: Path_ | None = None,
    bridges: Path_ | None = None,
    edges: Path_ | None = None,
    travel: Path_ | None = None,
    authorities: Path_ | None = None,
    deprivation: Path_ | None = None,
    rurality: Path_ | None = None,
    rules: Rules | None = None,
    seed: int = 0,
    time_limit: float | None = None,
    max_memory: float | None = None,
    out: Path_ | None = None,
    progress: Report | None = None,
) -> PlannedArea:
    """Plan an area from published files, and write the output folder.

    Parameters
    ----------
    lists
        Patients registered at a GP practice, by practice (``gp-reg-pat-prac-all``).
    postcodes
        One or several postcode files; the first that knows a postcode wins.
    area
        Code of the commissioning area, or several to plan as one.
    organisations, boundaries, membership, registrations, lsoa_changes, branches
        ``epraccur``; area boundaries; practice to PCN map; registered patients by LSOA; branch
        surgeries (``ebranchs`` or a table of your own).
    neighbours
        Practices of other areas to include (R19).
    list_date
        Date of the lists, for a table of your own that does not hold it (R06).
    lsoas, practice_areas, barriers, bridges, edges, travel, authorities, deprivation, rurality
        The planner's geography; see `pcngeo.geography.read_geography`.
    rules
        The planner's choices; the default rules where none are given.
    seed
        Seed of the random choices of the search.
    time_limit
        Seconds that the optimiser may take; without one it goes on until the proof.
    max_memory
        Megabytes that the optimiser's lists may take; see `pcngeo.solve`.
    out
        Folder to write; nothing is written without one.
    progress
        Called with the name of a stage and a sentence when it begins or moves on.

    Returns
    -------
    PlannedArea

    Raises
    ------
    DataError, RulesError, OutputError
        For input, rules or a folder that cannot be used; then nothing has been written.
    """
    if out is not None:
        export.check_folder(out)
    prepared = prepare_area(
        lists=lists,
        postcodes=postcodes,
        area=area,
        organisations=organisations,
        boundaries=boundaries,
        membership=membership,
        registrations=registrations,
        lsoa_changes=lsoa_changes,
        branches=branches,
        neighbours=neighbours,
        list_date=list_date,
        lsoas=lsoas,
        practice_areas=practice_areas,
        barriers=barriers,
        bridges=bridges,
        edges=edges,
        travel=travel,
        authorities=authorities,
        deprivation=deprivation,
        rurality=rurality,
        rules=rules,
        progress=progress,
    )
    keep_in = None if out is None else Path(out) / KEPT
    result = plan_prepared(
        prepared, seed=seed, time_limit=time_limit, max_memory=max_memory, progress=progress,
        keep_in=keep_in,
    )  # fmt: skip
    if out is not None:
        if progress:
            progress("write", f"writing {out}")
        writing.write_plan(result, out)
    if keep_in is not None and not result.plan.stopped_by_hand:
        keep_in.unlink(missing_ok=True)
    return result


def plan_prepared(
    prepared: PreparedArea,
    *,
    seed: int = 0,
    time_limit: float | None = None,
    max_memory: float | None = None,
    progress: Report | None = None,
    keep_in: Path | None = None,
) -> PlannedArea:
    """Plan an area that has its graph; parameters as in `plan_area`, `keep_in` as in `solve`."""
    say = progress or silent
    practices, graph, rules = prepared.intake.practices, prepared.graph, prepared.rules
    rest, kept = agreed.set_aside(graph, practices, rules)
    say("solve", f"grouping {len(rest)} practices over {rest.number_of_edges()} links")
    divide = partial(
        solve,
        seed=seed,
        time_limit=time_limit,
        max_memory=max_memory,
        progress=lambda phase, best, bound, gap: say("solve", say_search(phase, gap)),
    )
    below = None
    if rules.preset == "multi_neighbourhood":
        plan, below = levels.plan_of_networks(rest, rules, divide)
    else:
        plan = divide(rest, rules, keep_in=keep_in)
        recheck.verify(plan, rest, rules)
    plan = agreed.grant_rural_waivers(agreed.put_back(plan, kept, graph, rules), graph, rules)
    say("measure", "measuring and checking the plan again")
    if plan.unplaced:
        say("why not", f"looking for what would place {plan.unplaced_patients:,} patients")
    result = finish_plan(prepared, plan, below=below, progress=progress, time_limit=time_limit)
    demands = rules if below is None else levels.provider_rules(rules)
    decided = replace(demands, homes=rules.homes, refused=rules.refused)
    recheck.verify_whole(result.plan, graph, decided, kept=kept.values())
    return result


def finish_plan(
    prepared: PreparedArea,
    plan: Plan,
    why: WhyNot | None = None,
    *,
    below: Plan | None = None,
    progress: Report | None = None,
    time_limit: float | None = None,
) -> PlannedArea:
    """Work out all that a plan of any origin comes with: homes, reasons, measures, audit.

    Parameters
    ----------
    prepared
        The area with its graph.
    plan
        A plan over the practices of the graph.
    why
        Why it leaves practices out, where that is known already.
    below
        The networks that it is made of, where it is one of providers (R24).
    progress
        As of `plan_area`.
    time_limit
        Seconds to find that out.

    Returns
    -------
    PlannedArea
    """
    say = progress or silent
    practices, graph, rules = prepared.intake.practices, prepared.graph, prepared.rules
    judged = rules if below is None else levels.network_rules(rules)
    if why is None:
        rest, _ = agreed.set_aside(graph, practices, rules)
        whole = plan if below is None else below
        own = whole.replace(assignment=whole.assignment.reindex(sorted(rest)))
        try:
            why = why_not(rest, judged, own, time_limit=time_limit)
        except KeyboardInterrupt:  # the plan is there: what sums alone say is enough
            why = why_not(rest, judged, own, most_solves=0)
        plan = plan.replace(explanation=(*plan.explanation, *why.news))
    reasons = explain.unplaced_reasons(graph, judged, plan)
    reasons = agreed.with_refusals(reasons, plan, graph, rules)
    word = partial(name_practices, names=practices["name"].fillna("").to_dict())
    reasons, why = reasons.assign(reason=reasons["reason"].map(word)), why.worded(word)
    plan = plan.replace(explanation=tuple(map(word, plan.explanation)))
    plan, offers = orphans.settle_homes(plan, practices, graph, rules)
    table = evaluate.membership(plan, practices, graph, offers, reasons, rules)
    _reconcile(prepared.intake, table)
    area = Area.of(
        prepared.intake,
        rules,
        plan,
        prepared.territories,
        graph,
        reasons=reasons,
        offers=offers,
        levels=None if below is None else levels.levels_table(plan, below),
    )
    say("audit", "checking every published rule on the finished plan")
    return PlannedArea(
        prepared.intake,
        rules,
        prepared.territories,
        graph,
        plan=plan,
        proposals=offers,
        reasons=reasons,
        membership=table,
        measures=evaluate.measure(plan, practices, graph, prepared.territories, rules),
        levels=area.levels,
        own=prepared.own,
        not_kept=prepared.not_kept,
        why_not=why,
        **audited(area),
    )


def plan_given(prepared: PreparedArea, plan: Plan, *, existing: bool = False) -> Area:
    """Take a configuration that no solver made: today's networks, or one edited by hand.

    Parameters
    ----------
    prepared
        The area, with the same territories and graph as a new plan would have.
    plan
        Who is in which network.
    existing
        Whether these are today's networks: homes that were agreed are not moved into those.

    Returns
    -------
    Area
        For `pcngeo.papers.Papers`.
    """
    practices, graph, rules = prepared.intake.practices, prepared.graph, prepared.rules
    reasons = None
    if existing:
        offers = orphans.propose(plan, practices, graph, rules)
    else:
        on_graph = plan.replace(assignment=plan.assignment.reindex(sorted(graph)).fillna(""))
        reasons = explain.unplaced_reasons(graph, rules, on_graph)
        reasons = agreed.with_refusals(reasons, on_graph, graph, rules)
        plan, offers = orphans.settle_homes(plan, practices, graph, rules)
    return Area.of(
        prepared.intake,
        rules,
        plan,
        prepared.territories,
        graph,
        reasons=reasons,
        offers=offers,
        existing=existing,
    )


def _reconcile(loaded: intake.Intake, table: pd.DataFrame) -> None:
    """Stop where a practice or a patient was lost between the files and the plan."""
    steps = loaded.report.reconciliation
    expected = int(loaded.practices["list_size"].sum())
    found = int(table["list_size"].sum())
    if len(table) != len(loaded.practices) or found != expected:
        raise PcnGeoError(
            f"the plan holds {len(table)} practices and {found:,} patients, the files "
            f"{len(loaded.practices)} and {expected:,} ({len(steps)} steps): nothing was written."
        )
