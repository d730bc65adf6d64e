"""Money divided between the practices of a network, to the penny and without remainder."""

from __future__ import annotations

from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

import pandas as pd

from pcngeo.errors import DataError
from pcngeo.funding.payments import CANNOT, per_head
from pcngeo.funding.rates import Rates, read_rates

__all__ = ["practice_payments", "split"]

PENNY = Decimal("0.01")


def split(amount_gbp: Decimal | int, lists: pd.Series[int]) -> pd.DataFrame:
    """Divide an amount between practices evenly and by list size, side by side (R43, R44).

    Parameters
    ----------
    amount_gbp
        What is shared: income, or a cost such as the 30 % of a clinical pharmacist.
    lists
        Registered patients, index practice.

    Returns
    -------
    DataFrame
        Index practice (as given); `list_size`, `equal_gbp`, `by_list_gbp` and `difference_gbp`
        (by list less equal), Decimals to the penny. Each column adds up to the amount exactly:
        pennies left over go to the largest remainders, first code on a tie.

    Raises
    ------
    DataError
        When there is no practice, or nobody is registered with any.

    Examples
    --------
    >>> split(100, pd.Series({"A": 1, "B": 1, "C": 1}))["equal_gbp"].tolist()
    [Decimal('33.34'), Decimal('33.33'), Decimal('33.33')]
    """
    if lists.empty or int(lists.sum()) <= 0:
        raise DataError("there is nobody to share between: no practice with a list")
    amount = Decimal(amount_gbp)
    table = pd.DataFrame({"list_size": lists.astype(int)})
    even = _apportion(amount, {str(p): 1 for p in lists.index})
    weighted = _apportion(amount, {str(p): int(n) for p, n in lists.items()})
    for column, share in (("equal_gbp", even), ("by_list_gbp", weighted)):
        table[column] = pd.Series([share[str(p)] for p in lists.index], lists.index, dtype=object)
    table["difference_gbp"] = table["by_list_gbp"] - table["equal_gbp"]
    return table


def _apportion(amount: Decimal, weights: dict[str, int]) -> dict[str, Decimal]:
    """Shares to the penny that add up to the amount: largest remainders first."""
    pennies = (amount / PENNY).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    total = sum(weights.values())
    exact = {p: pennies * w / total for p, w in weights.items()}
    share = {p: value.quantize(Decimal(1), rounding=ROUND_FLOOR) for p, value in exact.items()}
    left = int(pennies - sum(share.values()))
    for practice in sorted(exact, key=lambda p: (share[p] - exact[p], p))[:left]:
        share[practice] += 1
    return {p: value * PENNY for p, value in share.items()}


def practice_payments(
    practices: pd.DataFrame, rates: Rates | str = "2019/20", *, months: int = 12
) -> pd.DataFrame:
    """Say what each member practice is paid itself (the participation payment).

    Parameters
    ----------
    practices
        Index practice; `list_size`. Only members: a practice that declines the DES is not paid.
    rates
        A year or rates of your own.
    months
        Months that part-year streams are paid for.

    Returns
    -------
    DataFrame
        Index practice; `list_size`, a column ``<stream>_gbp`` (Decimal to the penny) for each
        stream that is paid to practices, ``None`` where it cannot be computed, and
        `cannot_compute`: which, and what is missing.

    Examples
    --------
    >>> practice_payments(pd.DataFrame({"list_size": [5_996]}, index=["A"]))["participation_gbp"]
    A    10552.96
    Name: participation_gbp, dtype: object
    """
    rates = read_rates(rates) if isinstance(rates, str) else rates
    table = practices[["list_size"]].astype(int)
    own = [stream for stream in rates.streams if stream.paid_to == "practice"]
    none = f"{CANNOT}: there is no payment to practices among the rates of {rates.year}."
    why: dict[str, list[str]] = {str(p): [] if own else [none] for p in table.index}
    for stream in own:
        share = Decimal(months if stream.part_year else 12) / 12
        paid: dict[str, Decimal | None] = {}
        for practice, inputs in practices.iterrows():
            amount, note = per_head(stream, inputs, rates.year, "practice")
            code = str(practice)
            paid[code] = None if amount is None else _to_the_penny(amount * share)
            because = note.removeprefix(f"{CANNOT}: ")
            why[code] += [f"{CANNOT}: {stream.name}, because {because}"] if note else []
        table[f"{stream.key}_gbp"] = pd.Series(paid, index=table.index, dtype=object)
    table["cannot_compute"] = pd.Series({p: " ".join(said) for p, said in why.items()})
    return table


def _to_the_penny(amount: Decimal) -> Decimal:
    return amount.quantize(PENNY, rounding=ROUND_HALF_UP)
