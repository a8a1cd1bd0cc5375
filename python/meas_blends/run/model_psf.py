"""PSF models in files of ``lsst.images`` that it alone can evaluate, such as Piff's."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from ..data.coadd import Coadd
from ..data.fits.cell_coadd import EVALUATOR
from ..data.psf import CellPsf
from ..rubin.psfs import model_image

__all__ = ["with_model_psf"]


def with_model_psf(coadd: Coadd, path: str | Path) -> Coadd:
    """Give a coadd the PSF that its file has as a model.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        As it was read.
    path : path-like
        Its file.

    Returns
    -------
    coadd : `~meas_blends.data.coadd.Coadd`
        With the PSF of each cell of 256 pixels; the same object if it has a
        PSF, its file no such model, or ``lsst.images`` is not installed. Where
        that cannot read the model, ``remarks`` say why.
    """
    if coadd.psf is not None or EVALUATOR not in coadd.origins.get("psf", ""):
        return coadd
    try:
        from lsst.images.serialization import open_archive
    except ImportError:
        return coadd
    # Models are read by foreign code, which may want more packages than there are.
    try:
        with open_archive(str(path)) as archive:
            model = archive.get_component("psf")
            psf = CellPsf.evaluated(
                lambda x, y: model_image(model, x, y), coadd.shape, coadd.xy0, name=coadd.name
            )
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        return _without(coadd, reason)
    if psf is None:
        return _without(coadd, "nowhere in the image")
    remarks = {what: text for what, text in coadd.remarks.items() if what != "PSF"}
    origins = {**coadd.origins, "psf": f"{type(model).__name__} in the file, by {EVALUATOR}"}
    return dataclasses.replace(coadd, psf=psf, origins=origins, remarks=remarks)


def _without(coadd: Coadd, reason: str) -> Coadd:
    """Say why the model gives no PSF."""
    said = f"its PSF model cannot be evaluated by {EVALUATOR} ({reason})"
    return coadd.replace(
        origins={"psf": said},
        remarks={"PSF": f"{said}: the PSF is taken from stars (--psf FILE|ARCSEC)"},
    )
