"""Scenes from a user's table of galaxies: what it gives is kept, the rest is drawn."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.table import Table

from ..errors import BadInputError
from .population import furnish
from .relations import Population
from .scenes import SCENE_CENTRE, scene_wcs
from .survey import Survey
from .table_formats import quantities
from .truth import make_truth

__all__ = ["galaxies_from_table", "table_centre"]

#: Width of the frame around the image from which galaxies are kept [arcsec].
_MARGIN = 20.0

#: Limits of what a quantity can be.
_LIMITS = {
    "bulge_to_total": (0.0, 1.0),
    "half_light_radius": (0.0, 1e3),
    "bulge_half_light_radius": (0.0, 1e3),
    "disk_half_light_radius": (0.0, 1e3),
    "ellipticity": (0.0, 1.0),
    "bulge_ellipticity": (0.0, 1.0),
    "disk_ellipticity": (0.0, 1.0),
    "sersic_index": (0.0, 20.0),
    "bulge_sersic_index": (0.0, 20.0),
    "disk_sersic_index": (0.0, 20.0),
    "position_angle": (-np.inf, np.inf),
    "shear1": (-0.9, 0.9),
    "shear2": (-0.9, 0.9),
    "convergence": (-0.9, 0.9),
    "structure": (0, 2**53),
}

#: Columns of the truth table that a quantity sets.
_COLUMNS = {
    "bulge_to_total": ("bulgeToTotal",),
    "bulge_half_light_radius": ("bulgeHalfLightRadius",),
    "disk_half_light_radius": ("diskHalfLightRadius",),
    "sersic_index": ("diskSersicIndex",),
    "bulge_sersic_index": ("bulgeSersicIndex",),
    "disk_sersic_index": ("diskSersicIndex",),
    "ellipticity": ("bulgeEllipticity", "diskEllipticity"),
    "bulge_ellipticity": ("bulgeEllipticity",),
    "disk_ellipticity": ("diskEllipticity",),
    "position_angle": ("positionAngle",),
    "shear1": ("shear1",),
    "shear2": ("shear2",),
    "convergence": ("convergence",),
    "redshift": ("redshift",),
    "is_star": ("isStar",),
    "structure": ("structure",),
}

#: Sersic indexes that GalSim can draw, and the step to which they are rounded:
#: galaxies of one index are drawn at once.
_LEAST_INDEX, _LARGEST_INDEX, _INDEX_STEP = 0.3, 6.2, 0.1


def galaxies_from_table(
    table: Table,
    table_format: str,
    survey: Survey,
    shape: tuple[int, int],
    rng: np.random.Generator,
    population: Population | None = None,
    columns: Mapping[str, str] | None = None,
    centre: tuple[float, float] | None = None,
    name: str = "table",
) -> Table:
    """Turn a table of galaxies into the truth of a scene.

    Parameters
    ----------
    table : `astropy.table.Table`
        Galaxies; those without light, and those further than 20 arcsec
        outside the image, are left out.
    table_format : `str`
        One of `~meas_blends.simulation.table_formats.TABLE_FORMATS`.
    survey : `~meas_blends.simulation.survey.Survey`
        Band, pixel scale, calibration and depth.
    shape : `tuple` [`int`, `int`]
        ``(ny, nx)`` of the image.
    rng : `numpy.random.Generator`
        Draws what the table lacks.
    population : `~meas_blends.simulation.relations.Population`, optional
        Relations that it is drawn from.
    columns : mapping of `str` to `str`, optional
        Column of each quantity, for the format ``columns``.
    centre : `tuple` [`float`, `float`], optional
        ICRS position of the middle of the image [deg], for tables in sky
        coordinates; the middle of the table if not given.
    name : `str`
        What to call the table in messages.

    Returns
    -------
    galaxies : `astropy.table.Table`
        `~meas_blends.data.catalogs.TRUTH`, in the order of the table.

    Raises
    ------
    BadInputError
        If columns are missing, or hold what they cannot.
    """
    values = quantities(table, table_format, columns, name)
    values = {key: _numbers(key, column, name) for key, column in values.items()}
    if "x" not in values:
        centre = centre or _middle(values)
        world = SkyCoord(values["ra"], values["dec"], unit="deg")
        values["x"], values["y"] = scene_wcs(survey, shape, centre).world_to_pixel(world)
    population = population or Population()
    own, reference = _magnitudes(values, survey, population.one_colour, name)
    margin = _MARGIN / survey.pixel_scale
    # No light has an infinite magnitude.
    kept = np.isfinite(reference) & (own is None or np.isfinite(own))
    for axis, side in (("x", shape[1]), ("y", shape[0])):
        kept &= (values[axis] > -margin) & (values[axis] < side + margin)
    values = {key: column[kept] for key, column in values.items()}
    known = _known(values)
    if own is not None:
        known["mag"] = own[kept]
    furnished = furnish(
        values["x"],
        values["y"],
        reference[kept],
        survey,
        rng,
        population,
        observed=True,
        known=known,
        radius=values.get("half_light_radius"),
    )
    return make_truth(furnished, survey, scene_wcs(survey, shape, centre or SCENE_CENTRE))


def table_centre(
    table: Table, table_format: str, columns: Mapping[str, str] | None = None, name: str = "table"
) -> tuple[float, float] | None:
    """Middle of a table in sky coordinates [deg], or `None` for one in pixels."""
    values = quantities(table, table_format, columns, name)
    if "x" in values or not len(table):
        return None
    return _middle({key: _numbers(key, values[key], name) for key in ("ra", "dec")})


def _middle(values: Mapping[str, np.ndarray]) -> tuple[float, float]:
    """Middle of the region that sky coordinates cover, wherever RA starts anew."""
    if not len(values["ra"]):
        return SCENE_CENTRE
    first = values["ra"][0]
    ra = (values["ra"] - first + 180.0) % 360.0 - 180.0
    middle = first + 0.5 * (ra.min() + ra.max())
    return float(middle % 360.0), float(0.5 * (values["dec"].min() + values["dec"].max()))


def _numbers(quantity: str, column: np.ndarray, name: str) -> np.ndarray:
    """Values of a quantity, if they can be its."""
    if quantity == "is_star":
        return np.asarray(column).astype(bool)
    try:
        values = np.asarray(column, float)
    except (TypeError, ValueError) as error:
        raise BadInputError(
            f"{name}: its {quantity} is no number; give a column of numbers."
        ) from error
    low, high = _LIMITS.get(quantity, (-np.inf, np.inf))
    bad = (values < low) | (values > high)
    if quantity != "redshift":
        bad |= np.isnan(values)
    if quantity not in ("redshift", "mag") and not quantity.startswith("mag_"):
        bad |= np.isinf(values)
    if quantity == "photons":
        bad |= values < 0
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise BadInputError(
            f"{name}: {bad.sum()} rows have an impossible {quantity}, the first is row {row}"
            f" with {values[row]:g}; correct or drop them."
        )
    return values


def _magnitudes(
    values: Mapping[str, np.ndarray], survey: Survey, one_colour: bool, name: str
) -> tuple[np.ndarray | None, np.ndarray]:
    """Magnitudes in the survey's band, if the table knows them, and in the i band.

    The i band's stand in for a band whose colours are drawn, and the other way
    round where sizes follow from magnitudes.
    """
    own = values.get(f"mag_{survey.band}", values.get("mag"))
    if own is None and "photons" in values:
        with np.errstate(divide="ignore"):
            own = survey.zero_point - 2.5 * np.log10(values["photons"] / survey.exposure_time)
    reference = values.get("mag_i", own)
    if reference is None:
        raise BadInputError(
            f"{name}: no magnitudes in {survey.band}, nor in i, from which they could be drawn;"
            " give one of the two."
        )
    return (None if one_colour and "mag_i" in values else own), reference


def _known(values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Columns of the truth table that the quantities set."""
    known = {
        column: values[quantity]
        for quantity, columns in _COLUMNS.items()
        if quantity in values
        for column in columns
    }
    if "sersic_index" in values:
        known["bulgeToTotal"] = np.zeros(len(values["x"]))
    for column in ("bulgeSersicIndex", "diskSersicIndex"):
        if column in known:
            rounded = np.round(known[column] / _INDEX_STEP) * _INDEX_STEP
            known[column] = np.clip(rounded, _LEAST_INDEX, _LARGEST_INDEX)
    for column in ("bulgeEllipticity", "diskEllipticity"):
        if column in known:
            known[column] = np.minimum(known[column], 0.95)
    return known
