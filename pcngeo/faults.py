"""A fault of the program itself in one of many areas: written down, told, and the others go on."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator
from pathlib import Path

from pcngeo import export
from pcngeo.errors import PcnGeoError

__all__ = ["FAULT", "ProgramFault", "told_faults"]

#: Beside the folders of the areas: where the program itself failed in an area.
FAULT = "{code}-fault.txt"


class ProgramFault(PcnGeoError):  # noqa: N818 - whose fault it is says more than "error"
    """A fault of pcngeo itself, in words."""


@contextlib.contextmanager
def told_faults(folder: Path, code: str) -> Iterator[None]:
    """Write a fault of the program down beside the folders of the areas, and say so in a sentence.

    What an earlier run wrote there is taken away first. Faults of the input and Ctrl-C pass
    through as they are.

    Parameters
    ----------
    folder
        Where the areas' folders stand.
    code
        The area.

    Raises
    ------
    PcnGeoError
        In place of a fault of the program: a sentence that names the file.
    """
    path = folder / FAULT.format(code=code)
    path.unlink(missing_ok=True)
    try:
        yield
    except PcnGeoError:
        raise
    except Exception as fault:  # whatever the program did not expect
        text = "".join(traceback.format_exception(fault))
        export.write_folder(folder, {path.name: lambda file: file.write_text(text, "utf-8")})
        raise ProgramFault(_sentence(fault, path.name)) from fault


def _sentence(fault: Exception, name: str) -> str:
    words = " ".join(str(fault).split())
    return (
        f"a fault of pcngeo itself ({type(fault).__name__}{': ' if words else ''}{words}), not of "
        f"the area's rules; please report it with {name}, which says where it struck."
    )
