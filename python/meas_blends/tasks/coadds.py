"""The coadd that a task is given, of our own or another package's, complete."""

from __future__ import annotations

from typing import Any

from ..data.coadd import Coadd
from ..detection.complete import complete_coadd
from ..rubin import as_coadd

__all__ = ["ready_coadd"]


def ready_coadd(coadd: Any) -> Coadd:
    """Take a coadd, and estimate what it lacks.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd` or `lsst.images.MaskedImage`
        Ours, or one that `~meas_blends.rubin.as_coadd` knows.

    Returns
    -------
    coadd : `~meas_blends.data.coadd.Coadd`
        With variance and PSF; the same object if it was complete.
    """
    return complete_coadd(as_coadd(coadd))
