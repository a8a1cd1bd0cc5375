"""An image of ``lsst.images`` as a coadd."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy import units

from ..data.coadd import NANOJANSKY_ZERO_POINT, Coadd
from ..data.realizations import realized_correlation
from ..errors import BadInputError
from .masks import mark, mask_of
from .psfs import cell_psf, sampled_psf
from .wcs import wcs_of

if TYPE_CHECKING:
    from lsst.images import MaskedImage, VisitImage
    from lsst.images.cells import CellCoadd

__all__ = [
    "as_coadd",
    "coadd_from_cell_coadd",
    "coadd_from_masked_image",
    "coadd_from_visit_image",
]


def as_coadd(image: Any) -> Coadd:
    """Turn what a task is given into a coadd.

    Parameters
    ----------
    image : `~meas_blends.data.coadd.Coadd` or `lsst.images.MaskedImage`
        A coadd, which is returned as it is; else a ``CellCoadd``, a
        ``VisitImage``, a ``DifferenceImage`` or a plain ``MaskedImage``.

    Returns
    -------
    coadd : `~meas_blends.data.coadd.Coadd`

    Raises
    ------
    BadInputError
        If it is none of these.
    """
    if isinstance(image, Coadd):
        return image
    # Who has such an image has imported its package.
    package = sys.modules.get("lsst.images")
    if package is not None and isinstance(image, package.MaskedImage):
        return coadd_from_masked_image(image)
    raise BadInputError(
        f"coadd: a {type(image).__name__}, not a Coadd; give Coadd(image) of meas_blends, or a"
        " CellCoadd or VisitImage of lsst.images."
    )


def coadd_from_masked_image(image: MaskedImage) -> Coadd:
    """Turn any image of ``lsst.images`` that has mask and variance into a coadd.

    Parameters
    ----------
    image : `lsst.images.MaskedImage`
        A ``CellCoadd`` and a ``VisitImage`` are taken as what they are; of
        any other image the PSF, which it does not have, stays `None`.

    Returns
    -------
    coadd : `~meas_blends.data.coadd.Coadd`
    """
    from lsst.images import VisitImage
    from lsst.images.cells import CellCoadd

    if isinstance(image, CellCoadd):
        return coadd_from_cell_coadd(image)
    if isinstance(image, VisitImage):
        return coadd_from_visit_image(image)
    return Coadd(**_common_parts(image))


def coadd_from_cell_coadd(cell_coadd: CellCoadd) -> Coadd:
    """Turn a cell-based coadd of Rubin into a coadd.

    Parameters
    ----------
    cell_coadd : `lsst.images.cells.CellCoadd`
        Of one band, whole or a part of a patch.

    Returns
    -------
    coadd : `~meas_blends.data.coadd.Coadd`
        Image and variance share their memory with the ``CellCoadd``, if they
        are 32-bit numbers as in DP2; the mask is a copy, in which missing cells
        are NO_DATA. The PSF is that of each cell, and the noise correlation
        that of the noise realizations.
    """
    parts = _common_parts(cell_coadd)
    parts["psf"], parts["origins"]["psf"] = cell_psf(cell_coadd.psf, parts["name"])
    parts["band"] = cell_coadd.band or ""
    for box in cell_coadd.bounds.missing_boxes():
        mark("NO_DATA", box, cell_coadd.bbox, parts["mask"], parts["mask_planes"])
    correlation = realized_correlation(
        (noise.array for noise in cell_coadd.noise_realizations), parts["variance"]
    )
    if correlation is not None:
        parts["noise_correlation"] = correlation
        parts["origins"]["noise_correlation"] = "noise realizations of the CellCoadd"
    return Coadd(**parts)


def coadd_from_visit_image(visit_image: VisitImage) -> Coadd:
    """Turn an image of one visit, or a difference image, into a coadd.

    Parameters
    ----------
    visit_image : `lsst.images.VisitImage`
        With pixels in units of flux density, or with a photometric scaling
        that turns them into such; else the zero point is NaN.

    Returns
    -------
    coadd : `~meas_blends.data.coadd.Coadd`
        Image and variance share their memory with the ``VisitImage`` where
        the units allow it. The PSF is evaluated in the middles of the cells
        of a grid; where it cannot be, for its model wants a package that is
        not installed, it is `None`, and ``remarks`` say so.
    """
    if not visit_image.unit.is_equivalent(units.nJy):
        try:
            visit_image = visit_image.convert_unit(units.nJy, copy="as-needed")
        except units.UnitConversionError:
            # Then its fluxes are those of counts.
            pass
    parts = _common_parts(visit_image)
    parts["band"] = visit_image.band or ""
    psf, origin = sampled_psf(visit_image, parts["name"])
    parts["psf"], parts["origins"]["psf"] = psf, origin
    if psf is None:
        parts["remarks"]["PSF"] = f"{origin}: it is estimated from stars (--psf, --psf-fwhm)"
    return Coadd(**parts)


def _common_parts(image: MaskedImage) -> dict[str, Any]:
    """Parts of a coadd, by name, that all images of ``lsst.images`` have."""
    name = _name_of(image)
    kind = type(image).__name__
    origins = dict.fromkeys(("image", "variance", "mask", "xy0"), kind)
    remarks: dict[str, str] = {}
    mask, mask_planes, left_out = mask_of(image.mask)
    if left_out:
        remarks["mask"] = f"no room for the mask planes {', '.join(left_out)}, which are left out"
    wcs, origins["wcs"] = wcs_of(image.sky_projection, image.bbox)
    zero_point = _zero_point(image.unit)
    if np.isfinite(zero_point):
        origins["zero_point"] = f"unit of the {kind}, {image.unit}"
    else:
        remarks["zero point"] = f"pixels in {image.unit or 'no unit'}: fluxes are NaN"
    return {
        "image": image.image.array,
        "variance": image.variance.array,
        "mask": mask,
        "mask_planes": mask_planes,
        "wcs": wcs,
        "zero_point": zero_point,
        "xy0": (image.bbox.x.start, image.bbox.y.start),
        "name": name,
        "origins": origins,
        "remarks": remarks,
    }


def _zero_point(unit: units.UnitBase | None) -> float:
    """AB magnitude of one count of a unit; NaN if it is none of flux density."""
    if unit is None or not unit.is_equivalent(units.nJy):
        return float("nan")
    return NANOJANSKY_ZERO_POINT - 2.5 * float(np.log10(unit.to(units.nJy)))


def _name_of(image: MaskedImage) -> str:
    """What to call it in messages: its dataset, if a Butler has kept it."""
    dataset = image.butler_dataset
    if dataset is None or dataset.datasetType is None:
        return type(image).__name__
    data_id = dataset.dataId.dataId
    return " ".join(
        [dataset.datasetType.name, *(f"{key}={value}" for key, value in data_id.items())]
    )
