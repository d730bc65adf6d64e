"""What reviewers ask for, set beside each other, and the plan that follows from it.

Every reviewer sends a file that the page saved. Moves that nobody contradicts are made; where two
reviewers want one practice in different networks it stays where it is, unless the planner says
whose wish to take. The new plan says of every moved practice who asked for it, and is measured,
audited and flagged like any other: nothing is hidden because somebody asked for it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from pcngeo import export
from pcngeo.breaches import broken_choices, broken_limits
from pcngeo.decisions import Home
from pcngeo.errors import DataError
from pcngeo.evaluate import measure
from pcngeo.pipeline import PlannedArea, finish_plan
from pcngeo.plan import Plan, Status
from pcngeo.reopen import reopen
from pcngeo.review import save_map
from pcngeo.review.answers import answers_page
from pcngeo.review.saved import Move, PageSeen, Review, read_page, read_reviews
from pcngeo.review.wishes import after_moves, agreement, comments_frame, network_words, voices
from pcngeo.review.words import counted, listed, number_word, persons
from pcngeo.rules import Rules
from pcngeo.words import are
from pcngeo.writing import draw_plan, plan_files

__all__ = ["Reviewed", "apply_reviews", "reviewed_files"]


@dataclass(frozen=True, eq=False)
class Reviewed:
    """A plan after its reviews.

    Parameters
    ----------
    before, after
        The plan that was shown, and the new one.
    option
        Name of the plan on the page that was changed.
    reviews
        What was read.
    moves
        As of `agreement`.
    comments
        One row a comment, as of `comments_frame`.
    """

    before: PlannedArea
    after: PlannedArea
    option: str
    reviews: tuple[Review, ...]
    moves: pd.DataFrame
    comments: pd.DataFrame

    def sentences(self) -> list[str]:
        """Say what was agreed, what was not, and what follows, in words to read aloud."""
        said = [
            f"{counted(len(self.reviews), 'review', capital=True)} read: "
            f"{listed([review.reviewer for review in self.reviews])}."
        ]
        said += [
            f"{review.reviewer} worked on the plan \u201c{option}\u201d: "
            f"{counted(len(moves), 'move')} not taken from it, its comments are kept."
            for review in self.reviews
            for option, moves in review.trials.items()
            if option != self.option
        ]
        return [*said, _counts(self.moves), *_emptied(self), *flags_after(self)]


def _counts(moves: pd.DataFrame) -> str:
    """Count what was asked for and what became of it; the people add up."""
    if moves.empty:
        return "Nobody asks for a practice to be moved."
    people = f"({persons(int(moves['list_size'].sum()))})"
    said = []
    for outcome, words in OUTCOMES.items():
        own = moves[moves["outcome"] == outcome]
        if len(own):
            done = words if len(own) == 1 else words.replace("it was", "they were")
            said.append(f"{number_word(len(own))} {done} ({int(own['list_size'].sum()):,})")
    conflicts = int(moves["agreement"].eq("conflict").sum())
    about = f" Reviewers contradict each other about {counted(conflicts, 'practice')}."
    asked = f"Reviewers ask to move {counted(len(moves), 'practice')} {people}"
    return f"{asked}: {listed(said)}.{about if conflicts else ' Nobody contradicts anybody.'}"


def _emptied(reviewed: Reviewed) -> list[str]:
    """Say which networks end, because all their practices were moved elsewhere."""
    moves, after = reviewed.moves, reviewed.after.plan.groups()
    gone = set(moves.loc[moves["done"], "from"]) - {"", *after}
    return [
        f"Network {network} has no practices left, so there "
        f"{are(len(after))} {counted(len(after), 'network')}."
        for network in sorted(gone, key=lambda name: (len(name), name))
    ]


#: What became of a wish, as a sentence counts it.
OUTCOMES = {
    "moved": "moved",
    "taken out": "taken out of any network",
    "offered": "offered to a network and counted there once that is agreed",
    "stays": "left as it was",
}


def apply_reviews(
    folder: str | Path,
    files: Sequence[str | Path],
    *,
    option: str = "",
    take: Sequence[str] = (),
    agreed_only: bool = False,
    page: str | Path | None = None,
) -> Reviewed:
    """Make the plan that follows from reviewers' wishes.

    Parameters
    ----------
    folder
        Folder of the plan that was reviewed.
    files
        What the reviewers saved.
    option
        Plan of the page to change; the first one where nothing is said.
    take
        Reviewers whose wish counts where wishes differ, the first one first.
    agreed_only
        Make only the moves that every reviewer asks for.
    page
        The page that the reviewers had; ``map.html`` of the folder where nothing is said.

    Returns
    -------
    Reviewed

    Raises
    ------
    DataError
        When the folder, the page or any file cannot be used, or a name is unknown.
    """
    before = reopen(folder)
    seen = read_page(page or Path(folder) / "map.html")
    option = option or next(iter(seen.options))
    if option not in seen.options:
        raise DataError(
            f"there is no plan {option!r} on the page", todo=f"Choose {listed(list(seen.options))}"
        )
    _check_page(seen, before)
    reviews = read_reviews(files, seen)
    moves = agreement(
        reviews, seen.options[option], before.intake.practices, before.graph,
        option=option, take=take, agreed_only=agreed_only,
    )  # fmt: skip
    after, moves = _changed(before, seen.options[option], moves)
    moves = _with_outlook(moves, [r.trials.get(option, ()) for r in reviews], after)
    return Reviewed(before, after, option, tuple(reviews), moves, comments_frame(reviews))


def _check_page(seen: PageSeen, before: PlannedArea) -> None:
    first = pd.Series(next(iter(seen.options.values())))
    here = before.plan.assignment.reindex(first.index).fillna("")
    pairs = set(zip(first, here, strict=True))
    if set(first.index) != set(before.intake.practices.index) or len(pairs) != len(set(first)):
        raise DataError(
            "the page does not show the plan of this folder",
            todo="Give the folder that the page came from, or the page with --page",
        )


def _changed(
    before: PlannedArea, home: Mapping[str, str], moves: pd.DataFrame
) -> tuple[PlannedArea, pd.DataFrame]:
    """Make the moves, and say of those that could not be made that they were not."""
    done = moves.loc[moves["done"], "to"]
    whole = after_moves(home, done.to_dict(), before.graph)
    assignment = pd.Series(whole, dtype=object).reindex(sorted(before.graph)).fillna("")
    offered = done[~done.index.isin(assignment.index)]
    rules = _with_homes(before.rules, home, offered, assignment)
    practices = before.intake.practices.copy()
    for code, row in moves[moves["outcome"].isin(["moved", "taken out"])].iterrows():
        said = f"Moved from {_from_to(row)}: {row['asked']}."
        note = practices.at[code, "reason"]
        practices.loc[str(code), "reason"] = f"{note} {said}".strip()
    left = sum(int(before.graph.nodes[p]["list_size"]) for p in before.graph if not assignment[p])
    plan = Plan(
        assignment,
        status=Status.GIVEN,
        unplaced_patients=left,
        unplaced_bound=0,
        method="a proposal, changed as its reviewers asked",
        rules_digest=rules.digest(),
    )
    prepared = dataclasses.replace(
        before, intake=dataclasses.replace(before.intake, practices=practices), rules=rules
    )
    after = finish_plan(prepared, plan)
    moves = _not_offered(moves, after)
    told = (*_told(moves[moves["done"]]), *_stays(moves), *after.plan.explanation)
    return dataclasses.replace(after, plan=after.plan.replace(explanation=told)), moves


def _with_homes(
    rules: Rules, home: Mapping[str, str], offered: pd.Series[str], after: pd.Series[str]
) -> Rules:
    """Write the offers that reviewers ask for into the rules; homes that stand keep their network.

    A home is named by a practice of its network: where that one has moved away, by another one.
    """

    def anchored(row: Home) -> Home:
        to = home.get(row.joins, "")
        stay = list(after.index[after == to]) if to else []
        moved = bool(stay) and after.get(row.joins) != to
        return dataclasses.replace(row, joins=str(stay[0])) if moved else row

    homes = [anchored(row) for row in rules.homes if row.practice not in offered.index]
    for code, to in offered.items():
        members = list(after.index[after == to]) if to else []
        if members:
            homes.append(Home(practice=str(code), joins=str(members[0]), state="proposed"))
    return dataclasses.replace(rules, homes=tuple(homes))


def _not_offered(moves: pd.DataFrame, after: PlannedArea) -> pd.DataFrame:
    """Take back what did not come about: an offer that a veto, a refusal or an end bars."""
    moves = moves.copy()
    for code, row in moves[moves["outcome"] == "offered"].iterrows():
        if after.membership.loc[str(code), "network"] == row["to"]:
            continue
        why = "It cannot be offered there: a demand, a veto or a refusal bars it (R13, R16)."
        if row["to"] not in after.plan.networks:
            why = f"It cannot be offered there: {network_words(row['to'])} has no practices left."
        moves.loc[code, ["to", "done", "outcome", "why"]] = [row["from"], False, "stays", why]
    return moves


def _with_outlook(
    moves: pd.DataFrame, asked: Sequence[Sequence[Move]], after: PlannedArea
) -> pd.DataFrame:
    """Say of what reviewers contradict each other about what each wish would make of networks."""
    moves = moves.copy()
    open_ = moves.index[moves["agreement"].eq("conflict") & moves["outcome"].eq("stays")]
    for code in open_:
        wishes = {move.to for own in asked for move in own if move.practice == code}
        said = [_outlook(str(code), to, after) for to in sorted(wishes)]
        moves.loc[code, "why"] = " ".join([str(moves.loc[code, "why"]), *filter(None, said)])
    return moves


def _outlook(code: str, to: str, after: PlannedArea) -> str:
    if code not in after.graph:
        return ""
    assignment = after.plan.assignment.copy()
    touched = [n for n in dict.fromkeys((str(assignment[code]), to)) if n]
    assignment[code] = to
    tried = after.plan.replace(assignment=assignment)
    found = measure(tried, after.intake.practices, after.graph, None, after.rules)
    sides = []
    for network in touched:
        if network not in found.index:
            sides.append(f"{network_words(network)} would have no practices left")
            continue
        flags = str(found.at[network, "flags"])
        size = int(str(found.at[network, "list_size"]))
        sides.append(f"{network_words(network)} would have {size:,}{f' ({flags})' * bool(flags)}")
    return f"In {network_words(to)}: {listed(sides)}."


def _from_to(row: pd.Series[str]) -> str:
    return f"{network_words(row['from'])} to {network_words(row['to'])}"


def _told(done: pd.DataFrame) -> list[str]:
    said = []
    for _, row in done.iterrows():
        who = f"{row['name']} ({persons(int(row['list_size']))})"
        if row["outcome"] == "offered":
            left = f" and leaves {network_words(row['from'])}" if row["from"] else ""
            said.append(
                f"{who} was offered to {network_words(row['to'])}{left}. {row['why']} It is not on "
                "the graph: its people count there once the commissioner and the LMC agree (R14)."
            )
        else:
            said.append(f"{who} was moved from {_from_to(row)}. {row['why']}")
    return said


def _stays(moves: pd.DataFrame) -> list[str]:
    return [
        f"{row['name']} ({persons(int(row['list_size']))}) stays in {network_words(row['from'])}. "
        f"{row['why']} ({row['asked']}.)"
        for _, row in moves[~moves["done"]].iterrows()
    ]


def flags_after(reviewed: Reviewed) -> list[str]:
    """Say which networks of the new plan have a flag, and which wishes it does not keep."""
    before = reviewed.before.measures["flags"]
    after = reviewed.after.measures["flags"]
    said = []
    for network, flags in after[after.ne("")].items():
        new = "" if before.get(network, "") == flags else " This is new."
        said.append(f"Network {network}: {flags}.{new}")
    was, now = (
        list(broken_choices(p.plan.groups(), p.graph, p.rules))
        for p in (reviewed.before, reviewed.after)
    )
    passed, kept = (
        dict.fromkeys(broken_limits(p.plan.groups(), p.graph, p.rules))
        for p in (reviewed.after, reviewed.before)
    )
    for network, words in passed:
        new = "" if (network, words) in kept else " This is new."
        said.append(f"Network {network}: {words}. It passes a limit of the rules.{new}")
    said += [f"Decided, and {words}.{'' if words in was else ' This is new.'}" for words in now]
    return said or ["Every network of the new plan keeps the rules."]


def reviewed_files(reviewed: Reviewed) -> dict[str, Callable[[Path], object]]:
    """Name the files of the new plan's folder, and what writes each.

    Parameters
    ----------
    reviewed
        What `apply_reviews` returned.

    Returns
    -------
    dict
        The files of every plan, its page with the plan before the reviews beside it, and
        ``reviews.csv``, ``comments.csv`` and ``reviews.html``.
    """
    after = reviewed.after
    files = plan_files(after)
    files["map.html"] = partial(_write_page, reviewed)
    files["reviews.csv"] = partial(export.write_csv, reviewed.moves)
    files["comments.csv"] = partial(export.write_csv, reviewed.comments)
    files["reviews.html"] = partial(_write_answers, reviewed)
    return files


def _write_page(reviewed: Reviewed, path: Path) -> None:
    earlier = {"Before the reviews": reviewed.before.plan}
    save_map(draw_plan(reviewed.after, name="After the reviews", alternatives=earlier), path)


def _write_answers(reviewed: Reviewed, path: Path) -> None:
    loaded = reviewed.after.intake
    text = answers_page(
        loaded.area_name or loaded.area, reviewed.sentences(), reviewed.moves, reviewed.comments,
        voices(reviewed.reviews, reviewed.moves, option=reviewed.option),
    )  # fmt: skip
    path.write_text(text, encoding="utf-8", newline="\n")
