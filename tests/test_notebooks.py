"""Every notebook runs from its first cell to its last, on the Python that runs the tests."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat", reason="notebooks need the libraries of pcngeo[dev]")
nbclient = pytest.importorskip("nbclient", reason="notebooks need the libraries of pcngeo[dev]")
kernelspec = pytest.importorskip("jupyter_client.kernelspec")
manager = pytest.importorskip("jupyter_client.manager")

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
CELL_SECONDS = 300  # a cell that hangs must not hang the suite


class ThisPython(kernelspec.KernelSpecManager):  # type: ignore[misc]  # its base has no annotations
    """Knows one kernel: the running Python, whatever is registered on the machine."""

    def get_kernel_spec(self, kernel_name: str) -> Any:
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return kernelspec.KernelSpec(argv=argv, display_name=kernel_name, language="python")


def test_there_are_notebooks() -> None:
    assert [path.name for path in NOTEBOOKS] == ["tour.ipynb"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_the_notebook_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    notebook = nbformat.read(path, as_version=4)
    kernel = manager.AsyncKernelManager(kernel_spec_manager=ThisPython())
    client = nbclient.NotebookClient(
        notebook, km=kernel, timeout=CELL_SECONDS, resources={"metadata": {"path": str(FOLDER)}}
    )
    client.execute()  # raises CellExecutionError, with the cell and its traceback
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    warned = [o for cell in code for o in cell.outputs if o.get("name") == "stderr"]
    assert not warned, warned


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_the_notebook_is_kept_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not cell.outputs
            assert cell.execution_count is None
