"""How a network decides: votes, quorum, majorities, who can block (R40 to R44).

The handbook leaves the voting to the network agreement: "one per practice or according to size",
with "simple majority, a conditional majority, unanimity" (S003, R40). What follows from a choice
is arithmetic, and shown here; which choice is right is for the practices, and not said.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pcngeo.errors import RulesError
from pcngeo.models import MODELS, models
from pcngeo.sizes import member_shares

if TYPE_CHECKING:
    from pcngeo.plan import Plan
    from pcngeo.rules import Rules

__all__ = [
    "GOVERNANCE",
    "MODELS",
    "SCHEMES",
    "VOTING",
    "Threshold",
    "blocking_minorities",
    "count_blocking",
    "governance",
    "is_quorate",
    "models",
    "voters",
    "voting",
]

#: How votes are given out.
SCHEMES = {
    "one_each": "one vote for each practice",
    "by_list": "one vote for each person registered",
}
#: Columns of `voting`, in order.
VOTING = ("list_size", "votes", "vote_share", "decides_alone", "can_veto")
#: Columns of `governance`, in order.
GOVERNANCE = ("practices", "votes", "largest_vote_share", "decides_alone", "can_veto",
              "blocks_with", "blocking_minorities", "quorum_votes", "quorate_without_largest",
              "sentence")  # fmt: skip
#: Groups of practices tried in the search for blocking minorities before it stops and says so.
MOST_TRIED = 200_000


@dataclass(frozen=True)
class Threshold:
    """What a proposal needs to pass.

    Parameters
    ----------
    share
        Share of all votes needed.
    above
        Whether it must be more than the share (a simple majority) or may be equal to it.
    practices
        Least number of practices in favour, whatever their votes (a conditional majority).

    Examples
    --------
    >>> Threshold.parse("simple")
    Threshold(share=Fraction(1, 2), above=True, practices=0)
    >>> Threshold.parse("75% and 3 practices")
    Threshold(share=Fraction(3, 4), above=False, practices=3)
    """

    share: Fraction
    above: bool = False
    practices: int = 0

    @classmethod
    def parse(cls, text: str) -> Threshold:
        """Read ``simple``, ``unanimous``, ``2/3``, ``75%`` or ``2/3 and 4 practices``.

        Raises
        ------
        RulesError
            For any other text.
        """
        words = text.strip().lower()
        if words == "simple":
            return cls(Fraction(1, 2), above=True)
        if words == "unanimous":
            return cls(Fraction(1))
        found = re.fullmatch(r"(\d+/\d+|[\d.]+ ?%|simple)( and (\d+) practices?)?", words)
        try:
            if found is None:
                raise ValueError
            share = found[1].replace(" ", "")
            least = int(found[3] or 0)
            if share == "simple":
                return cls(Fraction(1, 2), above=True, practices=least)
            value = Fraction(share[:-1]) / 100 if share.endswith("%") else Fraction(share)
            if not Fraction(1, 2) <= value <= 1:
                raise ValueError
        except (ValueError, ZeroDivisionError):
            raise RulesError(
                f"the threshold {text!r} is not known: write simple, unanimous, a share of at "
                "least one half such as 2/3 or 75%, or 2/3 and 4 practices."
            ) from None
        return cls(value, practices=least)

    def passes(self, votes: int, practices: int, all_votes: int) -> bool:
        """Tell whether these votes, of so many practices, are enough."""
        needed = self.share * all_votes
        return practices >= self.practices and (votes > needed if self.above else votes >= needed)


def _votes(lists: pd.Series[int], scheme: str) -> dict[str, int]:
    if scheme not in SCHEMES:
        raise RulesError(f"the voting scheme {scheme!r} is not known: {', '.join(SCHEMES)}.")
    return {str(p): 1 if scheme == "one_each" else int(n) for p, n in lists.items()}


def _blocks(group: Collection[str], votes: Mapping[str, int], threshold: Threshold) -> bool:
    """Tell whether nothing passes when this group is against it."""
    rest = sum(votes.values()) - sum(votes[p] for p in group)
    return not threshold.passes(rest, len(votes) - len(group), sum(votes.values()))


def blocking_minorities(
    lists: pd.Series[int],
    *,
    scheme: str = "one_each",
    threshold: str | Threshold = "simple",
    most: int = 50,
) -> tuple[tuple[str, ...], ...]:
    """List the smallest groups of practices that can block a decision.

    Parameters
    ----------
    lists
        Registered patients, index practice: the members of one network.
    scheme
        One of `SCHEMES`.
    threshold
        A `Threshold` or its text.
    most
        Groups to list at most.

    Returns
    -------
    tuple of tuple of str
        Groups that can block and of which no smaller part can (minimal), the ones with fewest
        practices first, then by code. The group of all practices, which always can, is listed
        only where nothing smaller can.

    Examples
    --------
    >>> lists = pd.Series({"A": 24_000, "B": 9_000, "C": 8_000})
    >>> blocking_minorities(lists), blocking_minorities(lists, scheme="by_list")
    ((('A', 'B'), ('A', 'C'), ('B', 'C')), (('A',),))
    """
    rule = Threshold.parse(threshold) if isinstance(threshold, str) else threshold
    votes = _votes(lists, scheme)
    found: list[tuple[str, ...]] = []
    for group in _groups(sorted(votes)):
        if any(set(smaller) <= set(group) for smaller in found):
            continue
        if _blocks(group, votes, rule):
            found.append(group)
            if len(found) == most:
                break
    return tuple(found)


def _groups(practices: list[str]) -> Iterator[tuple[str, ...]]:
    """Yield groups from small to large, as many as can be tried."""
    tried = 0
    for size in range(1, len(practices) + 1):
        for group in combinations(practices, size):
            yield group
            tried += 1
            if tried == MOST_TRIED:
                return


def count_blocking(lists: pd.Series[int], scheme: str, rule: Threshold) -> tuple[int, int]:
    """Count the members of the smallest group that can block, and all minimal groups that can.

    Nothing is listed, so the count is exact however many there are. Practices are taken by their
    votes, most first: a group that can block is minimal if it cannot without its last.
    """
    votes = sorted(_votes(lists, scheme).values(), reverse=True)
    total, members = sum(votes), len(votes)
    spare = total * (1 - rule.share)  # votes against that block a simple majority; others need more
    enough = math.ceil(spare) if rule.above else math.floor(spare) + 1
    heads = members - rule.practices + 1 if rule.practices else 0  # practices against that block
    if enough <= 0 or (rule.practices and heads <= 1):
        return 1, members
    sums = accumulate(votes)
    blocks = (k for k, n in enumerate(sums, 1) if n >= enough or (heads and k >= heads))
    # Ways to choose, among the practices so far, so many votes (and practices) that do not block.
    ways = np.zeros((heads or 1, enough), dtype=object if members > 60 else np.int64)
    ways[0, 0] = 1
    found = 0
    for vote in votes:
        low = max(0, enough - vote)
        found += int(ways[:, low:].sum()) + (int(ways[-1, :low].sum()) if heads else 0)
        kept = ways[: heads - 1 if heads else 1, :low].copy()
        ways[1 if heads else 0 :, vote:] += kept
    return next(blocks, 0), found


def read_share(text: str | Fraction) -> Fraction:
    """Read a share of votes: ``1/2``, ``0.5`` or ``50%``.

    Raises
    ------
    RulesError
        When it is none between 0 and 1.

    Examples
    --------
    >>> read_share("60%")
    Fraction(3, 5)
    """
    try:
        words = str(text).replace(" ", "")
        value = Fraction(words[:-1]) / 100 if words.endswith("%") else Fraction(words)
    except (ValueError, ZeroDivisionError):
        value = Fraction(-1)
    if not 0 <= value <= 1:
        raise RulesError(f"the quorum {text!r} must be a share such as 1/2 or 60%.")
    return value


def is_quorate(
    present: Collection[str],
    lists: pd.Series[int],
    *,
    quorum: str | Fraction = Fraction(1, 2),
    scheme: str = "one_each",
) -> bool:
    """Tell whether enough of the votes are present to decide.

    Parameters
    ----------
    present
        Practices at the meeting.
    lists
        Registered patients of all members.
    quorum
        Least share of all votes.
    scheme
        One of `SCHEMES`.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_quorate(["A"], pd.Series({"A": 24_000, "B": 9_000, "C": 8_000}))
    False
    """
    votes = _votes(lists, scheme)
    odd = sorted(set(present) - set(votes))
    if odd:
        raise RulesError(f"{odd[0]} is no member and cannot make a quorum.")
    return sum(votes[p] for p in set(present)) >= read_share(quorum) * sum(votes.values())


def voting(
    lists: pd.Series[int],
    *,
    scheme: str = "one_each",
    threshold: str | Threshold = "simple",
) -> pd.DataFrame:
    """Show the vote of each practice of a network, and what it can do with it.

    Parameters
    ----------
    lists
        Registered patients, index practice: the members of one network.
    scheme
        One of `SCHEMES`.
    threshold
        A `Threshold` or its text.

    Returns
    -------
    DataFrame
        Index practice (as given); `list_size`, `votes`, `vote_share`, `decides_alone` (its yes is
        enough), `can_veto` (its no is enough to block).

    Examples
    --------
    >>> lists = pd.Series({"A": 24_000, "B": 9_000, "C": 8_000})
    >>> table = voting(lists, scheme="by_list")
    >>> table["decides_alone"].tolist()
    [True, False, False]
    """
    rule = Threshold.parse(threshold) if isinstance(threshold, str) else threshold
    votes = _votes(lists, scheme)
    total = sum(votes.values())
    table = pd.DataFrame({"list_size": lists.astype(int)})
    table["votes"] = list(votes.values())
    table["vote_share"] = [vote / total if total else float("nan") for vote in votes.values()]
    table["decides_alone"] = [rule.passes(vote, 1, total) for vote in votes.values()]
    table["can_veto"] = [_blocks((p,), votes, rule) for p in votes]
    return table


def governance(
    plan: Plan,
    practices: pd.DataFrame,
    *,
    scheme: str = "one_each",
    threshold: str | Threshold = "simple",
    quorum: str | Fraction = Fraction(1, 2),
    rules: Rules | None = None,
) -> pd.DataFrame:
    """Show how every network of a plan would decide.

    Parameters
    ----------
    plan
        Any plan. A practice that declines the DES is no member and has no vote (R15).
    practices
        Index practice; `list_size`.
    scheme, threshold, quorum
        As in `voting` and `is_quorate`.
    rules
        `shared`: a practice in two networks votes in both, with its share of its list (R20).

    Returns
    -------
    DataFrame
        Index `network`; `practices`, `votes`, `largest_vote_share`, `decides_alone` and
        `can_veto` (codes joined by ", "), `blocks_with` (practices in the smallest blocking
        minority), `blocking_minorities` (how many minimal ones there are), `quorum_votes`,
        `quorate_without_largest` (whether the others make a quorum when the largest practice stays
        away) and a `sentence`.
    """
    rule = Threshold.parse(threshold) if isinstance(threshold, str) else threshold
    share = read_share(quorum)
    rows = {}
    for network, lists in voters(plan, practices, rules).items():
        table = voting(lists, scheme=scheme, threshold=rule)
        smallest, minimal = count_blocking(lists, scheme, rule)
        alone = list(table.index[table["decides_alone"]])
        veto = list(table.index[table["can_veto"]])
        total = int(table["votes"].sum())
        rows[network] = {
            "practices": len(lists),
            "votes": total,
            "largest_vote_share": float(table["vote_share"].max()),
            "decides_alone": ", ".join(alone),
            "can_veto": ", ".join(veto),
            "blocks_with": smallest,
            "blocking_minorities": minimal,
            "quorum_votes": -(-total * share.numerator // share.denominator),
            "quorate_without_largest": is_quorate(
                [str(p) for p in lists.index if p != lists.idxmax()],
                lists,
                quorum=share,
                scheme=scheme,
            ),
            "sentence": _sentence(alone, veto, smallest, len(lists)),
        }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(GOVERNANCE))
    return table.rename_axis("network")


def voters(
    plan: Plan, practices: pd.DataFrame, rules: Rules | None = None
) -> dict[str, pd.Series[int]]:
    """Name the members of every network with their registered patients there (R20)."""
    shares = member_shares(plan, practices, rules)
    return {
        str(network): rows.set_index("practice")["list_size"]
        for network, rows in shares.groupby("network", sort=False)
    }


def _sentence(alone: list[str], veto: list[str], smallest: int, count: int) -> str:
    if count == 1:
        return "One practice: it decides alone."
    if alone:
        return f"{alone[0]} decides alone: no other practice can change the outcome."
    if veto:
        return f"{len(veto)} of {count} practices can each block a decision: {', '.join(veto)}."
    if not smallest:
        return "No group can block."
    return f"At least {smallest} of {count} practices are needed to block a decision."
