"""The wheel: builds cleanly, carries the sample, and plans it without the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*command, str(ROOT)], check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    target = folder / "unpacked"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return target


def test_nothing_but_the_package_is_inside(unpacked: Path) -> None:
    tops = {p.name for p in unpacked.iterdir()}
    assert tops == {"pcngeo", next(t for t in tops if t.endswith(".dist-info"))}
    assert (unpacked / "pcngeo" / "py.typed").is_file()
    assert (unpacked / "pcngeo" / "sample" / "scenario.toml").is_file()
    assert not list(unpacked.rglob("*.nbi"))


def keep_machine_code(unpacked: Path) -> None:
    """Lend the wheel the checkout's compiled kernels, which hold for the same sources only."""
    kernels = Path("pcngeo", "optimise", "groups", "__pycache__")
    for compiled in (ROOT / kernels).glob("*.nb?"):
        (unpacked / kernels).mkdir(exist_ok=True)
        shutil.copy(compiled, unpacked / kernels)


def test_demo_runs_from_the_wheel(unpacked: Path, tmp_path: Path) -> None:
    keep_machine_code(unpacked)
    environment = os.environ | {"PYTHONPATH": str(unpacked)}
    done = subprocess.run(
        [sys.executable, "-m", "pcngeo", "demo", "--out", "plan"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    where = subprocess.run(
        [sys.executable, "-c", "import pcngeo; print(pcngeo.__file__)"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert where.stdout.startswith(str(unpacked)), "this test must not run the checkout"
    assert (tmp_path / "plan" / "map.html").is_file()
