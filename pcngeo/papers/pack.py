"""What the networks of a configuration hand in, put together from its tables."""

from __future__ import annotations

from pcngeo import submission, territory
from pcngeo.names import display_name
from pcngeo.papers.area import Area
from pcngeo.papers.tables import Papers
from pcngeo.plan import Status
from pcngeo.travel import STRAIGHT

__all__ = ["submission_pack"]

#: Columns of practices that are written as people write names.
NAMES = ("name", "network_today_name")


def submission_pack(area: Area, papers: Papers, *, effective_date: str = "") -> submission.Pack:
    """Put together what the networks of a configuration hand in.

    Parameters
    ----------
    area, papers
        The configuration and its tables.
    effective_date
        From when the memberships are to hold.

    Returns
    -------
    Pack
        For `pcngeo.submission.submission_files`.
    """
    names = {c: area.practices[c].fillna("").map(display_name) for c in NAMES}
    return submission.Pack(
        plan=area.plan,
        practices=area.practices.assign(**names),
        areas=territory.network_areas(area.plan, area.territories, area.practices),
        territories=area.territories,
        boundary=area.boundary,
        rules=area.rules,
        area=area.area,
        area_name=area.area_name or area.area,
        list_date=area.list_date,
        sources=area.sources,
        tables=papers.tables(),
        audit=papers.audit,
        service=papers.service,
        orphans=papers.orphans,
        effective_date=effective_date,
        proof=_proof(area),
        existing=area.existing,
        notes=_grounds(area),
    )


def _proof(area: Area) -> str:
    """Say how good the plan is known to be; of one that was read, the reading knows nothing."""
    if area.existing:
        return ""
    if area.plan.status is Status.GIVEN and area.plan.method.startswith("read from"):
        return f"The plan was {area.plan.method}, not solved again: no proof is repeated here."
    return area.plan.proof


def _grounds(area: Area) -> tuple[str, ...]:
    """Say what areas and distances of a configuration rest on."""
    drawn = area.territories["derived_from"].str.split(";").str[0].value_counts()
    said = [f"Areas of {count} practices: {text}." for text, count in sorted(drawn.items())]
    distances = area.graph.graph.get("distances", STRAIGHT)
    if distances != STRAIGHT:
        said.append(f"Travel: {distances}.")
    said.append(
        "Distances in kilometres are straight lines"
        + (": no table of travel was given." if distances == STRAIGHT else ".")
    )
    if area.branches is not None:
        said.append(
            f"{len(area.branches)} branch surgeries belong to the areas of their practices (Q23)."
        )
    return tuple(said)
