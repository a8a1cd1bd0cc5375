"""Configuration of background and matched filter, shared by the tasks that need both."""

from __future__ import annotations

from lsst.pex.config import ChoiceField, Config, Field

from ..data.coadd import Coadd
from ..detection.background import subtract_background
from ..detection.complete import complete_coadd
from ..detection.matched_filter import FilteredCoadd, matched_filter

__all__ = ["BackgroundConfig", "FilteringConfig", "filter_coadd"]


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


def filter_coadd(coadd: Coadd, config: FilteringConfig) -> FilteredCoadd:
    """Complete a coadd, subtract its background and run the matched filter.

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
    return matched_filter(coadd, config.kernel, config.noise)
