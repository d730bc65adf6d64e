"""A plan's folder is read back as it was written, or refused with a reason."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from pcngeo.errors import DataError
from pcngeo.reopen import reopen
from pcngeo.writing import write_plan


def test_what_is_read_back_is_written_again_byte_for_byte(
    planned_sample: Path, tmp_path: Path
) -> None:
    again = write_plan(reopen(planned_sample), tmp_path / "again")
    names = {path.name for path in planned_sample.iterdir()}
    assert names == {path.name for path in again.iterdir()}
    for name in sorted(names):
        assert (planned_sample / name).read_bytes() == (again / name).read_bytes(), name


def test_a_folder_that_is_no_plan_is_refused_with_a_reason(
    planned_sample: Path, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=r"there is no plan\.json"):
        reopen(tmp_path)
    broken = Path(shutil.copytree(planned_sample, tmp_path / "broken"))
    (broken / "plan.gpkg").unlink()
    with pytest.raises(DataError, match=r"there is no plan\.gpkg"):
        reopen(broken)
    (broken / "plan.gpkg").write_text("no layers", encoding="utf-8")
    with pytest.raises(DataError, match="cannot be read"):
        reopen(broken)
    (broken / "plan.json").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match="cannot be read"):
        reopen(broken)
    (broken / "plan.json").write_text(json.dumps({"area": "99Z"}), encoding="utf-8")
    with pytest.raises(DataError, match="does not say area_name"):
        reopen(broken)


def test_a_folder_of_an_older_version_is_told_apart(planned_sample: Path, tmp_path: Path) -> None:
    old = Path(shutil.copytree(planned_sample, tmp_path / "old"))
    base = sqlite3.connect(old / "plan.gpkg")
    base.execute("ALTER TABLE practices DROP COLUMN note")
    base.commit()
    base.close()
    with pytest.raises(DataError, match="lacks note") as caught:
        reopen(old)
    assert "Plan the area again" in str(caught.value)
