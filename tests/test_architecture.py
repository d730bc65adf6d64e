"""Imports go one way, there is no cycle, and only the command line prints."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "pcngeo"
TIERS = {
    "errors": -3, "interrupts": -3, "names": -3, "words": -3,
    "patient_level": -2, "corrections": -1, "decisions": -1, "demands": -1,
    "rules_file": -1, "rules_checks": -0.5,
    "objectives": -1, "inputs": -1, "models": -1, "recount": 0.5, "breaches": 1,
    "rules": 0, "schema": 0, "plan": 0, "scenario": 0, "borders": 0, "lsoas": 0,
    "sizes": 0.5, "across": 0.5, "national": 4,
    "intake": 1, "eligibility": 1, "territory": 1, "adjacency": 1, "optimise": 1, "orphans": 1,
    "travel": 0,
    "evaluate": 1, "recheck": 1, "review": 1, "export": 1,
    "agreed": 1, "levels": 1, "audit": 1, "profile": 1, "submission": 1,
    "funding": 1, "governance": 1,
    "geography": 1.5, "faults": 2, "within": 2, "writing": 2, "evidence": 2,
    "prepared": 1.75, "papers": 2, "pipeline": 3,
    "options": 4, "prices": 2, "robust": 1, "alternatives": 4,
    "block_areas": 4,
    "reopen": 4, "reviews": 5, "drawing": 5,
    "cli": 6, "__main__": 7,
}  # fmt: skip
#: Rooms of one tier that may still import another room of it, in writing.
EXCEPTIONS = {
    ("scenario", "rules"), ("review", "evaluate"), ("intake", "territory"),
    ("submission", "export"), ("submission", "audit"), ("writing", "evidence"),
    ("evaluate", "breaches"), ("recheck", "breaches"), ("recheck", "evaluate"),
    ("review", "breaches"), ("robust", "breaches"),
}  # fmt: skip


def room(module: str) -> str:
    """The top-level room of a dotted module name inside the package."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imports(path: Path) -> set[str]:
    """Modules of the package that a file imports, `TYPE_CHECKING` blocks left out."""
    found: set[str] = set()

    def walk(node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
                continue
            if isinstance(child, ast.Import):
                found.update(a.name for a in child.names if a.name.startswith("pcngeo"))
            elif isinstance(child, ast.ImportFrom) and (child.module or "").startswith("pcngeo"):
                for alias in child.names:
                    full = f"{child.module}.{alias.name}"
                    inside = PACKAGE.parent.joinpath(*full.split("."))
                    is_module = inside.with_suffix(".py").exists() or inside.is_dir()
                    found.add(full if is_module else str(child.module))
            walk(child)

    walk(ast.parse(path.read_text(encoding="utf-8")))
    return found


FILES = sorted(p for p in PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    """Dotted module name of a file."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_every_room_has_a_tier() -> None:
    rooms = {room(name_of(p)) for p in FILES} - {"__init__"}
    assert rooms <= set(TIERS), f"give these rooms a tier: {sorted(rooms - set(TIERS))}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_go_down(path: Path) -> None:
    here = room(name_of(path))
    if here == "__init__":
        pytest.skip("the package's front door names every room, loaded on first use")
    for target in imports(path):
        there = room(target)
        if there in (here, "__init__"):
            continue
        assert TIERS[there] < TIERS[here] or (here, there) in EXCEPTIONS, (
            f"{path.name} (tier {TIERS[here]}) imports {target} (tier {TIERS[there]})"
        )


def test_no_cycle() -> None:
    graph = {name_of(p): {t for t in imports(p) if t != name_of(p)} for p in FILES}
    tuple(TopologicalSorter(graph).static_order())


def test_only_the_command_line_prints() -> None:
    for path in FILES:
        if room(name_of(path)) == "cli":
            continue
        calls = [n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call)]
        assert not [n for n in calls if isinstance(n.func, ast.Name) and n.func.id == "print"], path
