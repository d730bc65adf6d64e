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

    [[rural_waiver]]            # R03: a network below the floor, named by one of its practices
    practice = "Z81040"
    reason = "A valley of 22,410 people, 31 km from the next practice"
    approved_by = "Saltmere commissioner, 12 May"

Waivers, homes of orphans, shared practices and what a network hands in are `pcngeo.decisions`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from pcngeo.corrections import Link, Merged, Place
from pcngeo.decisions import (
    Choice,
    CrossArea,
    Home,
    Refused,
    Shared,
    Submission,
    Waiver,
)
from pcngeo.demands import (
    Apart,
    Collaboration,
    Locked,
    LockedPractice,
    Preference,
    Together,
    Veto,
)
from pcngeo.errors import RulesError
from pcngeo.objectives import DEFAULT, Stages, plain_stages, read_stages
from pcngeo.rules_checks import (
    PRESETS,
    check_choices,
    check_count,
    check_sizes,
    check_window,
    check_words,
    take_rows,
    window_of,
)
from pcngeo.rules_file import plain_values, read_text, read_toml, read_values

__all__ = ["PRESETS", "Choice", "Link", "Place", "Rules", "check_rules"]

Count = int | tuple[int, int] | Literal["target", "free"]


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The size window, the number of networks and every choice of the planner.

    Parameters
    ----------
    preset
        One of `PRESETS`: the kind of network that is planned. It sets the window and the target
        where they are not given (`for_preset`; in TOML, ``preset``), and is what an audit holds
        the window against.
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
    objective
        What is minimised: a name (``"distance"``, the default; the others are in
        `pcngeo.objectives.TERMS`), a mix as a table of names and weights, or a list of either, of
        which the first counts most. Kept as `pcngeo.objectives.Stages`.
    soft_min_list, soft_max_list
        How far below and above the window a network may come where the window itself leaves
        practices in no network; 0: not at all. First the fewest registered patients are outside
        the window (missing to `min_list`, or above `max_list` or the largest member), then the
        objective counts.
    outside_weight
        With a soft window: instead of in order, a patient outside it counts this many points
        beside the objective (a point is 1 km, or 1 minute, for one patient); 0: in order.
    balance
        Every network that the solver makes lies within this many per cent of the mean, which is
        the patients to be grouped divided by the number of networks; 0: any size in the window.
    headroom
        Every network that the solver makes stays in the window when all lists fall or grow by this
        many per cent; a practice that then passes the ceiling by itself stands alone (R18).
        0: none is asked for.
    closures
        ``"borne"``: whichever single practice of a network closes, its patients going to the
        nearest practice that it is linked with, every network that is left stays connected and in
        the window. ``"any"``: nothing is asked.
    alone
        Whether a practice inside the window may be a network by itself: ``"any"``, or only
        ``"agreed"`` ones, with a granted waiver in `single_practice` (R18).
    max_authorities
        At most this many local authorities in a network that the solver makes; 0: any number.
    max_practices
        At most this many practices in a network that the solver makes; 0: any number.
    max_span_m
        No two practices of a network that the solver makes are farther apart than this, in a
        straight line. Metres; 0: any distance.
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
    exclaves
        With ``territory = "registrations"``: an LSOA apart from the rest of its practice's
        territory goes to the neighbour around it (``"join"``) or stays (``"keep"``).
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
    sites
        Whether practices on one site share a network: ``"together"`` keeps them so wherever they
        fit under the ceiling and no other demand says otherwise, ``"free"`` leaves it open (Q9).
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
    merged
        Practices that merged into others (Q16).
    rural_waivers, over_ceiling, single_practice, non_geographic, cross_area
        Leave granted or asked for, each for the network that a practice is in: below the floor
        (R03), above the ceiling (R04), a network of one practice (R18), not one connected area
        (R21), across an area's border (R19).
    shared
        Practices in two networks (R20).
    homes
        Networks offered to, agreed with or assigned to practices in none (R14), and networks that
        cover practices which decline (R15).
    submissions
        What networks hand in (R30 to R36).
    together, apart, locked
        Practices that must share a network, pairs that must not, and networks that are settled
        (R16): the optimiser keeps them all, or says which cannot hold together.
    locked_practices
        Practices whose network is settled: that of another practice.
    hubs
        Practices that are the hub of their network: distances in it are to them, and no two of
        them share one.
    collaborations
        Practices that work together already, for the objective ``collaborations``.
    vetoes, preferences
        With whom practices will not, and would like to, share a network (R16): the optimiser keeps
        the first, the audit tells of both.
    refused
        Practices that a network does not take: left out of the search, offered elsewhere (R13).
    file
        The file that the rules were read from, for messages; not a rule.

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

    preset: str = "pcn2019"
    min_list: int = 30_000
    max_list: int = 50_000
    target_list: int = 40_000
    networks: Count = "target"
    objective: Any = DEFAULT
    soft_min_list: int = 0
    soft_max_list: int = 0
    outside_weight: float = 0.0
    balance: float = 0.0
    headroom: float = 0.0
    closures: str = "any"
    alone: str = "any"
    max_authorities: int = 0
    max_practices: int = 0
    max_span_m: float = 0.0
    special_below: int = 1_000
    outside_limit_m: float = 1_000.0
    min_border_m: float = 1.0
    territory: str = "voronoi"
    exclaves: str = "join"
    adjacency: str = "border"
    neighbours: int = 6
    within_m: float = 3_000.0
    barrier_cuts: str = "either"
    sites: str = "free"
    declined: tuple[Choice, ...] = ()
    special: tuple[Choice, ...] = ()
    ordinary: tuple[Choice, ...] = ()
    excluded: tuple[Choice, ...] = ()
    bridges: tuple[Link, ...] = ()
    barriers: tuple[Link, ...] = ()
    places: tuple[Place, ...] = field(default=())
    merged: tuple[Merged, ...] = ()
    rural_waivers: tuple[Waiver, ...] = ()
    over_ceiling: tuple[Waiver, ...] = ()
    single_practice: tuple[Waiver, ...] = ()
    non_geographic: tuple[Waiver, ...] = ()
    cross_area: tuple[CrossArea, ...] = ()
    shared: tuple[Shared, ...] = ()
    homes: tuple[Home, ...] = ()
    submissions: tuple[Submission, ...] = ()
    together: tuple[Together, ...] = ()
    apart: tuple[Apart, ...] = ()
    locked: tuple[Locked, ...] = ()
    locked_practices: tuple[LockedPractice, ...] = ()
    hubs: tuple[Choice, ...] = ()
    collaborations: tuple[Collaboration, ...] = ()
    vetoes: tuple[Veto, ...] = ()
    preferences: tuple[Preference, ...] = ()
    refused: tuple[Refused, ...] = ()
    file: str = field(default="", compare=False, repr=False)

    TABLES: ClassVar[Mapping[str, tuple[str, type[Any]]]] = {
        "declined": ("declined", Choice),
        "special": ("special", Choice),
        "ordinary": ("ordinary", Choice),
        "excluded": ("excluded", Choice),
        "bridge": ("bridges", Link),
        "barrier": ("barriers", Link),
        "place": ("places", Place),
        "merged": ("merged", Merged),
        "rural_waiver": ("rural_waivers", Waiver),
        "over_ceiling": ("over_ceiling", Waiver),
        "single_practice": ("single_practice", Waiver),
        "non_geographic": ("non_geographic", Waiver),
        "cross_area": ("cross_area", CrossArea),
        "shared": ("shared", Shared),
        "home": ("homes", Home),
        "submission": ("submissions", Submission),
        "together": ("together", Together),
        "apart": ("apart", Apart),
        "locked_network": ("locked", Locked),
        "locked_practice": ("locked_practices", LockedPractice),
        "hub": ("hubs", Choice),
        "collaboration": ("collaborations", Collaboration),
        "veto": ("vetoes", Veto),
        "preference": ("preferences", Preference),
        "refused": ("refused", Refused),
    }

    def __post_init__(self) -> None:
        """Check every setting against the others."""
        check_sizes(self)
        object.__setattr__(self, "objective", read_stages(self.objective))
        check_window(self)
        check_words(self)
        window_of(self.preset)
        check_count(self.networks)
        for name, kind in self.TABLES.values():
            object.__setattr__(self, name, take_rows(name, kind, getattr(self, name)))
        check_choices(self)

    @property
    def stages(self) -> Stages:
        """The objective as mixes in order; see `pcngeo.objectives.read_stages`."""
        stages: Stages = self.objective
        return stages

    @property
    def divided(self) -> tuple[Apart, ...]:
        """Pairs that must not share a network: by demand, and by a practice's own veto."""
        return (*self.apart, *(veto.pair for veto in self.vetoes))

    @property
    def soft(self) -> bool:
        """Whether networks may lie outside the window where not everybody fits inside."""
        return self.soft_min_list > 0 or self.soft_max_list > 0

    @classmethod
    def for_preset(cls, preset: str, **changes: Any) -> Self:
        """Make rules with the window of a preset.

        Parameters
        ----------
        preset
            One of `PRESETS`.
        changes
            Other settings.

        Returns
        -------
        Rules

        Examples
        --------
        >>> Rules.for_preset("single_neighbourhood").max_list
        60000
        """
        return cls(**(window_of(preset) | changes))

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
        content = read_toml(path)
        try:
            return dataclasses.replace(cls.from_mapping(content), file=str(path))
        except RulesError as error:
            raise RulesError(f"{path}: {error}") from None

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Self:
        """Make rules from what a TOML file holds.

        Parameters
        ----------
        mapping
            Settings by name, and a list of tables for each of `TABLES`.

        Returns
        -------
        Rules

        Raises
        ------
        RulesError
            When a name does not exist or a value is of the wrong kind.
        """
        window = window_of(mapping["preset"]) if "preset" in mapping else {}
        return cls(**window | read_values(cls, mapping))

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
        window = window_of(settings["preset"]) if "preset" in settings else {}
        return dataclasses.replace(self, **window | read_text(type(self), settings))

    def to_mapping(self) -> dict[str, Any]:
        """Everything in the rules as plain values, ready for JSON; `from_mapping` undoes it."""
        return plain_values(self) | {"objective": plain_stages(self.stages)}

    def digest(self) -> str:
        """SHA-256 of the rules' canonical JSON: equal digests are equal rules."""
        text = json.dumps(self.to_mapping(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def check_rules(rules: object) -> Rules:
    """Take rules that were given to a stage, or the default ones.

    Parameters
    ----------
    rules
        The planner's choices, or `None`.

    Returns
    -------
    Rules

    Raises
    ------
    RulesError
        When it is something else, such as a mapping.

    Examples
    --------
    >>> check_rules(None) == Rules()
    True
    """
    if rules is None:
        return Rules()
    if isinstance(rules, Rules):
        return rules
    how = "Rules.from_mapping(...)" if isinstance(rules, Mapping) else "Rules(min_list=28_000)"
    raise RulesError(f"the rules must be a Rules, not a {type(rules).__name__}. Use {how}.")
