"""Rules in a file and back: TOML tables to the values of `pcngeo.rules`, and those to plain values.

What may stand in a file is read off the dataclasses themselves, so a new setting or a new table is
a field in `pcngeo.rules` and nothing here.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol

from pcngeo.errors import RulesError, examples
from pcngeo.patient_level import refuse_sentences

__all__ = ["plain_values", "read_text", "read_toml", "read_values", "settings_of"]


class Tabled(Protocol):
    """A dataclass some of whose fields are tables of a file."""

    TABLES: ClassVar[Mapping[str, tuple[str, type[Any]]]]
    __dataclass_fields__: ClassVar[dict[str, Any]]


def read_toml(path: str | Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises
    ------
    RulesError
        When the file is missing or is not TOML.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise RulesError(f"{path}: the rules file cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise RulesError(f"{path}: the rules file is not UTF-8 text.") from None
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RulesError(f"{path}: {error}") from None
    refuse_sentences(content, Path(path).name)
    return content


def settings_of(kind: type[Tabled]) -> tuple[str, ...]:
    """Name the plain settings: the fields that are neither tables nor the file's own name."""
    tables = {name for name, _ in kind.TABLES.values()}
    return tuple(f.name for f in dataclasses.fields(kind) if f.name not in {*tables, "file"})


def read_values(kind: type[Tabled], mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Take what a TOML file holds as values of fields.

    Raises
    ------
    RulesError
        When a name does not exist (the nearest are offered) or a value is of the wrong kind.
    """
    values: dict[str, Any] = {}
    for key, value in mapping.items():
        if key in kind.TABLES:
            name, row_kind = kind.TABLES[key]
            rows = enumerate(_rows(key, value), 1)
            values[name] = tuple(_row(row_kind, key, i, row) for i, row in rows)
        elif key in settings_of(kind):
            values[key] = tuple(value) if isinstance(value, list) else value
        else:
            raise RulesError(_unknown(key, [*settings_of(kind), *kind.TABLES]))
    return values


def read_text(kind: type[Tabled], settings: Mapping[str, str]) -> dict[str, Any]:
    """Take plain settings that are given as text, read as TOML; bare words count as text.

    Raises
    ------
    RulesError
        When a name does not exist.
    """
    values: dict[str, Any] = {}
    for key, text in settings.items():
        if key not in settings_of(kind):
            raise RulesError(_unknown(key, list(settings_of(kind))))
        try:
            value = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            value = text
        values[key] = tuple(value) if isinstance(value, list) else value
    return values


def plain_values(rules: Tabled) -> dict[str, Any]:
    """Take everything as plain values, ready for JSON; tables without rows are left out."""
    plain = {name: _plain(getattr(rules, name)) for name in settings_of(type(rules))}
    for key, (name, _) in rules.TABLES.items():
        rows = [dataclasses.asdict(row) for row in getattr(rules, name)]
        if rows:
            plain[key] = [{f: _plain(v) for f, v in row.items()} for row in rows]
    return plain


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _rows(key: str, value: object) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
        raise RulesError(f"{key} must be written as tables: [[{key}]], then its fields.")
    return value


def _row(kind: type[Any], key: str, i: int, row: Mapping[str, Any]) -> Any:
    fields = {f.name: f for f in dataclasses.fields(kind)}
    for name in row:
        if name not in fields:
            raise RulesError(f"[[{key}]] number {i}: {_unknown(name, list(fields))}")
    missing = [
        name for name, f in fields.items() if f.default is dataclasses.MISSING and name not in row
    ]
    if missing:
        raise RulesError(f"[[{key}]] number {i} lacks {examples(missing)}.")
    values = {}
    for name, value in row.items():
        values[name], wanted = _cell(value, str(fields[name].type))
        if wanted:
            raise RulesError(f"[[{key}]] number {i}: {name} must be {wanted}, not {value!r}.")
    return kind(**values)


def _cell(value: object, kind: str) -> tuple[Any, str]:
    """Read a value of a table's row; the second is what it should have been, if it is not."""
    if kind == "float":
        good = isinstance(value, int | float) and not isinstance(value, bool)
        return (float(str(value)), "") if good else (None, "a number")
    if kind == "int":
        good = isinstance(value, int) and not isinstance(value, bool)
        return (value, "") if good else (None, "a whole number")
    if kind == "bool":
        return (value, "") if isinstance(value, bool) else (None, "true or false")
    if kind.startswith("tuple"):
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(item.strip() for item in value), ""
        return None, "a list of texts"
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value.isoformat(), ""
    if isinstance(value, list):
        return None, "one text (several names stand in it with commas)"
    return (value.strip(), "") if isinstance(value, str) else (None, "text")


def _unknown(key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key, known, n=3)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(known)}."
    return f"there is no setting {key!r}. {hint}"
