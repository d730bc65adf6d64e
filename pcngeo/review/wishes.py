"""What reviewers ask for, set beside each other: who agrees, who contradicts whom."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

import pandas as pd

from pcngeo.errors import DataError, examples
from pcngeo.review.saved import Review
from pcngeo.review.words import display_name, listed

__all__ = [
    "COMMENTS",
    "MOVES",
    "after_moves",
    "agreement",
    "comments_frame",
    "network_words",
    "voices",
]

#: Columns of `agreement`, in order, after the index `practice`.
MOVES = ("name", "list_size", "from", "asked", "agreement", "to", "done", "outcome", "why")
#: Columns of `comments_frame`, in order.
COMMENTS = ("reviewer", "name", "kind", "about", "words", "plan")


def agreement(
    reviews: Sequence[Review],
    home: Mapping[str, str],
    practices: pd.DataFrame,
    graph: Container[str],
    *,
    option: str,
    take: Sequence[str] = (),
    agreed_only: bool = False,
) -> pd.DataFrame:
    """Set beside each other what reviewers ask for.

    Parameters
    ----------
    reviews
        What they saved; those that were made on another plan of the page ask for nothing here.
    home
        Network by practice on the page.
    practices
        Index practice; `name`, `list_size`.
    graph
        Practices on the graph that contiguity is judged on.
    option, take, agreed_only
        As of `apply_reviews`.

    Returns
    -------
    DataFrame
        Index `practice`, columns `MOVES`: where it is, who asks for what, whether that is
        ``agreed`` (everyone), ``asked`` (some, nobody for anything else) or ``conflict``, where it
        goes (``""``: no network), whether that is done, what that makes of it (``moved``,
        ``offered``, ``taken out`` or ``stays``; see `after_moves`), and why or why not.
    """
    voters = [review for review in reviews if option in review.trials]
    _check_names(take, voters)
    asked: dict[str, dict[str, list[str]]] = {}
    for review in voters:
        for move in review.trials[option]:
            asked.setdefault(move.practice, {}).setdefault(move.to, []).append(review.reviewer)
    rows = {}
    for code in sorted(asked):
        wishes = dict(sorted(asked[code].items()))
        state = _state(wishes, len(voters))
        to, why = _choice(wishes, state, take, agreed_only=agreed_only)
        here = str(home[code])
        rows[code] = {
            "name": display_name(str(practices.at[code, "name"])) or code,
            "list_size": int(str(practices.at[code, "list_size"])),
            "from": here,
            "asked": "; ".join(f"{network_words(n)}: {listed(who)}" for n, who in wishes.items()),
            "agreement": state,
            "to": here if to is None else to,
            "done": to is not None,
            "outcome": "stays" if to is None else _outcome(to, counts=code in graph),
            "why": why,
        }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(MOVES))
    return table.rename_axis("practice").astype({"done": bool, "list_size": int})


def after_moves(
    home: Mapping[str, str], moves: Mapping[str, str], graph: Container[str]
) -> dict[str, str]:
    """Say where practices count after they are moved; the page's script does the same.

    Parameters
    ----------
    home
        Network by practice, ``""`` for none.
    moves
        Where practices are moved to.
    graph
        Practices on the graph that contiguity is judged on. One that is not can only be offered to
        a network (R14): it counts in none until the commissioner and the LMC agree.

    Returns
    -------
    dict
        Network by practice.

    Examples
    --------
    >>> after_moves({"A": "1", "B": "2", "C": ""}, {"A": "2", "C": "1"}, {"A", "B"})
    {'A': '2', 'B': '2', 'C': ''}
    """
    counted = {p: to if p in graph else "" for p, to in moves.items() if to != home[p]}
    return {**home, **counted}


def _outcome(to: str, *, counts: bool) -> str:
    if not to:
        return "taken out"
    return "moved" if counts else "offered"


def _check_names(take: Sequence[str], voters: Sequence[Review]) -> None:
    known = [review.reviewer for review in voters]
    odd = [name for name in take if name not in known]
    if odd:
        raise DataError(
            f"{examples(odd)} is no reviewer of this plan",
            todo=f"The reviewers are {listed(known)}" if known else "No review is of this plan",
        )


def _state(wishes: dict[str, list[str]], voters: int) -> str:
    if len(wishes) > 1:
        return "conflict"
    return "agreed" if len(next(iter(wishes.values()))) == voters else "asked"


def _choice(
    wishes: dict[str, list[str]], state: str, take: Sequence[str], *, agreed_only: bool
) -> tuple[str | None, str]:
    """Where a practice goes (`None`: it stays), and why."""
    whose = next((name for name in take if any(name in who for who in wishes.values())), "")
    if state == "conflict" and not whose:
        return None, "Reviewers ask for different networks, so it stays where it is."
    if state == "conflict":
        to = next(network for network, who in wishes.items() if whose in who)
        return to, f"Reviewers ask for different networks; the wish of {whose} was taken."
    to, who = next(iter(wishes.items()))
    if agreed_only and state != "agreed":
        return None, "Not every reviewer asks for it, so it stays where it is."
    return to, f"Asked for by {listed(who)}; nobody asks for anything else."


def network_words(number: str) -> str:
    """Name a network, or say that it is none."""
    return f"Network {number}" if number else "no network"


def voices(reviews: Sequence[Review], moves: pd.DataFrame, *, option: str) -> pd.DataFrame:
    """Say of every reviewer what they sent, and how far the others agree.

    Parameters
    ----------
    reviews
        What they saved.
    moves
        As of `agreement`.
    option
        The plan that is changed; moves on other plans of the page ask for nothing here.

    Returns
    -------
    DataFrame
        One row a reviewer: `reviewer`, `file`, `plan` (or several), `moves` (asked for on them),
        `alone` (asked for by nobody else, and by nobody for elsewhere), `shared` (another one asks
        for the same), `contradicted` (another one asks for elsewhere), `done`, `comments`.
    """
    rows = []
    wishes = [(r.reviewer, m.practice, m.to) for r in reviews for m in r.trials.get(option, ())]
    for review in reviews:
        own = [w for w in wishes if w[0] == review.reviewer]
        others = [w for w in wishes if w[0] != review.reviewer]
        odd = {p for _, p, to in own if any(q == p and n != to for _, q, n in others)}
        same = {p for _, p, to in own if any(q == p and n == to for _, q, n in others)}
        made = [p for _, p, to in own if moves.at[p, "done"] and moves.at[p, "to"] == to]
        plans, asked = "; ".join(review.trials), sum(map(len, review.trials.values()))
        rows.append((review.reviewer, review.file, plans, asked,
                     len(own) - len(odd | same), len(same - odd), len(odd), len(made),
                     len(review.comments)))  # fmt: skip
    columns = ["reviewer", "file", "plan", "moves", "alone", "shared", "contradicted", "done",
               "comments"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def comments_frame(reviews: Sequence[Review]) -> pd.DataFrame:
    """List every comment of every review, whatever plan of the page it is about.

    Parameters
    ----------
    reviews
        What reviewers saved.

    Returns
    -------
    DataFrame
        Columns `COMMENTS`, in the order of the reviews.
    """
    rows = [
        (review.reviewer, c.name, c.kind, c.label, c.words, c.option or review.option)
        for review in reviews
        for c in review.comments
    ]
    return pd.DataFrame(rows, columns=list(COMMENTS))
