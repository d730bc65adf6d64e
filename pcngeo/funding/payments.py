"""Rates and networks -> what each network is paid, stream by stream, and its cliffs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import pandas as pd

from pcngeo.errors import DataError, examples
from pcngeo.funding.rates import BASES, Rates, Stream, read_rates

if TYPE_CHECKING:
    from pcngeo.plan import Plan

__all__ = [
    "CANNOT",
    "STREAM_COLUMNS",
    "cliffs",
    "funding",
    "funding_inputs",
    "funding_table",
    "pounds",
    "printed_table",
]

#: Columns of `funding_table`, in order.
STREAM_COLUMNS = (
    "network",
    "year",
    "stream",
    "name",
    "paid_to",
    "months",
    "wte",
    "amount_gbp",
    "exact_gbp",
    "network_pays_gbp",
    "in_total",
    "rule",
    "source",
    "note",
)
#: How a note begins where a rate or an input is missing.
CANNOT = "Cannot compute"


def pounds(amount: Decimal) -> int:
    """Round an amount half-up to the pound.

    Examples
    --------
    >>> pounds(Decimal("28357.50"))
    28358
    """
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def funding_inputs(
    plan: Plan, practices: pd.DataFrame, list_sizes: Mapping[str, int] | None = None
) -> pd.DataFrame:
    """Add up what the money depends on, network by network.

    Parameters
    ----------
    plan
        Who is in which network.
    practices
        Index practice; `list_size`, and where known `weighted_list`, `adjusted_list` and
        `care_home_beds`.
    list_sizes
        List size by network where it is not the plain sum (a practice shared by two networks,
        R20).

    Returns
    -------
    DataFrame
        Index `network`; `list_size` (registered patients) and the other columns where given;
        missing where a single member's value is missing.
    """
    home = plan.assignment[plan.assignment != ""]
    rows = practices.loc[home.index]
    known = [column for column in BASES if column in practices.columns]
    groups = plan.groups()
    sums = {
        column: [rows.loc[list(members), column].sum(skipna=False) for members in groups.values()]
        for column in known
    }
    if list_sizes:
        sums["list_size"] = [
            list_sizes.get(network, size)
            for network, size in zip(groups, sums["list_size"], strict=True)
        ]
    table = pd.DataFrame(sums, index=pd.Index(list(groups), dtype=str, name="network"))
    return table.astype({"list_size": int})


def funding_table(
    networks: pd.DataFrame,
    rates: Rates | str = "2019/20",
    *,
    months: int = 12,
    include: Collection[str] = (),
    waived: Collection[str] = (),
    waived_staff_wte: int = 0,
) -> pd.DataFrame:
    """Apply a year's rates to networks: one row for each network and stream.

    Parameters
    ----------
    networks
        Index network; `list_size`, and where known `weighted_list`, `adjusted_list`,
        `care_home_beds` (see `funding_inputs`).
    rates
        A year or rates of your own.
    months
        Months that part-year streams are paid for, 1 to 12.
    include
        Keys of optional streams to count (``extended_access``).
    waived
        Networks below the first step that hold a rural waiver (R03).
    waived_staff_wte
        Whole-time equivalents that a waived network can claim. The handbook says that every
        network with at least 30,000 can claim, and nothing of waived ones: so 0, with a note.

    Returns
    -------
    DataFrame
        Columns `STREAM_COLUMNS`, sorted by network and the order of the rates file. `amount_gbp`
        is rounded half-up to the pound and missing where it cannot be computed (the note says
        why); `exact_gbp` is the amount before rounding; `network_pays_gbp` what the network adds
        itself (30 % of a clinical pharmacist).

    Raises
    ------
    DataError
        When the months are out of range or there are no such rates or streams.

    Examples
    --------
    >>> table = funding_table(pd.DataFrame({"list_size": [50_000]}, index=["1"]))
    >>> table.set_index("stream")["amount_gbp"].to_dict()["clinical_director"]
    34379
    """
    rates = read_rates(rates) if isinstance(rates, str) else rates
    if isinstance(months, bool) or not 1 <= months <= 12:
        raise DataError(f"months must be a whole number from 1 to 12, not {months}")
    odd = sorted(set(include) - {stream.key for stream in rates.streams})
    if odd:
        known = [stream.key for stream in rates.streams]
        raise DataError(f"{rates.year} has no stream {examples(odd)}; it has {', '.join(known)}")
    chosen = [s for s in rates.streams if not s.optional or s.key in include]
    rows = [
        _row(str(network), inputs, stream, rates, months, str(network) in waived, waived_staff_wte)
        for network, inputs in networks.iterrows()
        for stream in chosen
    ]
    table = pd.DataFrame(rows, columns=list(STREAM_COLUMNS))
    kinds: dict[str, Any] = {
        "amount_gbp": "Int64",
        "network_pays_gbp": "Int64",
        "months": int,
        "in_total": bool,
    }
    return table.astype(kinds)


def _row(
    network: str,
    inputs: pd.Series,
    stream: Stream,
    rates: Rates,
    months: int,
    is_waived: bool,
    waived_wte: int,
) -> dict[str, object]:
    paid = months if stream.part_year else 12
    wte: Decimal | None = None
    extra = Decimal(0)
    note = ""
    amount: Decimal | None
    if stream.per_wte is not None and rates.staff is not None:
        patients = int(inputs["list_size"])
        count = rates.staff.wte(patients)
        if patients < rates.staff.first_from:
            count = waived_wte if is_waived else 0
            note = _no_staff(patients, rates.staff.first_from, count, is_waived)
        wte = Decimal(count)
        amount = stream.per_wte * count
        extra = amount / stream.full_cost_share - amount
    else:
        amount, note = per_head(stream, inputs, rates.year)
        if stream.patients_per_wte:
            wte = Decimal(int(inputs["list_size"])) / stream.patients_per_wte
    share = Decimal(paid) / 12
    return {
        "network": network,
        "year": rates.year,
        "stream": stream.key,
        "name": stream.name,
        "paid_to": stream.paid_to,
        "months": paid,
        "wte": float("nan") if wte is None else float(wte),
        "amount_gbp": pd.NA if amount is None else pounds(amount * share),
        "exact_gbp": None if amount is None else amount * share,
        "network_pays_gbp": pd.NA if amount is None else pounds(extra * share),
        "in_total": stream.in_total,
        "rule": stream.rule,
        "source": stream.source,
        "note": note,
    }


def _no_staff(patients: int, first: int, count: int, is_waived: bool) -> str:
    short = f"{first - patients:,} people registered short of {first:,}"
    if not is_waived:
        return f"{short}: no reimbursed staff."
    return (
        f"{short}; the handbook does not say what a network with a rural waiver can claim: "
        f"counted as {count}."
    )


def per_head(
    stream: Stream, inputs: pd.Series, year: str, whose: str = "network"
) -> tuple[Decimal | None, str]:
    """Apply a stream's rates per head; where that cannot be done, say what is missing."""
    if not stream.terms:
        return None, f"{CANNOT}: {stream.rule} ({year})."
    missing = [of for _, of in stream.terms if of not in inputs or pd.isna(inputs[of])]
    if missing:
        words = " and ".join(BASES[of] for of in missing)
        verb = "was" if missing == ["adjusted_list"] else "were"
        columns = ", ".join(missing)
        return None, f"{CANNOT}: the {words} of this {whose} {verb} not given ({columns})."
    return sum((rate * Decimal(str(inputs[of])) for rate, of in stream.terms), Decimal(0)), ""


def funding(
    networks: pd.DataFrame,
    rates: Rates | str = "2019/20",
    *,
    months: int = 12,
    include: Collection[str] = (),
    waived: Collection[str] = (),
    waived_staff_wte: int = 0,
) -> pd.DataFrame:
    """Say what each network is paid in a year: one row a network, one column a stream.

    Parameters
    ----------
    networks, rates, months, include, waived, waived_staff_wte
        As in `funding_table`.

    Returns
    -------
    DataFrame
        Index `network`; `list_size`; a column ``<stream>_gbp`` for each stream (£, missing where
        it cannot be computed); `subtotal_gbp` (the streams of the total that can be computed),
        `total_gbp` (missing unless all can), `per_head_gbp` (the total for each registered
        patient) and `cannot_compute` (which, and why).

    Examples
    --------
    >>> frame = pd.DataFrame({"list_size": [30_000, 100_000]}, index=["1", "2"])
    >>> funding(frame)["total_gbp"].tolist()
    [137550, 362604]
    """
    long = funding_table(
        networks,
        rates,
        months=months,
        include=include,
        waived=waived,
        waived_staff_wte=waived_staff_wte,
    )
    order = list(dict.fromkeys(long["stream"]))
    names = [str(network) for network in networks.index]
    amounts = long.pivot(index="network", columns="stream", values="amount_gbp")
    wide = amounts.reindex(index=names, columns=order).add_suffix("_gbp")
    wide.columns.name = None
    wide.insert(0, "list_size", networks["list_size"].to_numpy())
    parts = long[long["in_total"]].groupby("network")["amount_gbp"]
    wide["subtotal_gbp"] = parts.sum().reindex(names)
    whole = parts.apply(lambda amounts: bool(amounts.notna().all())).reindex(names).astype(bool)
    wide["total_gbp"] = wide["subtotal_gbp"].where(whole)
    wide["per_head_gbp"] = wide["total_gbp"].astype("Float64") / wide["list_size"]
    wide["cannot_compute"] = _cannot(long, names)
    return wide.rename_axis("network")


def _cannot(long: pd.DataFrame, names: list[str]) -> list[str]:
    """Say for each network which streams cannot be computed, and why."""
    said: dict[str, list[str]] = {name: [] for name in names}
    for row in long[long["amount_gbp"].isna()].itertuples():
        said[str(row.network)].append(f"{row.name}: {str(row.note).removeprefix(f'{CANNOT}: ')}")
    return [" ".join(said[name]) for name in names]


def cliffs(networks: pd.DataFrame, rates: Rates | str = "2019/20") -> pd.DataFrame:
    """Show the steps of reimbursed staff as cliffs: what a few patients more or less change.

    Parameters
    ----------
    networks
        Index network; `list_size`.
    rates
        A year or rates of your own; only 2019/20 pays by steps.

    Returns
    -------
    DataFrame
        Index `network`; `list_size`, `staff_wte` of each role, `step_at` (the step reached; 0
        below the first), `headroom_down` (patients that it can lose and stay on it; missing below
        the first), `at_risk_gbp` (a year's money lost below it), `next_step`, `headroom_up`
        (patients to it), `gain_gbp` (a year's money gained there) and a `sentence`. Empty where
        the year has no steps.

    Examples
    --------
    >>> row = cliffs(pd.DataFrame({"list_size": [99_999]}, index=["1"])).loc["1"]
    >>> int(row["headroom_up"]), int(row["gain_gbp"])
    (1, 71923)
    """
    rates = read_rates(rates) if isinstance(rates, str) else rates
    columns = ["list_size", "staff_wte", "step_at", "headroom_down", "at_risk_gbp", "next_step",
               "headroom_up", "gain_gbp", "sentence"]  # fmt: skip
    steps = rates.staff
    rows = {}
    if steps is not None:
        one = pounds(sum((s.per_wte for s in rates.streams if s.per_wte), Decimal(0)))
        for network, patients in networks["list_size"].astype(int).items():
            at, above = steps.step_at(patients), steps.next_step(patients)
            rows[str(network)] = {
                "list_size": patients,
                "staff_wte": steps.wte(patients),
                "step_at": at,
                "headroom_down": patients - at if at else pd.NA,
                "at_risk_gbp": one if at else 0,
                "next_step": above,
                "headroom_up": above - patients,
                "gain_gbp": one,
                "sentence": _cliff(patients, at, above, one),
            }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return table.astype({"headroom_down": "Int64"}).rename_axis("network")


def _cliff(patients: int, at: int, above: int, one: int) -> str:
    up = f"{above - patients:,} more people registered reach {above:,}: £{one:,} a year more"
    if not at:
        return f"Below the first step: no reimbursed staff. {up}."
    spare = patients - at
    return f"{spare:,} above the step at {at:,}: below it £{one:,} a year less. {up}."


def printed_table(rates: Rates | str = "2019/20") -> pd.DataFrame:
    """Set the handbook's worked table beside what its own formulae give.

    Parameters
    ----------
    rates
        A year whose file holds printed rows.

    Returns
    -------
    DataFrame
        One row a cell: `list_size`, `cell` (a stream or ``total``), `printed_gbp`, `correct_gbp`,
        `error_gbp` (printed less correct), `note`.
    """
    rates = read_rates(rates) if isinstance(rates, str) else rates
    rows = []
    columns = ["list_size", "cell", "printed_gbp", "correct_gbp", "error_gbp", "note"]
    sizes = [int(printed["list_size"]) for printed in rates.printed]
    names = [str(i) for i in range(len(sizes))]
    if not sizes:
        return pd.DataFrame(columns=columns)
    table = funding(pd.DataFrame({"list_size": sizes}, index=names), rates)
    for name, size, printed in zip(names, sizes, rates.printed, strict=True):
        correct = table.loc[name]
        for cell in (key for key in printed if key not in ("list_size", "note")):
            right, shown = int(str(correct[f"{cell}_gbp"])), int(printed[cell])
            note = printed.get("note", "") if shown != right else ""
            rows.append((size, cell, shown, right, shown - right, note))
    return pd.DataFrame(rows, columns=columns)
