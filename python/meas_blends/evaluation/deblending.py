"""Deblended children against the galaxies that are truly there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import galsim
import numpy as np
from astropy.table import Table

from ..data.child_models import ChildModels
from ..data.coadd import Coadd
from ..data.deblending_tables import CHILD_MATCHES, CHILDREN
from ..data.psf import CellPsf
from ..detection.psf import psf_widths
from ..simulation.lensing import lens_shape
from ..simulation.profiles import sersic_transform, shape_matrix
from .places import one_to_one

__all__ = ["TrueGalaxies", "match_children", "true_galaxies"]

#: Side of the images that ellipticities are measured in [pixel], odd.
_SIDE = 49


@dataclass(frozen=True)
class TrueGalaxies:
    """The significant galaxies in footprints, with what children are held against.

    Parameters
    ----------
    table : `astropy.table.Table`
        `~meas_blends.data.catalogs.TRUTH` in the reference band.
    owner : `numpy.ndarray`, (n,)
        ``footprintId`` of each.
    colour : `numpy.ndarray`, (n,)
        Magnitude in the bluest band less that in the reference band.
    shapes : `numpy.ndarray`, (n, 2)
        Ellipticity alone and without noise, by adaptive moments; NaN where
        these fail.
    """

    table: Table
    owner: np.ndarray
    colour: np.ndarray
    shapes: np.ndarray


def true_galaxies(
    galaxies: Table, owner: np.ndarray, bluest: Table, psf: CellPsf, pixel_scale: float
) -> TrueGalaxies:
    """Gather what is true of some galaxies.

    Parameters
    ----------
    galaxies : `astropy.table.Table`
        `~meas_blends.data.catalogs.TRUTH` in the reference band.
    owner : `numpy.ndarray`, (n,)
        ``footprintId`` of each.
    bluest : `astropy.table.Table`
        `~meas_blends.data.catalogs.TRUTH` in the bluest band, of all galaxies.
    psf : `~meas_blends.data.psf.CellPsf`
        Of the reference band.
    pixel_scale : `float`
        [arcsec].

    Returns
    -------
    galaxies : `TrueGalaxies`
    """
    row = np.searchsorted(np.asarray(bluest["galaxyId"]), np.asarray(galaxies["galaxyId"]))
    colour = np.asarray(bluest["mag"], float)[row] - np.asarray(galaxies["mag"], float)
    middle = np.full(2, _SIDE // 2, float)
    kinds, widths = psf.kind_at(galaxies["x"], galaxies["y"]), psf_widths(psf)
    shapes = [
        _shape(_draw_alone(one, psf.kinds[0][kind], pixel_scale), middle, widths[kind])
        for one, kind in zip(galaxies, kinds, strict=True)
    ]
    return TrueGalaxies(galaxies, owner, colour, np.reshape(shapes, (-1, 2)))


def match_children(
    galaxies: TrueGalaxies,
    coadd: Coadd,
    peaks: Table,
    children: Table,
    fluxes: Table,
    stamps: ChildModels,
    finder: str,
    bands: tuple[str, str],
    radius: float,
) -> Table:
    """Match children to galaxies, and measure the matched ones.

    Parameters
    ----------
    galaxies : `TrueGalaxies`
    coadd : `~meas_blends.data.coadd.Coadd`
        Of the reference band, as it was deblended.
    peaks, children, fluxes : `astropy.table.Table`
        `~meas_blends.data.catalogs.PEAKS`,
        `~meas_blends.data.deblending_tables.CHILDREN` and
        `~meas_blends.data.deblending_tables.CHILD_FLUXES`.
    stamps : `~meas_blends.data.child_models.ChildModels`
        Each child's share of the data.
    finder : `str`
        What the peaks came from.
    bands : `tuple` [`str`, `str`]
        The reference band and the bluest.
    radius : `float`
        Farthest distance of a match [arcsec].

    Returns
    -------
    matches : `astropy.table.Table`
        `~meas_blends.data.deblending_tables.CHILD_MATCHES`: galaxies, then
        children without one. Children of footprints without a galaxy are left
        out.
    """
    table, owner = galaxies.table, galaxies.owner
    kept = np.flatnonzero(np.isin(np.asarray(children["footprintId"]), owner))
    parent = np.asarray(children["footprintId"], np.int64)[kept]
    x, y = (np.asarray(children[axis], float)[kept] for axis in ("x", "y"))
    true_x, true_y = (np.asarray(table[axis], float) for axis in ("x", "y"))
    found, by = one_to_one(
        np.column_stack([true_x, true_y]),
        np.asarray(owner, np.int64),
        np.column_stack([x, y]),
        parent,
        radius / coadd.pixel_scale,
    )
    child = np.full(len(table), -1)
    child[found] = by
    spurious = np.setdiff1d(np.arange(len(kept)), by)
    galaxy = np.append(np.arange(len(table)), np.full(len(spurious), -1))
    child = np.append(child, spurious)
    lost = CHILDREN.flag("TOO_LARGE") | CHILDREN.flag("FAILED")
    measured = np.asarray(children["flags"])[kept] & lost == 0
    reference, bluest = (_of_band(fluxes, band)[kept] for band in bands)
    errors, shared = (_of_band(fluxes, bands[0], name)[kept] for name in ("fluxErr", "sharedFlux"))
    with np.errstate(divide="ignore", invalid="ignore"):
        lit = (reference > 0) & (bluest > 0)
        colour = np.where(lit, -2.5 * np.log10(bluest / reference), np.nan)
    peak_x, peak_y = (np.asarray(peaks[f"f_{axis}"], float)[kept] for axis in ("x", "y"))
    shapes = np.full((len(kept), 2), np.nan)
    widths = psf_widths(coadd.psf)[coadd.psf.kind_at(x[by], y[by])]
    shapes[by] = _child_shapes(stamps, children[kept[by]], bands[0], widths)
    count = np.unique(owner, return_counts=True)
    parents = _take(owner, galaxy, 0)
    parents = np.where(galaxy >= 0, parents, _take(parent, child, 0))
    blended = count[1][np.searchsorted(count[0], parents)] > 1
    gx, gy = _take(true_x, galaxy), _take(true_y, galaxy)
    return CHILD_MATCHES.make(
        {
            "footprintId": parents,
            "peakFinder": finder,
            "galaxyId": _take(np.asarray(table["galaxyId"]), galaxy, 0),
            "peakId": _take(np.asarray(children["peakId"])[kept], child, 0),
            "blended": blended,
            "measured": _take(measured, child, False),
            "significance": _take(np.asarray(table["significance"], float), galaxy),
            "offset": np.hypot(_take(x, child) - gx, _take(y, child) - gy) * coadd.pixel_scale,
            "peakOffset": np.hypot(_take(peak_x, child) - gx, _take(peak_y, child) - gy)
            * coadd.pixel_scale,
            "flux": _take(np.asarray(table["flux"], float), galaxy),
            "childFlux": _take(reference, child),
            "childFluxErr": _take(errors, child),
            "childSharedFlux": _take(shared, child),
            "colour": _take(galaxies.colour, galaxy),
            "childColour": _take(colour, child),
            "e1": _take(galaxies.shapes[:, 0], galaxy),
            "e2": _take(galaxies.shapes[:, 1], galaxy),
            "childE1": _take(shapes[:, 0], child),
            "childE2": _take(shapes[:, 1], child),
        }
    )


def _take(values: np.ndarray, index: np.ndarray, missing: object = np.nan) -> np.ndarray:
    """Values by index, with something else where it is negative."""
    return np.append(values, [missing])[index]


def _of_band(fluxes: Table, band: str, column: str = "flux") -> np.ndarray:
    """A column of one band, in the order of the children."""
    return np.asarray(fluxes[column], float)[np.asarray(fluxes["band"]) == band]


def _child_shapes(
    stamps: ChildModels, children: Table, band: str, widths: np.ndarray
) -> Sequence[np.ndarray]:
    """Ellipticity of each child in its stamp, (n, 2); NaN without one."""
    half, shapes = _SIDE // 2, []
    for child, sigma in zip(children, widths, strict=True):
        if stamps.of_child(child["peakId"], band) is None:
            shapes.append(np.full(2, np.nan))
            continue
        corner = tuple(round(float(child[axis])) - half for axis in "xy")
        stamp = np.zeros((_SIDE, _SIDE), np.float32)
        stamps.add(stamp, int(child["peakId"]), band, corner)
        place = np.array([child["x"] - corner[0], child["y"] - corner[1]])
        shapes.append(_shape(stamp, place, sigma))
    return np.reshape(shapes, (-1, 2))


def _shape(image: np.ndarray, place: np.ndarray, sigma: float) -> np.ndarray:
    """Ellipticity (a^2 - b^2) / (a^2 + b^2) by adaptive moments, (2,); NaN if they fail.

    Hirata & Seljak 2003, MNRAS 343, 459.
    """
    wrapped = galsim.Image(np.ascontiguousarray(image, dtype=np.float32), scale=1.0)
    centre = galsim.PositionD(*(place + 1.0))
    found = galsim.hsm.FindAdaptiveMom(
        wrapped, guess_sig=1.3 * sigma, guess_centroid=centre, strict=False
    )
    moved = np.hypot(found.moments_centroid.x - centre.x, found.moments_centroid.y - centre.y)
    # One that wandered off measures something else.
    if found.moments_status != 0 or moved > 2.0 * sigma:
        return np.full(2, np.nan)
    return np.array([found.observed_shape.e1, found.observed_shape.e2])


def _draw_alone(galaxy: Table.Row, psf: np.ndarray, pixel_scale: float) -> np.ndarray:
    """Image of one galaxy of unit flux behind a PSF image, centred, (side, side)."""
    side = 2 * _SIDE + 1
    kx = 2.0 * np.pi * np.fft.rfftfreq(side)
    ky = 2.0 * np.pi * np.fft.fftfreq(side)[:, None]
    ny, nx = psf.shape
    rows = np.exp(-1j * ky * (np.arange(ny) - ny // 2))
    columns = np.exp(-1j * np.outer(np.arange(nx) - nx // 2, kx))
    transform = rows @ np.asarray(psf, float) @ columns
    share = float(galaxy["bulgeToTotal"])
    light = np.zeros(transform.shape)
    lensing = [float(galaxy[name]) for name in ("shear1", "shear2", "convergence")]
    for kind, part in (("disk", 1.0 - share), ("bulge", share)):
        if part > 0:
            radius = float(galaxy[f"{kind}HalfLightRadius"]) / pixel_scale
            matrix = shape_matrix(radius, galaxy[f"{kind}Ellipticity"], galaxy["positionAngle"])
            xx, xy, yy = lens_shape(matrix, *lensing)
            quadratic = (xx * kx**2 + 2 * xy * kx * ky + yy * ky**2).astype(np.float32)
            light = light + part * sersic_transform(quadratic, float(galaxy[f"{kind}SersicIndex"]))
    image = np.fft.fftshift(np.fft.irfft2(transform * light, s=(side, side)))
    cut = side // 2 - _SIDE // 2
    return image[cut : cut + _SIDE, cut : cut + _SIDE]
