"""The planner's choices, as one value that checks itself: the only way a choice reaches a stage.

A `Rules` is written as TOML: plain settings at the top, then tables for what concerns single
practices, each with a reason that is carried into every output::

    min_list = 28000            # R01, R02: hard floor of a network the solver makes
    max_list = 50000            # R04: hard ceiling; a larger single practice stands alone (R18)
    networks = "target"         # or "free", a number, or [lowest, highest]

    [[declined]]                # R15: declines the DES; its patients are covered by a network
    practice = "Z81012"
    reason = "Letter of 3 March"

    [[bridge]]                  # Q26: a link that geography alone does not show
    a = "Z81001"
    b = "Z81031"
    kind = "ferry"
    reason = "Year-round ferry, 25 minutes"
"""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from pcngeo.errors import RulesError, examples

__all__ = ["Choice", "Link", "Place", "Rules"]

LINK_KINDS = ("bridge", "tunnel", "ferry", "manual")
#: Settings that are one of a few words.
WORDS = {
    "territory": ("voronoi", "registrations", "polygons"),
    "adjacency": ("border", "knn", "distance", "gabriel"),
    "barrier_cuts": ("either", "border", "line"),
}
Count = int | tuple[int, int] | Literal["target", "free"]


@dataclass(frozen=True, order=True)
class Choice:
    """Something decided about one practice, and why.

    Parameters
    ----------
    practice
        ODS code.
    reason
        Why, in words that can be read aloud; carried into every output.
    """

    practice: str
    reason: str = ""


@dataclass(frozen=True, order=True)
class Link:
    """A link between two practices that the planner adds (a bridge) or cuts (a barrier).

    Parameters
    ----------
    a, b
        ODS codes of the two practices.
    kind
        One of ``bridge``, ``tunnel``, ``ferry``, ``manual``; kept as the edge's note.
    reason
        Why, in words.
    """

    a: str
    b: str
    kind: str = "manual"
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse a link of a practice with itself, and a kind that does not exist."""
        if self.a == self.b:
            raise RulesError(f"a link needs two different practices, not {self.a} twice.")
        if self.kind not in LINK_KINDS:
            raise RulesError(
                f"link {self.a} - {self.b}: kind {self.kind!r} is not one of "
                f"{', '.join(LINK_KINDS)}."
            )


@dataclass(frozen=True, order=True)
class Place:
    """Where a practice is, given by hand (Q10: a postcode that no file knows).

    Parameters
    ----------
    practice
        ODS code.
    easting, northing
        British National Grid (EPSG:27700), metres.
    reason
        Where the coordinates come from.
    """

    practice: str
    easting: float
    northing: float
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The size window, the number of networks and every choice of the planner.

    Parameters
    ----------
    min_list, max_list
        The window of a network's list size in registered patients, both ends included. Hard for
        networks that the solver makes (R01, R02, R04); a practice above `max_list` stands alone
        (R18).
    target_list
        The size that the number of networks aims at, in registered patients.
    networks
        ``"target"``: the feasible number nearest to patients / `target_list`; ``"free"``: whatever
        number costs least; a number; or a range ``(lowest, highest)``. Practices above the
        ceiling, which stand alone, are not counted in it.
    special_below
        A list below this many patients whose name or role says that it is a special scheme is
        left out of the networks and shown (Q6).
    outside_limit_m
        A practice that lies at most this far outside its area's boundary still takes part, even
        where its nearest-practice area does not reach into the area (Q13). Metres.
    min_border_m
        Two territories are neighbours when they share at least this much border. Metres.
    territory
        How territories are drawn: ``"voronoi"`` (nearest practice, clipped to the area),
        ``"registrations"`` (each LSOA to the practice with most of its registered patients) or
        ``"polygons"`` (given by the planner, such as practice areas).
    adjacency
        What makes two practices neighbours: ``"border"`` (their territories share a border), or,
        for analysts, ``"knn"`` (one is among the `neighbours` nearest of the other),
        ``"distance"`` (at most `within_m` apart) or ``"gabriel"`` (no third practice in the circle
        between them).
    neighbours
        Number of nearest neighbours for ``adjacency = "knn"``.
    within_m
        Greatest distance for ``adjacency = "distance"``. Metres.
    barrier_cuts
        What a barrier drawn as a line (a river, a motorway) must cross to cut a link:
        ``"either"`` the common border or the straight line between the practices, only the
        ``"border"``, or only the ``"line"``.
    declined
        Practices that decline the Network Contract DES: covered by a network, members of none
        (R15).
    special, ordinary
        Practices to treat as special schemes, or not to, whatever the file suggests (Q6).
    excluded
        Practices to leave out altogether.
    bridges, barriers
        Links to add to, and to cut from, the graph that contiguity is judged on (Q26).
    places
        Coordinates given by hand (Q10).

    Raises
    ------
    RulesError
        When two settings contradict each other or one is out of range.

    Examples
    --------
    >>> rules = Rules(min_list=28_000)
    >>> rules.counts(348_034)
    (7, 12)
    >>> Rules(min_list=60_000)
    Traceback (most recent call last):
    ...
    pcngeo.errors.RulesError: min_list (60,000) is above max_list (50,000). Swap them or change one.
    """

    min_list: int = 30_000
    max_list: int = 50_000
    target_list: int = 40_000
    networks: Count = "target"
    special_below: int = 1_000
    outside_limit_m: float = 1_000.0
    min_border_m: float = 1.0
    territory: str = "voronoi"
    adjacency: str = "border"
    neighbours: int = 6
    within_m: float = 3_000.0
    barrier_cuts: str = "either"
    declined: tuple[Choice, ...] = ()
    special: tuple[Choice, ...] = ()
    ordinary: tuple[Choice, ...] = ()
    excluded: tuple[Choice, ...] = ()
    bridges: tuple[Link, ...] = ()
    barriers: tuple[Link, ...] = ()
    places: tuple[Place, ...] = field(default=())

    TABLES: ClassVar[Mapping[str, tuple[str, type[Choice | Link | Place]]]] = {
        "declined": ("declined", Choice),
        "special": ("special", Choice),
        "ordinary": ("ordinary", Choice),
        "excluded": ("excluded", Choice),
        "bridge": ("bridges", Link),
        "barrier": ("barriers", Link),
        "place": ("places", Place),
    }

    def __post_init__(self) -> None:
        """Check every setting against the others."""
        for name in ("min_list", "max_list", "target_list", "special_below"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise RulesError(f"{name} must be a whole number of patients, not {value!r}.")
        if self.min_list < 1:
            raise RulesError("min_list must be at least 1: a network has patients.")
        if self.min_list > self.max_list:
            raise RulesError(
                f"min_list ({self.min_list:,}) is above max_list ({self.max_list:,}). "
                "Swap them or change one."
            )
        if self.target_list < 1:
            raise RulesError("target_list must be at least 1.")
        for name in ("outside_limit_m", "min_border_m", "within_m"):
            value = getattr(self, name)
            if not isinstance(value, int | float) or isinstance(value, bool) or not value >= 0:
                raise RulesError(f"{name} must be a number of metres, 0 or more, not {value!r}.")
        for name, known in WORDS.items():
            value = getattr(self, name)
            if value not in known:
                raise RulesError(f"{name} {value!r} is not known; use {' or '.join(known)}.")
        if isinstance(self.neighbours, bool) or not isinstance(self.neighbours, int):
            raise RulesError(f"neighbours must be a whole number, not {self.neighbours!r}.")
        if self.neighbours < 1:
            raise RulesError("neighbours must be at least 1.")
        _check_count(self.networks)
        self._check_choices()

    def _check_choices(self) -> None:
        listed = {
            name: [choice.practice for choice in getattr(self, name)]
            for name in ("declined", "special", "ordinary", "excluded")
        }
        listed["place"] = [place.practice for place in self.places]
        for name, practices in listed.items():
            twice = sorted({p for p in practices if practices.count(p) > 1})
            if twice:
                raise RulesError(f"[[{name}]] names {examples(twice)} more than once.")
        names = ("declined", "special", "ordinary", "excluded")
        for i, one in enumerate(names):
            for other in names[i + 1 :]:
                both = sorted(set(listed[one]) & set(listed[other]))
                if both:
                    raise RulesError(
                        f"{examples(both)} stands under both [[{one}]] and [[{other}]]. Keep one."
                    )
        cut = {frozenset((link.a, link.b)) for link in self.barriers}
        for link in self.bridges:
            if frozenset((link.a, link.b)) in cut:
                raise RulesError(
                    f"the link {link.a} - {link.b} is both a bridge and a barrier. Keep one."
                )

    # ---- the window -------------------------------------------------------------------------
    def in_window(self, list_size: int) -> bool:
        """Tell whether a list size lies in the window, both ends included."""
        return self.min_list <= list_size <= self.max_list

    def counts(self, patients: int) -> tuple[int, int]:
        """Lowest and highest number of networks that `patients` could be divided into (R07).

        Parameters
        ----------
        patients
            Registered patients to divide.

        Returns
        -------
        tuple of int
            ``(ceil(patients / max_list), floor(patients / min_list))``; empty (no number fits)
            where the first is larger.
        """
        return -(-patients // self.max_list), patients // self.min_list

    # ---- TOML in and out --------------------------------------------------------------------
    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read rules from a TOML file.

        Parameters
        ----------
        path
            The file.

        Returns
        -------
        Rules

        Raises
        ------
        RulesError
            When the file is missing, is not TOML, or holds a setting that does not exist (the
            nearest names are offered).
        """
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except OSError as error:
            raise RulesError(f"{path}: the rules file cannot be read ({error.strerror}).") from None
        except UnicodeDecodeError:
            raise RulesError(f"{path}: the rules file is not UTF-8 text.") from None
        try:
            return cls.from_mapping(tomllib.loads(text))
        except (tomllib.TOMLDecodeError, RulesError) as error:
            raise RulesError(f"{path}: {error}") from None

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Self:
        """Make rules from what a TOML file holds.

        Parameters
        ----------
        mapping
            Settings by name, and a list of tables for each of ``declined``, ``special``,
            ``ordinary``, ``excluded``, ``bridge``, ``barrier``, ``place``.

        Returns
        -------
        Rules

        Raises
        ------
        RulesError
            When a name does not exist or a value is of the wrong kind.
        """
        values: dict[str, Any] = {}
        for key, value in mapping.items():
            if key in cls.TABLES:
                name, kind = cls.TABLES[key]
                rows = enumerate(_rows(key, value), 1)
                values[name] = tuple(_row(kind, key, i, row) for i, row in rows)
            elif key in _settings():
                values[key] = tuple(value) if isinstance(value, list) else value
            else:
                raise RulesError(_unknown(key, [*_settings(), *cls.TABLES]))
        return cls(**values)

    def with_settings(self, settings: Mapping[str, str]) -> Self:
        """Return the rules with plain settings replaced, given as text (``--set min_list=28000``).

        Parameters
        ----------
        settings
            Text by name of setting, read as TOML values; bare words count as text.

        Returns
        -------
        Rules

        Examples
        --------
        >>> Rules().with_settings({"min_list": "28_000", "networks": "free"}).min_list
        28000
        """
        values: dict[str, Any] = {}
        for key, text in settings.items():
            if key not in _settings():
                raise RulesError(_unknown(key, list(_settings())))
            try:
                value = tomllib.loads(f"value = {text}")["value"]
            except tomllib.TOMLDecodeError:
                value = text
            values[key] = tuple(value) if isinstance(value, list) else value
        return dataclasses.replace(self, **values)

    def to_mapping(self) -> dict[str, Any]:
        """Everything in the rules as plain values, ready for JSON; `from_mapping` undoes it."""
        plain = {name: getattr(self, name) for name in _settings()}
        if isinstance(plain["networks"], tuple):
            plain["networks"] = list(plain["networks"])
        for key, (name, _) in self.TABLES.items():
            rows = [dataclasses.asdict(row) for row in getattr(self, name)]
            if rows:
                plain[key] = rows
        return plain

    def digest(self) -> str:
        """SHA-256 of the rules' canonical JSON: equal digests are equal rules."""
        text = json.dumps(self.to_mapping(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def _settings() -> tuple[str, ...]:
    tables = {name for name, _ in Rules.TABLES.values()}
    return tuple(f.name for f in dataclasses.fields(Rules) if f.name not in tables)


def _check_count(count: object) -> None:
    if count in ("target", "free"):
        return
    if isinstance(count, int) and not isinstance(count, bool) and count >= 1:
        return
    if (
        isinstance(count, tuple)
        and len(count) == 2
        and all(isinstance(k, int) and not isinstance(k, bool) for k in count)
        and 1 <= count[0] <= count[1]
    ):
        return
    raise RulesError(
        f"networks must be 'target', 'free', a number from 1 or a range [lowest, highest], "
        f"not {count!r}."
    )


Row = Choice | Link | Place


def _rows(key: str, value: object) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
        raise RulesError(f"{key} must be written as tables: [[{key}]], then its fields.")
    return value


def _row(kind: type[Row], key: str, i: int, row: Mapping[str, Any]) -> Row:
    fields = {f.name: f for f in dataclasses.fields(kind)}
    for name in row:
        if name not in fields:
            raise RulesError(f"[[{key}]] number {i}: {_unknown(name, list(fields))}")
    missing = [
        name for name, f in fields.items() if f.default is dataclasses.MISSING and name not in row
    ]
    if missing:
        raise RulesError(f"[[{key}]] number {i} lacks {examples(missing)}.")
    for name, value in row.items():
        numeric = name in ("easting", "northing")
        good = isinstance(value, int | float) if numeric else isinstance(value, str)
        if not good or isinstance(value, bool):
            wanted = "a number of metres" if numeric else "text"
            raise RulesError(f"[[{key}]] number {i}: {name} must be {wanted}, not {value!r}.")
    values: dict[str, Any] = {
        name: value.strip() if isinstance(value, str) else float(value)
        for name, value in row.items()
    }
    return kind(**values)


def _unknown(key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key, known, n=3)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(known)}."
    return f"there is no setting {key!r}. {hint}"
