"""Fixtures and markers shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("PCNGEO_REAL_DATA", ROOT.parent / "shared" / "data"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests marked `real`, saying why, where the published files are absent."""
    if (SHARED / "published").is_dir():
        return
    skip = pytest.mark.skip(reason=f"the published files are not beside the checkout ({SHARED})")
    for item in items:
        if "real" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real open data (only for tests marked `real`)."""
    return SHARED


@pytest.fixture(scope="session")
def sample() -> Path:
    """The folder of the bundled synthetic sample area."""
    return ROOT / "data" / "sample"
