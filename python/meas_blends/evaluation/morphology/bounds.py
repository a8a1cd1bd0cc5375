"""The Cramer-Rao bounds of the galaxies of a simulated set."""

from __future__ import annotations

import numpy as np
from astropy.table import Table

from ...data.galaxy_outcome_tables import GALAXY_BOUNDS
from ...data.galaxy_sets import GalaxySet
from ...data.galaxy_tables import GALAXY_TRUTH
from ...data.schema import missing_columns
from ...errors import BadInputError
from ...morphology.galaxies import GalaxySample
from ...morphology.refinement.bounds import bounds
from ...morphology.refinement.priors import GalaxyPrior

__all__ = ["bound_set", "sample_of_set"]


def bound_set(
    galaxies: GalaxySet,
    n: int,
    size: int,
    sky_electrons: float,
    psf_error: float,
    sky_error: float,
) -> Table:
    """Compute the bounds of the first galaxies of a set.

    Parameters
    ----------
    galaxies : `~meas_blends.data.galaxy_sets.GalaxySet`
        With all columns of `~meas_blends.data.galaxy_tables.GALAXY_TRUTH`,
        under Kolmogorov PSFs.
    n : `int`
        How many.
    size : `int`
        Side of the stamps [pixel], no larger than the cutouts.
    sky_electrons : `float`
        Of the sky in a pixel over their own Poisson noise.
    psf_error, sky_error : `float`
        Scatter of the PSF's width (relative) and of the sky left (sky noise),
        over which the bounds are marginalised.

    Returns
    -------
    table : `astropy.table.Table`
        `~meas_blends.data.galaxy_outcome_tables.GALAXY_BOUNDS`.

    Raises
    ------
    BadInputError
        If the set does not say what its galaxies are made of.
    """
    rows = slice(0, min(n, len(galaxies)))
    sample = sample_of_set(galaxies, sky_electrons).select(rows)
    size = min(size, galaxies.size)
    prior = GalaxyPrior.for_stamps(size, psf_width=psf_error, sky=sky_error)
    found = bounds(sample, sample.flux, size, prior)
    names = [column.name for column in GALAXY_BOUNDS.columns[1:]]
    columns = dict(zip(names, found.T, strict=True))
    return GALAXY_BOUNDS.make({"galaxyId": galaxies.galaxies["galaxyId"][rows], **columns})


def sample_of_set(galaxies: GalaxySet, sky_electrons: float) -> GalaxySample:
    """What the galaxies of a set were simulated from.

    Raises
    ------
    BadInputError
        If columns are missing.
    """
    table = galaxies.galaxies
    missing = missing_columns(table, (column.name for column in GALAXY_TRUTH.columns))
    if missing:
        raise BadInputError(
            f"{galaxies.name}: bounds need what galaxies are made of, and the table lacks"
            f" {', '.join(missing)}; give a simulated set, or leave out the bounds."
        )
    sigma = np.asarray(table["skySigma"], float) * galaxies.nanojansky_per_count
    parts = {}
    for stem in ("bulge", "disk"):
        parts[f"{stem}_radius"] = table[f"{stem}_radius"]
        parts[f"{stem}_n"] = table[f"{stem}_n"]
        parts[f"{stem}_axis_ratio"] = table[f"{stem}_axisRatio"]
        parts[f"{stem}_angle"] = np.deg2rad(np.asarray(table[f"{stem}_angle"], float))
    columns = {
        **parts,
        "bulge_to_total": table["bulgeToTotal"],
        "dx": table["dx"],
        "dy": table["dy"],
        "flux": np.asarray(table["flux"], float) / sigma,
        "signal_to_noise": table["signalToNoise"],
        "pixel_scale": np.full(len(table), galaxies.pixel_scale),
        "psf_fwhm": table["psf_fwhm"],
        "noise_correlation": table["noiseCorrelation"],
        "sky_electrons": np.full(len(table), float(sky_electrons)),
    }
    return GalaxySample(**{name: np.array(values, float) for name, values in columns.items()})
