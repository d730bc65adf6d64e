"""What a configuration is paid, by year and stream: a consequence to read, not the objective.

Money is `Decimal`; a stream is rounded half-up to the pound and totals add the rounded cells, so
that every column adds up to what is printed under it. Rates live in ``pcngeo/rates/*.toml``, each
figure with its source. Where a rate or an input is missing the answer is "cannot compute", never
a guess.

`rates` reads the files, `payments` applies them to networks, `shares` divides money between
practices.
"""

from __future__ import annotations

from pcngeo.funding.payments import (
    CANNOT,
    STREAM_COLUMNS,
    cliffs,
    funding,
    funding_inputs,
    funding_table,
    printed_table,
)
from pcngeo.funding.populations import read_populations
from pcngeo.funding.rates import Rates, Staff, Stream, read_rates, years
from pcngeo.funding.shares import practice_payments, split

__all__ = [
    "CANNOT",
    "STREAM_COLUMNS",
    "Rates",
    "Staff",
    "Stream",
    "cliffs",
    "funding",
    "funding_inputs",
    "funding_table",
    "practice_payments",
    "printed_table",
    "read_populations",
    "read_rates",
    "split",
    "years",
]
