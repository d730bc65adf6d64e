"""A scenario file: everything that `pcngeo plan` needs, in one TOML file that can be kept.

::

    area = "99Z"                  # one code or several
    rules = "rules.toml"          # or a [rules] table with the same settings

    [input]                       # paths are relative to this file
    lists = "gp-reg-pat-prac-all.csv"
    organisations = "epraccur.csv"
    postcodes = ["postcodes.csv"]
    boundaries = "boundaries.geojson"
    membership = "gp-reg-pat-prac-map.csv"
    registrations = "gp-reg-pat-prac-lsoa-all.csv"

    [options]
    seed = 0
    time_limit = 60
    out = "plan"
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from pcngeo.errors import RulesError
from pcngeo.patient_level import refuse_sentences
from pcngeo.rules import Rules

__all__ = ["MAX_SEED", "Scenario"]

INPUTS = (
    "lists",
    "organisations",
    "postcodes",
    "boundaries",
    "membership",
    "registrations",
    "lsoa_changes",
    "branches",
    "lsoas",
    "practice_areas",
    "barriers",
    "bridges",
    "edges",
    "travel",
    "authorities",
    "deprivation",
    "rurality",
)
OPTIONS = ("seed", "time_limit", "max_memory", "out", "list_date")
#: The largest seed that the search can be started from.
MAX_SEED = 2**32 - 1


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What to plan, from which files, under which rules.

    Parameters
    ----------
    area
        Codes of the commissioning areas to plan as one.
    inputs
        Paths by name of input (`INPUTS`); a tuple for ``postcodes``.
    rules
        The planner's choices.
    seed, time_limit, max_memory, out, list_date
        Options; `time_limit` in seconds, `max_memory` in megabytes, ``None`` for none;
        `list_date` only for a table of your own that does not hold it (R06).
    neighbours
        Practices of other areas to include (R19).
    """

    area: tuple[str, ...]
    inputs: Mapping[str, Path | tuple[Path, ...]]
    rules: Rules = field(default_factory=Rules)
    seed: int = 0
    time_limit: float | None = None
    max_memory: float | None = None
    out: Path | None = None
    list_date: dt.date | None = None
    neighbours: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a scenario from a TOML file; paths in it are relative to it.

        Parameters
        ----------
        path
            The scenario file.

        Returns
        -------
        Scenario

        Raises
        ------
        RulesError
            When the file is missing, is not TOML, lacks something or holds an unknown name.
        """
        path = Path(path)
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except IsADirectoryError:
            raise RulesError(
                f"{path} is a folder, not a scenario file. Give the scenario or the flags that the "
                f"plan was made with; where the plan of a folder is meant, add --plan {path}."
            ) from None
        except OSError as error:
            raise RulesError(f"{path}: the scenario cannot be read ({error.strerror}).") from None
        except UnicodeDecodeError:
            raise RulesError(f"{path}: the scenario is not UTF-8 text.") from None
        except tomllib.TOMLDecodeError as error:
            raise RulesError(f"{path}: not a TOML file: {error}.") from None
        refuse_sentences(content, path.name)
        try:
            read = cls(**_parse(content, path.parent))
            if isinstance(content.get("rules"), Mapping):
                read = dataclasses.replace(
                    read, rules=dataclasses.replace(read.rules, file=str(path))
                )
            return read
        except RulesError as error:
            raise RulesError(f"{path}: {error}") from None


def _parse(content: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    _only(content, ("area", "neighbours", "rules", "input", "options"), "")
    codes = _codes(content, "area")
    if not codes:
        raise RulesError('area must be a code in quotes, or a list of them: area = "08V".')
    inputs = _table(content, "input")
    _only(inputs, INPUTS, "[input] ")
    options = _table(content, "options")
    _only(options, OPTIONS, "[options] ")
    return {
        "area": codes,
        "neighbours": _codes(content, "neighbours"),
        "inputs": {name: _paths(name, value, folder) for name, value in inputs.items()},
        "rules": _rules(content.get("rules", {}), folder),
        "seed": _seed(options),
        "time_limit": _number(options, "time_limit", None, int, float),
        "max_memory": _number(options, "max_memory", None, int, float),
        "out": _out(options, folder),
        "list_date": _date(options),
    }


def _codes(content: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Read one code in quotes, or a list of them."""
    given = content.get(name, [])
    codes = [given] if isinstance(given, str) else given
    if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
        raise RulesError(
            f'{name} must be a code in quotes, or a list of them: {name} = "08V", not {given!r}.'
        )
    return tuple(codes)


def _date(options: Mapping[str, Any]) -> dt.date | None:
    value = options.get("list_date")
    if value is None or type(value) is dt.date:
        return value
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        raise RulesError(
            f"[options] list_date must be a date such as 2026-01-01, not {value!r}."
        ) from None


def _seed(options: Mapping[str, Any]) -> int:
    seed: int = _number(options, "seed", 0, int)
    if seed > MAX_SEED:
        raise RulesError(f"[options] seed must be at most {MAX_SEED:,}, not {seed:,}.")
    return seed


def _out(options: Mapping[str, Any], folder: Path) -> Path | None:
    if "out" not in options:
        return None
    out = options["out"]
    if not isinstance(out, str) or not out.strip():
        raise RulesError(f"[options] out must be the name of a folder in quotes, not {out!r}.")
    return folder / out


def _rules(value: object, folder: Path) -> Rules:
    if isinstance(value, str):
        return Rules.read(folder / value)
    if isinstance(value, Mapping):
        return Rules.from_mapping(value)
    raise RulesError("rules must be the name of a file in quotes, or a [rules] table.")


def _paths(name: str, value: object, folder: Path) -> Path | tuple[Path, ...]:
    if isinstance(value, str) and value:
        path = folder / value
        return (path,) if name == "postcodes" else path
    several = name == "postcodes" and isinstance(value, list) and bool(value)
    if several and isinstance(value, list) and all(isinstance(v, str) and v for v in value):
        return tuple(folder / item for item in value)
    raise RulesError(f"[input] {name} must be the name of a file in quotes, not {value!r}.")


def _number(options: Mapping[str, Any], name: str, default: Any, *kinds: type) -> Any:
    value: Any = options.get(name, default)
    if value is default:
        return value
    # The kinds that are asked for are kinds of numbers, which a type checker cannot know.
    if isinstance(value, bool) or not isinstance(value, kinds) or not float(value) >= 0:  # type: ignore[arg-type]
        raise RulesError(f"[options] {name} must be a number, 0 or more, not {value!r}.")
    return value


def _table(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = content.get(name, {})
    if not isinstance(value, Mapping):
        raise RulesError(f"{name} must be a table: [{name}] on a line of its own.")
    return value


def _only(mapping: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in mapping:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}."
            raise RulesError(f"{where}there is no setting {key!r}. {hint}")
