"""Opening a FITS file; whatever is wrong with it becomes one sentence."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from astropy.io import fits

from ...errors import BadInputError
from ..large import physical_memory
from .structure import check_structure

__all__ = ["open_fits"]

#: What astropy raises, at one place or another, for a file that is damaged.
_DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    AssertionError,
    RuntimeError,
    OverflowError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    fits.VerifyError,
)

#: Those of them that only a file with missing parts gives.
_CUT = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)

#: What astropy says, in errors or warnings, where a part of the file is missing.
_CUT_WORDS = ("truncated", "Error validating header", "Empty or corrupt")

#: First bytes of compressed files, and what opens them.
_COMPRESSED = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\x00": lzma.open}

_BLOCK = 2880

#: What it says of a file of another kind.
_OTHER_KIND = "No SIMPLE card"


@contextmanager
def open_fits(path: str | os.PathLike[str]) -> Iterator[fits.HDUList]:
    """Open a FITS file, plain or compressed, and check that it is whole.

    Parameters
    ----------
    path : path-like
        The file.

    Yields
    ------
    hdus : `astropy.io.fits.HDUList`
        Its HDUs. Errors while they are read are translated too.

    Raises
    ------
    BadInputError
        If the file is missing, damaged, or not FITS.
    """
    name = str(path)
    _check_file(Path(path), name)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            # With uint=False an unsigned image keeps its blank pixels as NaN.
            with fits.open(_content(path, name), memmap=False, uint=False) as hdus:
                # Counting them reads all headers, and so finds what is cut off.
                len(hdus)
                _check_whole(name, caught)
                yield hdus
        except BadInputError:
            raise
        except _DAMAGE as error:
            _check_whole(name, caught)
            raise BadInputError(_sentence(name, error)) from error


def _content(path: str | os.PathLike[str], name: str) -> str | os.PathLike[str] | io.BytesIO:
    """The path of a plain file, or what a compressed one holds.

    Of a compressed file that is cut short astropy gives the HDUs that are
    left, without a word; read to its end, it raises.
    """
    with open(path, "rb") as file:
        start = file.read(6)
        opener = next((one for magic, one in _COMPRESSED.items() if start.startswith(magic)), None)
        if opener is None:
            file.seek(0)
            check_structure(file, name)
            return path
    with opener(path) as file:
        # One block more, for astropy to say what it is that follows.
        size = check_structure(file, name) + _BLOCK
        if size > physical_memory():
            raise BadInputError(
                f"{name}: uncompressed it takes {size / 2**30:.0f} GB, more than this machine's"
                " memory; give it uncompressed, or cut into smaller ones."
            )
        file.seek(0)
        content = file.read(size)
        # Its end is where the sum of a whole file is checked.
        file.read(1)
        return io.BytesIO(content)


def _check_file(path: Path, name: str) -> None:
    """Check that there is a file with something in it."""
    if path.is_dir():
        raise BadInputError(f"{name}: a folder, not a file; give the path of a FITS image.")
    if not path.is_file():
        raise BadInputError(f"{name}: no such file; give the path of a FITS image.")
    if path.stat().st_size == 0:
        raise BadInputError(f"{name}: the file is empty; copy it anew.")


def _check_whole(name: str, caught: list[warnings.WarningMessage]) -> None:
    """Turn astropy's warnings about missing parts into an error."""
    for warning in caught:
        if any(words in str(warning.message) for words in _CUT_WORDS):
            raise BadInputError(_cut(name))


def _sentence(name: str, error: Exception) -> str:
    """Say what is wrong with a file that cannot be read."""
    text = str(error)
    if isinstance(error, _CUT) or any(words in text for words in _CUT_WORDS):
        return _cut(name)
    if text.startswith(_OTHER_KIND):
        return f"{name}: not a FITS file; give a FITS image."
    reason = getattr(error, "strerror", None) or (text.splitlines() or [type(error).__name__])[0]
    # Some of astropy's sentences go on with advice for those who program.
    reason = reason.split(", fix it first")[0].strip("'\"").rstrip(".")
    return f"{name}: not a readable FITS file ({reason}); give a whole FITS image."


def _cut(name: str) -> str:
    return f"{name}: the file is cut short or damaged; copy it anew."
