"""What a coadd lacks, estimated from its own pixels."""

from __future__ import annotations

import numpy as np

from ..data.coadd import Coadd
from .noise import estimate_variance
from .stars import estimate_psf

__all__ = ["complete_coadd"]


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
    """
    if coadd.variance is not None and not np.any(coadd.variance > 0):
        coadd = coadd.replace(variance=None)
        reason = ", for its variance plane holds no positive value"
    else:
        reason = ""
    if coadd.variance is None:
        coadd = coadd.replace(
            variance=estimate_variance(coadd.image, coadd.bad),
            origins={"variance": f"estimated from the clipped scatter of the image{reason}"},
        )
    if coadd.psf is None:
        psf, origin = estimate_psf(coadd)
        known = coadd.origins.get("psf", "")
        coadd = coadd.replace(psf=psf, origins={"psf": f"{origin}; {known}" if known else origin})
    return coadd
