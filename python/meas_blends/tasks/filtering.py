"""Configuration of background and matched filter, shared by the tasks that need both."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from lsst.pex.config import ChoiceField, Config, Field

from ..data.coadd import Coadd
from ..data.tiles import TILE
from ..detection.background import subtract_background
from ..detection.cores import fill_cores, point_plateaus
from ..detection.halos import mark_star_halos
from ..detection.matched_filter import FilteredCoadd, MatchedFilter
from ..detection.sharp import mark_sharp_pixels
from .coadds import ready_coadd
from .handles import Handle, by_band, read_bands, reference_band

__all__ = [
    "BackgroundConfig",
    "FilteringConfig",
    "filter_bands",
    "filter_coadd",
    "fit_band_filters",
    "fit_filter",
    "without_sharp_pixels",
]


class BackgroundConfig(Config):
    """What is done to a coadd's pixels before anything else; a base of task configurations."""

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
    sharp_pixels = ChoiceField[str](
        doc="What becomes of single pixels, hot or cold, that no light through the PSF can have"
        " made.",
        allowed={
            "repair": "flagged SHARP_PIXEL, and replaced by what their neighbours let expect",
            "flag": "flagged SHARP_PIXEL, and kept",
            "ignore": "nothing: they are not looked for",
        },
        default="repair",
        optional=False,
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
            "scatter": "its clipped scatter: galaxies too faint to be seen count too",
            "variance": "the noise of the pixels and their correlation alone",
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
    saturated_stars = ChoiceField[str](
        doc="What becomes of peaks in the halo and the spikes of a saturated star, which gets one"
        " peak at its centre.",
        allowed={
            "flag": "they are flagged STAR_HALO, and stay",
            "drop": "they go, unless a footprint has no other",
            "ignore": "nothing: saturated stars are not looked for",
        },
        default="flag",
        optional=False,
    )
    tile = Field[int](
        doc="Side of the tiles in which footprints are measured and classified [pixel]. It bounds"
        " the memory that an image takes; results do not depend on it.",
        default=TILE,
        check=lambda side: side >= 256,
    )


def without_sharp_pixels(coadd: Coadd, config: BackgroundConfig) -> Coadd:
    """Mark single bad pixels of a coadd, and replace them, as is configured.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        Complete and background-subtracted.
    config : `BackgroundConfig`

    Returns
    -------
    coadd : `~meas_blends.data.coadd.Coadd`
        The same object if there are none, see
        `~meas_blends.detection.sharp.mark_sharp_pixels`.
    """
    if config.sharp_pixels == "ignore":
        return coadd
    return mark_sharp_pixels(coadd, repair=config.sharp_pixels == "repair")


def fit_filter(coadd: Coadd, config: FilteringConfig) -> MatchedFilter:
    """Complete a coadd, subtract its background and prepare the matched filter.

    Single bad pixels are marked and replaced, see `without_sharp_pixels`, and
    bad ones that light encloses filled in, see
    `~meas_blends.detection.cores.fill_cores`. Saturated stars are looked for,
    and their halos masked (`~meas_blends.detection.halos.mark_star_halos`).
    With a temporary local background, ``smoothed`` and ``significance`` are
    those of the image without it, and ``coadd`` is the image with it.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        May lack variance and PSF; or one of ``lsst.images``.
    config : `FilteringConfig`

    Returns
    -------
    matched : `~meas_blends.detection.matched_filter.MatchedFilter`
    """
    coadd = ready_coadd(coadd)
    if config.subtract_background:
        coadd = subtract_background(coadd, config.background_mesh, config.background_median)
    coadd = fill_cores(without_sharp_pixels(coadd, config))
    stars = ()
    if config.saturated_stars != "ignore":
        coadd, stars = mark_star_halos(coadd)
    image = coadd.image
    if config.temporary_local_background:
        mesh = config.local_background_mesh
        image = subtract_background(coadd, mesh, config.background_median).image
    image = point_plateaus(coadd, image)
    matched = MatchedFilter.fit(coadd, config.kernel, config.noise, image)
    return dataclasses.replace(matched, stars=stars) if stars else matched


def filter_coadd(coadd: Coadd, config: FilteringConfig) -> FilteredCoadd:
    """Run the matched filter over the whole of a coadd, as `fit_filter` prepares it.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        May lack variance and PSF; or one of ``lsst.images``.
    config : `FilteringConfig`

    Returns
    -------
    filtered : `~meas_blends.detection.matched_filter.FilteredCoadd`
    """
    return fit_filter(coadd, config).window()


def fit_band_filters(
    coadds: Iterable[Handle], reference: str, config: FilteringConfig
) -> tuple[MatchedFilter, dict[str, MatchedFilter]]:
    """Prepare the matched filters of all bands of a patch.

    Parameters
    ----------
    coadds : iterable of `~meas_blends.tasks.handles.Handle`
        Handles of coadds with the band in their ``dataId``, blue to red.
    reference : `str`
        Name of the reference band.
    config : `FilteringConfig`

    Returns
    -------
    matched : `~meas_blends.detection.matched_filter.MatchedFilter`
        The reference band.
    others : `dict` [`str`, `MatchedFilter`]
        The others by band, in their order.

    Raises
    ------
    BadInputError
        If the reference band is missing, or the bands are not on one grid.
    """
    handles = by_band(coadds)
    chosen = reference_band(list(handles), reference)
    bands = {band: fit_filter(coadd, config) for band, coadd in read_bands(handles, list(handles))}
    return bands.pop(chosen), bands


def filter_bands(
    coadds: Iterable[Handle], reference: str, config: FilteringConfig
) -> tuple[FilteredCoadd, dict[str, FilteredCoadd]]:
    """Run the matched filters of all bands of a patch over the whole of it.

    Parameters
    ----------
    coadds, reference, config
        As for `fit_band_filters`, which prepares them and checks the bands.

    Returns
    -------
    filtered : `~meas_blends.detection.matched_filter.FilteredCoadd`
        The reference band.
    others : `dict` [`str`, `FilteredCoadd`]
        The others by band, in their order.
    """
    matched, others = fit_band_filters(coadds, reference, config)
    return matched.window(), {band: other.window() for band, other in others.items()}
