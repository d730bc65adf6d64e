"""How the kernels of this room are compiled, and where the machine code is kept.

Compiling takes some seconds, so the machine code is kept: beside the sources, or, where that folder
cannot be written to, in the user's own cache folder, or nowhere at all. numba asks of each file
alone whether it has changed; the kernels here call one another across files, so what is kept is
marked with the contents of the whole room instead.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit

from pcngeo.interrupts import undisturbed

__all__ = ["kernel", "stoppable"]

Kernel = TypeVar("Kernel", bound=Callable[..., object])


def _contents() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


_CONTENTS = _contents()


def kernel(function: Kernel) -> Kernel:
    """Compile a function on its first call, and keep the machine code where there is a place."""
    try:
        compiled = njit(cache=True, nogil=True)(function)
    except RuntimeError:  # no folder to write to
        return cast("Kernel", njit(nogil=True)(function))
    kept: Any = getattr(getattr(compiled, "_cache", None), "_cache_file", None)
    if hasattr(kept, "_source_stamp"):
        kept._source_stamp = _CONTENTS
    return cast("Kernel", compiled)


def stoppable(function: Kernel) -> Kernel:
    """Have a kernel called from Python end in ``KeyboardInterrupt`` on Ctrl-C.

    A signal that comes in while a kernel hands its arrays over makes numba return a result and an
    exception at once, of which Python makes a ``SystemError``. While a kernel is compiled or read
    in, which its first call does, Ctrl-C is held back: one that is half read in cannot be used or
    thrown away.
    """

    @functools.wraps(function)
    def called(*args: Any) -> object:
        try:
            if getattr(function, "overloads", True):
                return function(*args)
            with undisturbed():
                return function(*args)
        except SystemError as fault:
            cause: BaseException | None = fault
            while cause is not None:
                if isinstance(cause, KeyboardInterrupt):
                    raise KeyboardInterrupt from None
                cause = cause.__cause__ or cause.__context__
            raise

    return cast("Kernel", called)
