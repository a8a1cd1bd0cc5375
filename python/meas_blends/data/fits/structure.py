"""How large a FITS file says that it is, before anything of that size is made."""

from __future__ import annotations

import math
import re
from typing import IO

from ...errors import BadInputError
from ..large import physical_memory

__all__ = ["check_structure"]

_BLOCK = 2880
_CARD = 80

#: Longer headers than this are damage [bytes].
_LONGEST_HEADER = 32 * 2**20

#: No file reaches farther [bytes]; some file systems cannot even seek there.
_FARTHEST = 2**50

_BITPIX = (8, 16, 32, 64, -32, -64)
_MOST_AXES = 999

#: Cards that say how large an HDU is, or the image that its table compresses.
_SIZES = re.compile(rb"^(Z?BITPIX|Z?NAXIS\d*|ZTILE\d+|PCOUNT|GCOUNT)$")

#: Cards that say what an HDU is.
_SWITCHES = (b"GROUPS", b"ZIMAGE")


def check_structure(file: IO[bytes], name: str) -> int:
    """Check the sizes in the headers of a FITS file, and read nothing else.

    A header can promise a thousand million axes, or a compressed file of a
    kilobyte an image of a terabyte; what is opened by its headers must not
    believe them.

    Parameters
    ----------
    file : binary file
        Open at its start; one that decompresses will do.
    name : `str`
        What to call it in messages.

    Returns
    -------
    end : `int`
        Where the last HDU ends [bytes], or what does not look like an HDU
        begins.

    Raises
    ------
    BadInputError
        If a size cannot be, or is larger than this machine's memory.
    """
    end, number = 0, 0
    while True:
        file.seek(end)
        header = _read_header(file, b"XTENSION=" if number else b"SIMPLE  =", name, number)
        if header is None:
            return end
        end = file.tell() + _data_size(header, name, number)
        if end > _FARTHEST:
            raise BadInputError(
                f"{name}: by its header HDU {number} takes {end / 2**40:.3g} TB; copy the file"
                " anew."
            )
        number += 1


def _read_header(file: IO[bytes], start: bytes, name: str, number: int) -> dict[bytes, str] | None:
    """Values of the cards that matter; `None` where no header starts or none ends."""
    found: dict[bytes, str] = {}
    for k in range(_LONGEST_HEADER // _BLOCK):
        block = file.read(_BLOCK)
        if len(block) < _BLOCK or (k == 0 and not block.startswith(start)):
            return None
        for at in range(0, _BLOCK, _CARD):
            card = block[at : at + _CARD]
            key = card[:8].rstrip()
            if card.rstrip() == b"END":
                return found
            if card[8:9] == b"=" and (key in _SWITCHES or _SIZES.match(key)):
                value = card[10:].split(b"/")[0].decode("latin-1").strip()
                if found.setdefault(key, value) != value:
                    raise BadInputError(
                        f"{name}: HDU {number} has {key.decode()} twice, with different values;"
                        " copy the file anew, or correct its header."
                    )
    raise BadInputError(
        f"{name}: the header of HDU {number} does not end within"
        f" {_LONGEST_HEADER // 2**20} MB; copy the file anew."
    )


def _data_size(header: dict[bytes, str], name: str, number: int) -> int:
    """Size of the data after a header [bytes], in whole blocks."""

    def size(key: str, low: int = 0, high: int = 2**63 - 1, default: int | None = None) -> int:
        text = header.get(key.encode())
        if text is None and default is not None:
            return default
        try:
            value = int(text or "")
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise BadInputError(
                f"{name}: {key} of HDU {number} is {(text or 'missing')[:30]}, which cannot be;"
                " copy the file anew, or correct its header."
            )
        return value

    bits = _bits(size, "BITPIX")
    lengths = [size(f"NAXIS{axis + 1}") for axis in range(size("NAXIS", high=_MOST_AXES))]
    if header.get(b"ZIMAGE") == "T":
        _check_compressed(size, lengths, name, number)
    if header.get(b"GROUPS") == "T" and lengths[:1] == [0]:
        lengths = lengths[1:]
    elements = math.prod(lengths) if lengths else 0
    groups, more = size("GCOUNT", default=1), size("PCOUNT", default=0)
    data = bits // 8 * groups * (more + elements) if lengths else 0
    return -(-data // _BLOCK) * _BLOCK


def _bits(size: object, key: str) -> int:
    """Bits of a pixel, of a BITPIX card that may be negative."""
    bits = size(key, low=min(_BITPIX), high=max(_BITPIX))
    # Of the numbers in between, none is allowed; the same message does.
    return abs(bits) if bits in _BITPIX else size(key, low=1, high=0)


def _check_compressed(size: object, lengths: list[int], name: str, number: int) -> None:
    """Check the image that the tiles in a table make up."""
    axes = range(1, size("ZNAXIS", high=_MOST_AXES) + 1)
    shape = [size(f"ZNAXIS{axis}") for axis in axes]
    # By default a tile is one row of the image.
    tile = [size(f"ZTILE{a}", low=1, default=shape[0] or 1 if a == 1 else 1) for a in axes]
    tiles = math.prod(-(-n // t) for n, t in zip(shape, tile, strict=True))
    if len(lengths) != 2 or tiles != lengths[1]:
        raise BadInputError(
            f"{name}: the compressed image of HDU {number} should have {tiles} tiles and has"
            f" {lengths[-1] if lengths else 0}; copy the file anew."
        )
    needed = math.prod(shape) * _bits(size, "ZBITPIX") // 8
    if needed > physical_memory():
        raise BadInputError(
            f"{name}: the compressed image of HDU {number} takes {needed / 2**30:.0f} GB, more than"
            " this machine's memory; cut it into smaller ones."
        )
