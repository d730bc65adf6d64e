"""What reviewers send back: the files that the page saves, read and checked before being believed.

A saved review belongs to one page: it carries the page's digest, so that nobody's wishes are read
into another plan. The page itself is read too, because it knows what reviewers saw: which plans,
under which names and numbers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pcngeo.errors import DataError
from pcngeo.patient_level import refuse_sentences

__all__ = ["Comment", "Move", "PageSeen", "Review", "read_page", "read_reviews"]

#: Version 2 has trials of other plans of the page beside the one of `option`.
FORMAT, VERSIONS = "pcngeo-review", (1, 2)
#: A review is a few kilobytes; what is larger is none.
MOST_BYTES = 2_000_000
AGAIN = "Ask for it again"


@dataclass(frozen=True)
class PageSeen:
    """What a page showed its readers.

    Parameters
    ----------
    digest
        Tells this page's plans and lists from any other's.
    area, lists
        Name of the area, and date of the lists in words.
    options
        Network by practice (``""`` for none) of every plan on the page, the first one first.
    fixed
        Practices that the planner left out: the page does not move them.
    """

    digest: str
    area: str
    lists: str
    options: Mapping[str, Mapping[str, str]]
    fixed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Move:
    """A practice that a reviewer would rather see in another network (``""``: in none)."""

    practice: str
    source: str
    to: str


@dataclass(frozen=True)
class Comment:
    """A comment: what about (``network 4``, ``practice A81001``, ``""`` for all), kind, words."""

    about: str
    label: str
    option: str
    kind: str
    words: str
    name: str


@dataclass(frozen=True)
class Review:
    """One saved review: who, from which file, on which plan of the page, moves and comments.

    `others` are the trials of other plans of the page: name of the plan, moves.
    """

    reviewer: str
    file: str
    option: str
    moves: tuple[Move, ...]
    comments: tuple[Comment, ...]
    others: tuple[tuple[str, tuple[Move, ...]], ...] = ()

    @property
    def trials(self) -> dict[str, tuple[Move, ...]]:
        """Moves by plan of the page, for every plan that the reviewer worked on."""
        return {self.option: self.moves, **dict(self.others)}


def read_page(path: str | Path) -> PageSeen:
    """Read what a page showed.

    Parameters
    ----------
    path
        A ``map.html``.

    Returns
    -------
    PageSeen

    Raises
    ------
    DataError
        When the file is missing or is not such a page.
    """
    path = Path(path)
    todo = "Give the page that the reviewers had, with --page"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise DataError(f"the page cannot be read ({error})", file=path, todo=todo) from None
    found = re.search(r'<script type="application/json" id="page-data">(.*?)</script>', text, re.S)
    if found is None:
        raise DataError("this is not a review page", file=path, todo=todo)
    try:
        return _seen(json.loads(found[1]))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise DataError("the page is damaged: data are missing", file=path, todo=todo) from None


def _seen(data: Mapping[str, Any]) -> PageSeen:
    codes = [practice["code"] for practice in data["practices"]]
    options = {
        str(option["name"]): {
            code: str(row["network"]) for code, row in zip(codes, option["practices"], strict=True)
        }
        for option in data["options"]
    }
    fixed = frozenset(p["code"] for p in data["practices"] if p.get("fixed"))
    return PageSeen(str(data["digest"]), str(data["areaName"]), str(data["lists"]), options, fixed)


def read_reviews(paths: Sequence[str | Path], page: PageSeen) -> list[Review]:
    """Read saved reviews; every file that cannot be used is named with its reason.

    Parameters
    ----------
    paths
        Files that the page saved.
    page
        The page that they must belong to.

    Returns
    -------
    list of Review
        In the order given, each under a name of its own: the reviewer's, else the file's.

    Raises
    ------
    DataError
        When any file is damaged or foreign; all of them are named.
    """
    reviews: list[Review] = []
    faults: list[str] = []
    seen: dict[str, str] = {}
    for path in map(Path, paths):
        found = _read(path)
        why = found if isinstance(found, str) else _wrong(found, page)
        same = seen.setdefault(json.dumps(found, sort_keys=True), path.name) if not why else ""
        if same and (same != path.name or same in [review.file for review in reviews]):
            why = f"It is the same as {same}."
        if why or isinstance(found, str):
            faults.append(f"{path.name}: {why}")
        else:
            reviews.append(_review(found, path))
    if faults:
        files = f"{len(faults)} of {len(paths)} files" if len(paths) > 1 else "the file"
        raise DataError(f"{files} cannot be used, so nothing was done. " + " ".join(faults))
    return _named(reviews)


def _read(path: Path) -> dict[str, Any] | str:
    """Content of a file, or why it is no saved review."""
    try:
        if path.stat().st_size > MOST_BYTES:
            return "This is not a saved review: it is too large."
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        return f"It cannot be read ({error.strerror})."
    except (ValueError, RecursionError):
        return "This file is damaged or is not a saved review."
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        return "This is not a saved review."
    refuse_sentences(content, path.name)
    return content


def _wrong(file: Mapping[str, Any], page: PageSeen) -> str:
    """Why a review cannot be used on this page, or nothing; the page's own script says the same."""
    if type(file.get("version")) is not int or file["version"] not in VERSIONS:
        return "It was saved by another version of the page. Use a pcngeo of the same version."
    if file.get("plan") != page.digest:
        area = f"{file['area']}, " if isinstance(file.get("area"), str) else ""
        lists = file["lists"] if isinstance(file.get("lists"), str) else "another date"
        return f"It belongs to another plan ({area}lists at {lists})."
    for key, what in (("moves", "practices"), ("comments", "comments")):
        if not isinstance(file.get(key), list):
            return f"This file is damaged: the list of {what} is missing. {AGAIN}."
    if why := _wrong_trials(file, page):
        return why
    keys = ("about", "label", "kind", "words", "name")
    whole = [isinstance(c, dict) and _all_text(c, keys) for c in file["comments"]]
    if not all(whole) or not isinstance(file.get("reviewer", ""), str):
        return f"This file is damaged: a comment is incomplete. {AGAIN}."
    return ""


def _wrong_trials(file: Mapping[str, Any], page: PageSeen) -> str:
    others = file.get("others") if file["version"] > 1 else []
    if not isinstance(others, list) or not all(
        isinstance(one, dict) and isinstance(one.get("moves"), list) for one in others
    ):
        return f"This file is damaged: the trials of other plans are missing. {AGAIN}."
    trials = [(one.get("option"), one["moves"]) for one in (file, *others)]
    if not all(isinstance(option, str) and option in page.options for option, _ in trials):
        return f"This file is damaged: its plan is not on this page. {AGAIN}."
    if len({option for option, _ in trials}) < len(trials):
        return f"This file is damaged: it has two trials of one plan. {AGAIN}."
    for option, moves in trials:
        free = {p: n for p, n in page.options[option].items() if p not in page.fixed}
        networks = {*page.options[option].values(), ""}
        if not all(_is_move(move, free, networks) for move in moves):
            return (
                "This file is damaged: it moves a practice or names a network that is not on this "
                f"page. {AGAIN}."
            )
        codes = [move["practice"] for move in moves]
        if len(set(codes)) != len(codes):
            return f"This file is damaged: it moves one practice twice. {AGAIN}."
    return ""


def _all_text(row: Mapping[str, Any], keys: Sequence[str]) -> bool:
    return all(isinstance(row.get(key), str) for key in keys)


def _is_move(move: Any, home: Mapping[str, str], networks: Container[str]) -> bool:
    if not isinstance(move, dict) or not _all_text(move, ("practice", "from", "to")):
        return False
    return (
        home.get(move["practice"]) == move["from"]
        and move["to"] in networks
        and move["to"] != move["from"]
    )


def _review(file: Mapping[str, Any], path: Path) -> Review:
    comments = tuple(
        Comment(
            c["about"], c["label"], str(c.get("option") or ""), c["kind"],
            c["words"], c["name"].strip(),
        )
        for c in file["comments"]
    )  # fmt: skip
    names = {comment.name for comment in comments if comment.name}
    said = str(file.get("reviewer", "")).strip() or (names.pop() if len(names) == 1 else "")
    return Review(
        reviewer=" ".join(said.split()) or path.stem,
        file=path.name,
        option=str(file["option"]),
        moves=_moves(file["moves"]),
        comments=comments,
        others=tuple(
            (one["option"], _moves(one["moves"]))
            for one in (file["others"] if file["version"] > 1 else ())
        ),
    )


def _moves(rows: Sequence[Mapping[str, Any]]) -> tuple[Move, ...]:
    return tuple(Move(m["practice"], m["from"], m["to"]) for m in rows)


def _named(reviews: Sequence[Review]) -> list[Review]:
    """Give two reviews of one name the names of their files as well."""
    names = [review.reviewer for review in reviews]
    found: list[Review] = []
    for i, review in enumerate(reviews):
        name = review.reviewer
        if names.count(name) > 1:
            name = f"{name} ({review.file})"
            name += f" {i + 1}" if any(name == other.reviewer for other in found) else ""
        found.append(replace(review, reviewer=name))
    return found
