"""Configuration of background and matched filter, shared by the tasks that need both."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import numpy as np
from lsst.pex.config import ChoiceField, Config, Field

from ..data.coadd import Coadd
from ..detection.background import subtract_background
from ..detection.complete import complete_coadd
from ..detection.matched_filter import FilteredCoadd, matched_filter
from .handles import Handle, by_band, read_bands, reference_band

__all__ = ["BackgroundConfig", "FilteringConfig", "filter_bands", "filter_coadd"]


class BackgroundConfig(Config):
    """The background that a task subtracts; a base of task configurations."""

    subtract_background = Field[bool](
        doc="Subtract a background from the coadd? It adds to what the coadd's own pipeline did.",
        default=True,
    )
    background_mesh = Field[int](
        doc="Side of the cells in which the background is estimated [pixel].",
        default=128,
        check=lambda size: size >= 8,
    )
    background_median = Field[int](
        doc="Side of the median filter over those cells [cell].",
        default=3,
        check=lambda size: size >= 1,
    )


class FilteringConfig(BackgroundConfig):
    """How a coadd is prepared for detection and for peak finding.

    Tasks of one pipeline must agree on it; the shipped pipelines check that.
    """

    kernel = ChoiceField[str](
        doc="Kernel of the matched filter.",
        allowed={
            "gaussian": "Gaussian of the PSF's width, as LSST detection and the paper do",
            "psf": "the PSF image",
        },
        default="gaussian",
        optional=False,
    )
    noise = ChoiceField[str](
        doc="What the noise of the smoothed image is taken from.",
        allowed={
            "scatter": "its clipped scatter: correlated noise and unseen galaxies count too",
            "variance": "the variance plane, as if pixels were independent",
        },
        default="scatter",
        optional=False,
    )
    temporary_local_background = Field[bool](
        doc="Subtract a finer background from what is thresholded and searched for peaks, so that"
        " neighbours on the wings of a large galaxy stand out? Fluxes and cutouts keep it. LSST's"
        " doTempLocalBackground does so for the peaks alone.",
        default=False,
    )
    local_background_mesh = Field[int](
        doc="Side of the cells of that background [pixel].",
        default=64,
        check=lambda size: size >= 8,
    )


def filter_coadd(coadd: Coadd, config: FilteringConfig) -> FilteredCoadd:
    """Complete a coadd, subtract its background and run the matched filter.

    With a temporary local background, ``smoothed`` and ``significance`` are
    those of the image without it, and ``coadd`` is the image with it.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        May lack variance and PSF.
    config : `FilteringConfig`

    Returns
    -------
    filtered : `~meas_blends.detection.matched_filter.FilteredCoadd`
    """
    coadd = complete_coadd(coadd)
    if config.subtract_background:
        coadd = subtract_background(coadd, config.background_mesh, config.background_median)
    if not config.temporary_local_background:
        return matched_filter(coadd, config.kernel, config.noise)
    flat = subtract_background(coadd, config.local_background_mesh, config.background_median)
    filtered = matched_filter(flat, config.kernel, config.noise)
    # Bad pixels stay 0, as the filter makes them.
    image = np.where(filtered.bad, np.float32(0), coadd.image)
    return dataclasses.replace(filtered, coadd=filtered.coadd.replace(image=image))


def filter_bands(
    coadds: Iterable[Handle], reference: str, config: FilteringConfig
) -> tuple[FilteredCoadd, dict[str, FilteredCoadd]]:
    """Filter all bands of a patch.

    Parameters
    ----------
    coadds : iterable of `~meas_blends.tasks.handles.Handle`
        Handles of coadds with the band in their ``dataId``, blue to red.
    reference : `str`
        Name of the reference band.
    config : `FilteringConfig`

    Returns
    -------
    filtered : `~meas_blends.detection.matched_filter.FilteredCoadd`
        The reference band.
    others : `dict` [`str`, `FilteredCoadd`]
        The others by band, in their order.

    Raises
    ------
    BadInputError
        If the reference band is missing, or the bands are not on one grid.
    """
    handles = by_band(coadds)
    chosen = reference_band(list(handles), reference)
    bands = {
        band: filter_coadd(coadd, config) for band, coadd in read_bands(handles, list(handles))
    }
    return bands.pop(chosen), bands
