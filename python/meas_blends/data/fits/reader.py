"""Reading a coadd from a FITS file of any layout that we know."""

from __future__ import annotations

import os
import warnings
import zlib
from pathlib import Path

from astropy.io import fits

from ...errors import BadInputError
from ..coadd import Coadd
from .exposure import is_exposure, read_exposure
from .own_layout import read_own

__all__ = ["read_coadd"]

#: What astropy raises, at one place or another, for a file that is damaged.
_DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    zlib.error,
    fits.VerifyError,
)

#: What astropy warns of, and goes on, where a part of the file is missing.
_DAMAGE_WARNINGS = ("truncated", "Error validating header")


def read_coadd(path: str | os.PathLike[str]) -> Coadd:
    """Read a coadd.

    Parameters
    ----------
    path : path-like
        A FITS file, plain or compressed: our own layout (`write_coadd`), an
        LSST Exposure, or any file with one 2-D image.

    Returns
    -------
    coadd : `~meas_blends.data.coadd.Coadd`
        Its ``origins`` say where each part came from. Nothing is estimated:
        what the file does not hold is missing.

    Raises
    ------
    BadInputError
        If the file is missing, damaged, not FITS, or holds no usable image.
    """
    name = str(path)
    if not Path(path).is_file():
        raise BadInputError(f"{name}: no such file; give the path of a FITS image.")
    if Path(path).stat().st_size == 0:
        raise BadInputError(f"{name}: the file is empty; copy it anew.")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            # With uint=False an unsigned image keeps its blank pixels as NaN.
            with fits.open(path, memmap=False, uint=False) as hdus:
                # Counting them reads all headers, and so finds what is cut off.
                len(hdus)
                _check_whole(name, caught)
                coadd = read_exposure(hdus, name) if is_exposure(hdus) else read_own(hdus, name)
        except BadInputError:
            raise
        except _DAMAGE as error:
            _check_whole(name, caught)
            reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
            raise BadInputError(
                f"{name}: not a readable FITS file ({reason}); give a whole FITS image."
            ) from error
    return coadd


def _check_whole(name: str, caught: list[warnings.WarningMessage]) -> None:
    """Turn astropy's warnings about missing parts into an error."""
    for warning in caught:
        if any(words in str(warning.message) for words in _DAMAGE_WARNINGS):
            raise BadInputError(f"{name}: the file is cut short or damaged; copy it anew.")
