"""LSOA codes: the editions of 2011 and 2021 share most of theirs, so a join needs a guard (Q19)."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

__all__ = ["LAST_2011", "edition_of", "lsoa_vintage"]

#: English LSOA codes above this number were made for the census of 2021.
LAST_2011 = 33_768


def lsoa_vintage(codes: Iterable[str]) -> str:
    """Infer the vintage of LSOA codes from codes that only one vintage has (Q19).

    Parameters
    ----------
    codes
        LSOA codes; others are passed over.

    Returns
    -------
    str
        ``"2021"`` when a code was made for the 2021 census, else ``"2011"``; ``""`` without codes.
        A few hundred codes without a new one can be of either vintage and count as 2011.

    Examples
    --------
    >>> lsoa_vintage(["E01000001", "E01033769"]), lsoa_vintage(["E01000001", "NO2011"])
    ('2021', '2011')
    """
    numbers = [int(code[3:]) for code in codes if re.fullmatch(r"E01\d{6}", code)]
    if not numbers:
        return ""
    return "2021" if max(numbers) > LAST_2011 else "2011"


def edition_of(frame: pd.DataFrame) -> str:
    """Tell which LSOAs a frame is by: what it says of itself, else what its codes show.

    Parameters
    ----------
    frame
        With ``attrs["vintage"]``, or with LSOA codes in a column or index called `lsoa`.

    Returns
    -------
    str
        ``"2011"``, ``"2021"`` or ``""``.
    """
    said = str(frame.attrs.get("vintage", ""))
    codes = frame.get("lsoa", frame.index)
    return said or lsoa_vintage(str(code) for code in pd.unique(codes))
