"""Practices in no network: why, which homes are near, and which set of homes is best for all.

A home is a proposal for the commissioner and the LMC or LMCs to agree (R14), never an assignment;
what has been agreed or assigned stands in the rules file (`[[home]]`), with who and when. A
practice that declines the DES is covered by a network, in whose list it is not counted (R15).

`near` measures every possible home, `best` chooses the best set for all orphans together, `settled`
moves the plan on where a home was agreed or assigned, `report` says what becomes of whom.
"""

from __future__ import annotations

from pcngeo.orphans.near import HOMES, homes
from pcngeo.orphans.offers import OFFER, propose
from pcngeo.orphans.report import ORPHANS, orphans_table, service_population, ways_out
from pcngeo.orphans.settled import settle, settle_homes

__all__ = [
    "HOMES",
    "OFFER",
    "ORPHANS",
    "homes",
    "orphans_table",
    "propose",
    "service_population",
    "settle",
    "settle_homes",
    "ways_out",
]
