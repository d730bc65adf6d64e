"""Fixtures and markers shared by all tests."""

from __future__ import annotations

import gc
import os
import signal
from pathlib import Path

import hypothesis
import pandas as pd
import pytest

# The same cases in every run; HYPOTHESIS_PROFILE=default looks for new ones.
hypothesis.settings.register_profile("same", derandomize=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

# Text as the core installation holds it, which has no pyarrow, and as a command holds it; the
# tests of the notebook and of one plan written in both ways have it as it is beside pyarrow.
pd.options.mode.string_storage = "python"

# Thousands of collected tests stay to the end: looking through them again and again finds nothing.
gc.set_threshold(20_000, 20, 20)

# A shell that puts the tests into the background has them, and all that they start, ignore Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("PCNGEO_REAL_DATA", ROOT.parent / "shared" / "data"))


def pytest_collection_finish() -> None:
    gc.freeze()


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


@pytest.fixture(scope="session")
def planned_sample(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the planned sample: to be read, not changed."""
    import pcngeo
    from pcngeo.scenario import Scenario

    out = tmp_path_factory.mktemp("planned") / "sample"
    scenario = Scenario.read(sample / "scenario.toml")
    pcngeo.plan_area(**scenario.inputs, area=scenario.area, rules=scenario.rules, out=out)
    return out
