"""What a coadd lacks, estimated from its own pixels."""

from __future__ import annotations

import numpy as np

from ..data.coadd import Coadd
from ..data.fill_values import without_fill_values
from ..data.tiles import row_strips
from ..errors import BadInputError
from .noise import rough_median
from .stars import estimate_psf
from .variance import estimate_variance

__all__ = ["complete_coadd"]

#: Variances whose products with a smoothing kernel fit 32-bit numbers.
_VARIANCE_LIMITS = (1e-33, 1e36)


def complete_coadd(coadd: Coadd) -> Coadd:
    """Estimate the variance and the PSF where a coadd has none.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        A coadd; nothing that it has is changed.

    Returns
    -------
    coadd : `~meas_blends.data.coadd.Coadd`
        With ``variance`` and ``psf``, and with ``origins`` that say how they
        were estimated. The same object if nothing was missing.

    Raises
    ------
    BadInputError
        If it is no `Coadd`, or the counts are so large or small that their variance is no 32-bit
        number.
    """
    if not isinstance(coadd, Coadd):
        raise BadInputError(
            f"coadd: a {type(coadd).__name__}, not a Coadd; give Coadd(image) of meas_blends."
        )
    coadd = without_fill_values(coadd)
    if coadd.variance is not None and not _any_noise(coadd.variance):
        coadd = coadd.replace(variance=None)
        reason = ", for its variance plane holds no positive value"
    else:
        reason = ""
    if coadd.variance is None:
        coadd = coadd.replace(
            variance=_estimated(coadd),
            origins={"variance": f"estimated from the clipped scatter of the image{reason}"},
        )
    if coadd.psf is None:
        psf, origin = estimate_psf(coadd)
        known = coadd.origins.get("psf", "")
        coadd = coadd.replace(psf=psf, origins={"psf": f"{origin}; {known}" if known else origin})
    return coadd


def _any_noise(variance: np.ndarray) -> bool:
    return any(
        np.any((variance[rows] > 0) & (variance[rows] < np.inf))
        for rows in row_strips(variance.shape)
    )


def _estimated(coadd: Coadd) -> np.ndarray:
    """Variance from the image, checked to be one that single precision holds."""
    bad = coadd.bad
    with np.errstate(over="ignore", under="ignore"):
        variance = estimate_variance(coadd.image, bad)
    low, high = _VARIANCE_LIMITS
    if not (bad.all() or low < rough_median(variance, bad) < high):
        raise BadInputError(
            f"{coadd.name}: the variance of its pixels does not fit 32-bit numbers; multiply the"
            " counts by a power of ten, and move the zero point with them."
        )
    return variance
