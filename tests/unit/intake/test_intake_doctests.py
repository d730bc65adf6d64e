"""The examples in the intake's docstrings run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import pcngeo.intake

MODULES = [
    f"pcngeo.intake.{module.name}" for module in pkgutil.iter_modules(pcngeo.intake.__path__)
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
