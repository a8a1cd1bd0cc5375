"""Parts of large images: strips of rows, square tiles, and windows around footprints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from astropy.table import Table

from .footprints import PixelLists, pixel_lists
from .large import image_array, release_pages

__all__ = [
    "TILE",
    "FootprintWindow",
    "filter_strips",
    "footprint_pieces",
    "footprint_windows",
    "row_strips",
    "tiles",
]

#: Side of the tiles that a large image is worked in, where nothing else is said [pixel].
TILE = 2048

#: Pixels of a strip of rows, about.
_STRIP_PIXELS = 1 << 20


@dataclass(frozen=True)
class FootprintWindow:
    """A part of an image that holds some footprints whole, and what is around them.

    Parameters
    ----------
    rows, columns : `slice`
        The part, array pixels.
    pixels : `~meas_blends.data.footprints.PixelLists`
        The footprints, in pixels of the part.
    """

    rows: slice
    columns: slice
    pixels: PixelLists


def row_strips(shape: tuple[int, int]) -> Iterator[slice]:
    """Cut an image into strips of rows, so that temporary arrays stay small.

    After each, what it brought into memory of arrays in files may leave it.

    Parameters
    ----------
    shape : `tuple` [`int`, `int`]
        ``(ny, nx)``.

    Yields
    ------
    rows : `slice`
        Of about a million pixels, from the first row to the last.
    """
    ny, nx = shape
    step = max(_STRIP_PIXELS // nx, 1)
    for start in range(0, ny, step):
        yield slice(start, min(start + step, ny))
        release_pages()


def filter_strips(
    function: Callable[[np.ndarray], np.ndarray], image: np.ndarray, reach: int
) -> np.ndarray:
    """Filter an image strip by strip, with the same result as at once.

    Parameters
    ----------
    function : callable
        The filter: of a part of the image, to one of the same shape and any
        data type.
    image : `numpy.ndarray`, (ny, nx)
    reach : `int`
        Rows beside a pixel that it may depend on.

    Returns
    -------
    filtered : `numpy.ndarray`, (ny, nx)
    """
    filtered = None
    for rows in row_strips(image.shape):
        start = max(rows.start - reach, 0)
        part = function(image[start : rows.stop + reach])
        if filtered is None:
            filtered = image_array(image.shape, part.dtype)
        filtered[rows] = part[rows.start - start : rows.stop - start]
    return filtered


def tiles(shape: tuple[int, int], side: int = TILE) -> Iterator[tuple[slice, slice]]:
    """Cut an image into tiles that do not overlap.

    Parameters
    ----------
    shape : `tuple` [`int`, `int`]
        ``(ny, nx)``.
    side : `int`
        Side of a tile [pixel]; those at the end are smaller.

    Yields
    ------
    rows, columns : `slice`
        Row of tiles by row of tiles.
    """
    ny, nx = shape
    for y in range(0, ny, side):
        for x in range(0, nx, side):
            yield slice(y, min(y + side, ny)), slice(x, min(x + side, nx))
            release_pages()


def footprint_windows(
    spans: Table,
    shape: tuple[int, int],
    xy0: tuple[int, int] = (0, 0),
    side: int = TILE,
    margin: int = 1,
) -> Iterator[FootprintWindow]:
    """Share the footprints of an image out among overlapping windows.

    A footprint belongs to the tile that holds the middle of its bounding box.
    The window of a tile is the tile, made larger where its footprints need
    it: each lies in it whole, with its own width on the left and right, its
    own height above and below, and at least a margin, as far as the image
    goes. So what is measured in the window is what would be measured in the
    image, whatever the side of the tiles. A footprint longer than a tile has
    a window of its own, so that two of them, one wide and one high, make none
    that is both.

    Parameters
    ----------
    spans : `astropy.table.Table`
        Pixels of the footprints, `~meas_blends.data.catalogs.SPANS`.
    shape : `tuple` [`int`, `int`]
        ``(ny, nx)`` of the image; pixels of spans outside it are left out.
    xy0 : `tuple` [`int`, `int`]
        Parent-pixel position of its first pixel.
    side : `int`
        Side of the tiles [pixel]. An image no larger is one window.
    margin : `int`
        Least distance of a footprint from the border of its window, unless
        that is the image's [pixel].

    Yields
    ------
    window : `FootprintWindow`
        One a tile with footprints, row of tiles by row of tiles, then one a
        long footprint; without any footprint the first tile, empty.
    """
    ny, nx = shape
    y = np.asarray(spans["y"], np.int64) - xy0[1]
    x0 = np.maximum(np.asarray(spans["x0"], np.int64) - xy0[0], 0)
    x1 = np.minimum(np.asarray(spans["x1"], np.int64) - xy0[0], nx - 1)
    seen = np.flatnonzero((y >= 0) & (y < ny) & (x0 <= x1))
    identifiers, owner = np.unique(np.asarray(spans["footprintId"])[seen], return_inverse=True)
    if len(identifiers) == 0:
        rows, columns = next(tiles(shape, side))
        yield FootprintWindow(rows, columns, pixel_lists(spans[:0], shape))
        return
    order = np.argsort(owner, kind="stable")
    first = np.searchsorted(owner[order], np.arange(len(identifiers)))
    rows_of = seen[order]
    low = np.stack([np.minimum.reduceat(one[rows_of], first) for one in (y, x0)])
    high = np.stack([np.maximum.reduceat(one[rows_of], first) for one in (y, x1)])
    tile = (low + high) // 2 // side
    number = tile[0] * -(-nx // side) + tile[1]
    extent = high - low + 1
    reach = np.maximum(extent, margin)
    long = np.flatnonzero((extent > side).any(axis=0))
    number[long] = -(-ny // side) * -(-nx // side) + np.arange(len(long))
    for one in np.unique(number):
        mine = number == one
        corner = tile[:, mine][:, 0] * side
        start = np.minimum((low - reach)[:, mine].min(axis=1), corner)
        stop = np.maximum((high + reach)[:, mine].max(axis=1) + 1, corner + side)
        (j0, i0), (j1, i1) = np.maximum(start, 0).tolist(), np.minimum(stop, [ny, nx]).tolist()
        theirs = spans[np.sort(rows_of[mine[owner[order]]])]
        pixels = pixel_lists(theirs, (j1 - j0, i1 - i0), (xy0[0] + i0, xy0[1] + j0))
        yield FootprintWindow(slice(j0, j1), slice(i0, i1), pixels)
        release_pages()


def footprint_pieces(
    spans: Table, shape: tuple[int, int], xy0: tuple[int, int] = (0, 0), margin: int = 1
) -> Iterator[FootprintWindow]:
    """Cut footprints of any size into pieces, so that none need lie whole in memory.

    Parameters
    ----------
    spans : `astropy.table.Table`
        Pixels of the footprints, `~meas_blends.data.catalogs.SPANS`.
    shape : `tuple` [`int`, `int`]
        ``(ny, nx)`` of the image; pixels of spans outside it are left out.
    xy0 : `tuple` [`int`, `int`]
        Parent-pixel position of its first pixel.
    margin : `int`
        Least distance of a piece from the border of its window, unless that
        is the image's [pixel].

    Yields
    ------
    window : `FootprintWindow`
        For each strip of rows of `row_strips` that they reach into, the
        pixels there. The strips hang on the image alone, and so do the pieces.
    """
    ny, nx = shape
    y = np.asarray(spans["y"], np.int64) - xy0[1]
    order = np.argsort(y, kind="stable")
    for rows in row_strips(shape):
        here = order[slice(*np.searchsorted(y[order], [rows.start, rows.stop]))]
        x0 = np.maximum(np.asarray(spans["x0"], np.int64)[here] - xy0[0], 0)
        x1 = np.minimum(np.asarray(spans["x1"], np.int64)[here] - xy0[0], nx - 1)
        here, x0, x1 = (part[x0 <= x1] for part in (here, x0, x1))
        if len(here) == 0:
            continue
        j0, j1 = max(int(y[here].min()) - margin, 0), min(int(y[here].max()) + margin + 1, ny)
        i0, i1 = max(int(x0.min()) - margin, 0), min(int(x1.max()) + margin + 1, nx)
        pixels = pixel_lists(spans[here], (j1 - j0, i1 - i0), (xy0[0] + i0, xy0[1] + j0))
        yield FootprintWindow(slice(j0, j1), slice(i0, i1), pixels)
