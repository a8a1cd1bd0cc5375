"""Galaxies as sums of Sersic profiles, lensed, in pixels."""

from __future__ import annotations

import numpy as np
from astropy.table import Table

from .lensing import lens_shape
from .profiles import shape_matrix
from .survey import Survey

__all__ = ["galaxy_parts"]


def galaxy_parts(
    galaxies: Table, survey: Survey, xy0: tuple[int, int] = (0, 0)
) -> dict[str, np.ndarray]:
    """Split galaxies into bulges and disks as they appear on the sky.

    Parameters
    ----------
    galaxies : `astropy.table.Table`
        `~meas_blends.data.catalogs.TRUTH`.
    survey : `~meas_blends.simulation.survey.Survey`
        Calibration and pixel scale.
    xy0 : `tuple` [`int`, `int`]
        Parent-pixel position of the array's first pixel.

    Returns
    -------
    parts : `dict` [`str`, `numpy.ndarray`]
        One row a bulge or disk that has light: row ``galaxy`` of the table,
        whether it is a ``bulge``, ``flux`` [photon in the coadd], ``x``, ``y``
        [array pixel], Sersic ``index``, and after lensing ``radius``
        (geometric mean of the half-light axes [pixel]), axis ``ratio`` and
        ``xx``, ``xy``, ``yy`` of
        `~meas_blends.simulation.profiles.shape_matrix` [pixel^2].
    """
    photons = survey.photons(galaxies["mag"])
    bulge = np.asarray(galaxies["bulgeToTotal"], float)
    lensing = [np.asarray(galaxies[name], float) for name in ("shear1", "shear2", "convergence")]
    parts = []
    for kind, share in (("bulge", bulge), ("disk", 1.0 - bulge)):
        radius = np.asarray(galaxies[f"{kind}HalfLightRadius"], float) / survey.pixel_scale
        ellipticity = np.asarray(galaxies[f"{kind}Ellipticity"], float)
        matrix = shape_matrix(radius, ellipticity, galaxies["positionAngle"])
        xx, xy, yy = lens_shape(matrix, *lensing)
        radius, ratio = _extent(xx, xy, yy)
        columns = {
            "galaxy": np.arange(len(galaxies)),
            "bulge": np.full(len(galaxies), kind == "bulge"),
            "flux": photons * share,
            "x": np.asarray(galaxies["x"], float) - xy0[0],
            "y": np.asarray(galaxies["y"], float) - xy0[1],
            "index": np.asarray(galaxies[f"{kind}SersicIndex"], float),
            "radius": radius,
            "ratio": ratio,
            "xx": xx,
            "xy": xy,
            "yy": yy,
        }
        parts.append({name: values[share > 0] for name, values in columns.items()})
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _extent(xx: np.ndarray, xy: np.ndarray, yy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Geometric mean of the axes of ellipses, and the shorter over the longer."""
    area = np.sqrt(np.maximum(xx * yy - xy**2, 0.0))
    half_trace = 0.5 * (xx + yy)
    major = half_trace + np.sqrt(np.maximum(half_trace**2 - area**2, 0.0))
    ratio = np.divide(area, major, out=np.ones(len(area)), where=major > 0)
    return np.sqrt(area), ratio
