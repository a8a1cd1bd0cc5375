"""Datasets of several bands that a task reads when it wants them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from ..data.coadd import Coadd
from ..data.grid import check_same_grid
from ..detection.complete import complete_coadd
from ..errors import BadInputError
from ..rubin import as_coadd

__all__ = ["Handle", "by_band", "in_priority", "read_bands", "reference_band"]


class Handle(Protocol):
    """What ``deferLoad`` gives, such as `lsst.pipe.base.InMemoryDatasetHandle`."""

    dataId: Mapping[str, Any]

    def get(self) -> Any:
        """Read the dataset."""


def by_band(handles: Iterable[Handle]) -> dict[str, Handle]:
    """Sort the handles of one patch by their band."""
    return {str(handle.dataId["band"]): handle for handle in handles}


def in_priority(bands: Iterable[str], priority: Sequence[str]) -> list[str]:
    """Sort bands by a list of priorities; those that are not in it come last, in their order."""
    rank = {band: number for number, band in enumerate(priority)}
    return sorted(bands, key=lambda band: rank.get(band, len(rank)))


def reference_band(bands: Sequence[str], wanted: str) -> str:
    """Choose the band that others are measured by.

    Parameters
    ----------
    bands : sequence of `str`
        The bands there are.
    wanted : `str`
        The one to choose; a single band is chosen whatever its name.

    Raises
    ------
    BadInputError
        If there are several, and that one is not among them.
    """
    if wanted in bands:
        return wanted
    if len(bands) == 1:
        return bands[0]
    raise BadInputError(
        f"there is no {wanted} band, which is the reference; give one, or choose another reference"
        f" of {', '.join(bands)}."
    )


def read_bands(handles: Mapping[str, Handle], bands: Sequence[str]) -> Iterator[tuple[str, Coadd]]:
    """Read the coadds of a patch one by one, and check that they are on one grid.

    Parameters
    ----------
    handles : `dict` [`str`, `Handle`]
        By band.
    bands : sequence of `str`
        Which, in which order.

    Yields
    ------
    band : `str`
    coadd : `~meas_blends.data.coadd.Coadd`
        Complete.

    Raises
    ------
    BadInputError
        If one of them is on another grid than the first.
    """
    first = None
    for band in bands:
        coadd = as_coadd(handles[band].get())
        # Only what the check needs of the first is kept.
        first = first or coadd.replace(variance=None, mask=None, psf=None)
        check_same_grid(first, coadd)
        yield band, complete_coadd(coadd)
