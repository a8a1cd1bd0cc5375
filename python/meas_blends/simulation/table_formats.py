"""What the columns of galaxy tables mean: those of known catalogues, and a user's own."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from astropy.table import Table

from ..data.schema import missing_columns
from ..errors import BadInputError

__all__ = ["QUANTITIES", "TABLE_FORMATS", "quantities"]

#: Quantities that a table can give: name and meaning.
QUANTITIES = {
    "x": "centre, pixels of the scene (integer at the centre of a pixel)",
    "y": "likewise",
    "ra": "right ascension [deg], in place of x and y",
    "dec": "declination [deg]",
    "mag": "AB magnitude in the survey's band",
    **{f"mag_{band}": f"AB magnitude in {band}" for band in "ugrizy"},
    "photons": "expected photons in one exposure of the survey, in place of mag",
    "bulge_to_total": "bulge's share of the flux",
    "half_light_radius": "of the whole galaxy, geometric mean of the axes [arcsec]",
    "bulge_half_light_radius": "of the bulge, likewise",
    "disk_half_light_radius": "of the disk, likewise",
    "sersic_index": "of a galaxy of one component",
    "bulge_sersic_index": "of the bulge",
    "disk_sersic_index": "of the disk",
    "ellipticity": "(a - b) / (a + b) of both components",
    "bulge_ellipticity": "of the bulge",
    "disk_ellipticity": "of the disk",
    "position_angle": "of the major axis, from +x to +y [deg]",
    "shear1": "lensing shear along x",
    "shear2": "lensing shear along the diagonal",
    "convergence": "lensing convergence",
    "redshift": "redshift",
    "is_star": "true for stars",
    "structure": "number that arms, knots and the like are drawn from, 0 for none",
}

#: Names of the formats that are known.
TABLE_FORMATS = {
    "gp_blends": "scenes of Buchanan et al. (2022): x, y half a pixel low, n_photons_i",
    "truth": "blend_truth of this package",
    "cosmodc2": "cosmoDC2 by GCRCatalogs' names",
    "catsim": "CatSim galaxies, as in OneDegSq.fits",
    "columns": "columns named by table_columns",
}

#: AB magnitude of one photon a second, and the exposure time [s], by which
#: the paper's scenes count photons in the i band.
_PAPER_ZERO_POINT, _PAPER_EXPOSURE = 27.82, 30.0

#: Columns of the truth table by quantity.
_TRUTH = {
    "x": "x",
    "y": "y",
    "mag": "mag",
    "bulge_to_total": "bulgeToTotal",
    "bulge_half_light_radius": "bulgeHalfLightRadius",
    "disk_half_light_radius": "diskHalfLightRadius",
    "bulge_sersic_index": "bulgeSersicIndex",
    "disk_sersic_index": "diskSersicIndex",
    "bulge_ellipticity": "bulgeEllipticity",
    "disk_ellipticity": "diskEllipticity",
    "position_angle": "positionAngle",
}
_TRUTH_ADDED = {
    "shear1": "shear1",
    "shear2": "shear2",
    "convergence": "convergence",
    "redshift": "redshift",
    "is_star": "isStar",
    "structure": "structure",
}

#: Quantity, and the columns of cosmoDC2 that may hold it, best first.
_COSMODC2 = {
    "ra": ("ra", "ra_true"),
    "dec": ("dec", "dec_true"),
    **{
        f"mag_{band}": (f"mag_{band}_lsst", f"mag_{band}", f"mag_true_{band}_lsst")
        for band in "ugrizy"
    },
    "bulge_to_total": ("bulge_to_total_ratio_i",),
    "bulge_sersic_index": ("sersic_bulge",),
    "disk_sersic_index": ("sersic_disk",),
    "shear1": ("shear_1",),
    "shear2": ("shear_2",),
    "convergence": ("convergence",),
    "redshift": ("redshift", "redshift_true"),
}


def quantities(
    table: Table, table_format: str, columns: Mapping[str, str] | None = None, name: str = "table"
) -> dict[str, np.ndarray]:
    """Read the quantities that a table gives.

    Parameters
    ----------
    table : `astropy.table.Table`
        Galaxies.
    table_format : `str`
        One of `TABLE_FORMATS`.
    columns : mapping of `str` to `str`, optional
        Column of each of the `QUANTITIES`, for the format ``columns``.
    name : `str`
        What to call the table in messages.

    Returns
    -------
    values : `dict` [`str`, `numpy.ndarray`]
        By the names of `QUANTITIES`.

    Raises
    ------
    BadInputError
        If the format is not known, or the table lacks columns that it must
        have.
    """
    if table_format == "gp_blends":
        return _gp_blends(table, name)
    if table_format == "truth":
        _demand(table, _TRUTH.values(), name, "give a table that simulate wrote")
        known = {key: c for key, c in _TRUTH_ADDED.items() if c in table.colnames}
        return {key: np.asarray(table[column]) for key, column in {**_TRUTH, **known}.items()}
    if table_format == "cosmodc2":
        return _cosmodc2(table, name)
    if table_format == "catsim":
        return _catsim(table, name)
    if table_format == "columns":
        return _own(table, columns or {}, name)
    raise BadInputError(
        f"{name}: a table format {table_format!r} is not known; give one of"
        f" {', '.join(TABLE_FORMATS)}."
    )


def _demand(table: Table, names: object, name: str, advice: str) -> None:
    missing = missing_columns(table, names)
    if missing:
        raise BadInputError(f"{name}: lacks the columns {', '.join(missing)}; {advice}.")


def _gp_blends(table: Table, name: str) -> dict[str, np.ndarray]:
    """Truth of Buchanan et al. (2022): GalSim drew half a pixel above what the table says."""
    _demand(table, ("x", "y", "n_photons_i"), name, "give a scene of the paper's truth tables")
    photons = np.asarray(table["n_photons_i"], float)
    return {
        "x": np.asarray(table["x"], float) + 0.5,
        "y": np.asarray(table["y"], float) + 0.5,
        "mag_i": _PAPER_ZERO_POINT - _log(photons / _PAPER_EXPOSURE),
    }


def _cosmodc2(table: Table, name: str) -> dict[str, np.ndarray]:
    values = {}
    for quantity, choices in _COSMODC2.items():
        there = [column for column in choices if column in table.colnames]
        if there:
            values[quantity] = np.asarray(table[there[0]], float)
    missing = [quantity for quantity in ("ra", "dec", "mag_i") if quantity not in values]
    if missing:
        columns = [_COSMODC2[quantity][0] for quantity in missing]
        raise BadInputError(
            f"{name}: lacks the columns {', '.join(columns)}; give cosmoDC2 by the names of"
            " GCRCatalogs."
        )
    for kind in ("bulge", "disk"):
        axes = (f"size_{kind}_true", f"size_minor_{kind}_true")
        if not missing_columns(table, axes):
            _set_axes(values, kind, *(np.asarray(table[axis], float) for axis in axes))
    if "position_angle_true" in table.colnames:
        # From north over east, and east is -x.
        values["position_angle"] = np.asarray(table["position_angle_true"], float) + 90.0
    return values


def _catsim(table: Table, name: str) -> dict[str, np.ndarray]:
    fluxes = ("fluxnorm_bulge", "fluxnorm_disk")
    needed = ("ra", "dec", "i_ab", *fluxes, "a_b", "b_b", "a_d", "b_d", "pa_bulge", "pa_disk")
    _demand(table, needed, name, "give CatSim galaxies with the columns of OneDegSq.fits")
    get = {column: np.asarray(table[column], float) for column in needed}
    bulge, disk = (get[column] for column in fluxes)
    total = bulge + disk
    values = {
        "ra": get["ra"],
        "dec": get["dec"],
        # Active nuclei are left out of the shares: their light is drawn with the rest.
        "bulge_to_total": np.divide(bulge, total, out=np.ones(len(total)), where=total > 0),
        "position_angle": np.where(disk > 0, get["pa_disk"], get["pa_bulge"]) + 90.0,
    }
    for band in "ugrizy":
        if f"{band}_ab" in table.colnames:
            values[f"mag_{band}"] = np.asarray(table[f"{band}_ab"], float)
    if "redshift" in table.colnames:
        values["redshift"] = np.asarray(table["redshift"], float)
    _set_axes(values, "bulge", get["a_b"], get["b_b"])
    _set_axes(values, "disk", get["a_d"], get["b_d"])
    return values


def _own(table: Table, columns: Mapping[str, str], name: str) -> dict[str, np.ndarray]:
    unknown = sorted(set(columns) - set(QUANTITIES))
    if unknown:
        raise BadInputError(
            f"{name}: table_columns names the unknown quantities {', '.join(unknown)}; give"
            f" those of {', '.join(QUANTITIES)}."
        )
    _demand(table, columns.values(), name, "name columns of the table in table_columns")
    values = {quantity: np.asarray(table[column]) for quantity, column in columns.items()}
    if not ({"x", "y"} <= set(values) or {"ra", "dec"} <= set(values)):
        raise BadInputError(f"{name}: no positions; give x and y, or ra and dec, in table_columns.")
    if not any(key == "photons" or key.startswith("mag") for key in values):
        raise BadInputError(f"{name}: no brightness; give mag or photons in table_columns.")
    return values


def _set_axes(values: dict[str, np.ndarray], kind: str, a: np.ndarray, b: np.ndarray) -> None:
    """Turn half-light axes into radius and ellipticity."""
    total = a + b
    values[f"{kind}_half_light_radius"] = np.sqrt(a * b)
    values[f"{kind}_ellipticity"] = np.divide(
        np.abs(a - b), total, out=np.zeros(len(total)), where=total > 0
    )


def _log(photons: np.ndarray) -> np.ndarray:
    """2.5 log10; no light is infinitely faint."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return 2.5 * np.log10(photons)
