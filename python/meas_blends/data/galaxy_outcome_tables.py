"""The tables that hold what is true of simulated galaxies beside what was measured."""

from __future__ import annotations

from .morphology_tables import MORPHOLOGY, MORPHOLOGY_TARGETS, QUANTILES
from .schema import Column, Flag, TableSchema

__all__ = ["GALAXY_BOUNDS", "GALAXY_COST", "GALAXY_MEASURED", "GALAXY_OUTCOMES", "PEER_MEASURED"]

_GALAXY_ID = Column("galaxyId", "i8", "Galaxy of the set", ucd="meta.id")
_METHOD = Column("method", "str", "Name of what measured it")
_STEMS = tuple(stem for stem, _, _ in MORPHOLOGY_TARGETS)

#: Mean, standard deviation, quantiles and covariances, as of measured peaks.
_POSTERIOR = tuple(
    column for column in MORPHOLOGY.columns if column.name.startswith((*_STEMS, "cov_"))
)
_QUANTILES = tuple(column for column in _POSTERIOR if column.name.rpartition("_")[2] in QUANTILES)
_COVARIANCES = tuple(column for column in _POSTERIOR if column.name.startswith("cov_"))

GALAXY_MEASURED = TableSchema(
    "galaxy_measured",
    "One row a galaxy of a set: the posterior that one estimator gives it",
    (
        _GALAXY_ID,
        *_POSTERIOR,
        Column(
            "cropScale",
            "f4",
            "Share of the stamp's side that the spatial transformer keeps; NaN without one",
        ),
        Column("estimator", "str", "Name of the morphology estimator"),
        Column("model", "str", "Name and version of its model package"),
    ),
    MORPHOLOGY.flags,
)

GALAXY_COST = TableSchema(
    "galaxy_cost",
    "One row an estimator and set: what measuring the set took",
    (
        _METHOD,
        Column("model", "str", "Name and version of its model package"),
        Column("stampSize", "i4", "Side of its stamps", "pix"),
        Column("nGalaxies", "i4", "Galaxies that were measured", "", "meta.number"),
        Column("seconds", "f4", "Processor time of one galaxy, stamp included", "s"),
        Column("elapsed", "f4", "Time of one galaxy by the clock", "s", "time.duration"),
        Column(
            "peakMemory",
            "f4",
            "Most memory of the process so far, set and libraries included; NaN if unknown",
            "GB",
        ),
        Column("device", "str", "Where its network ran"),
    ),
)

PEER_MEASURED = TableSchema(
    "peer_measured",
    "One row a galaxy and peer: what another code says of the same stamp",
    (
        _GALAXY_ID,
        _METHOD,
        *(
            Column(stem, "f4", f"{text}; NaN if not given", unit)
            for stem, unit, text in MORPHOLOGY_TARGETS
        ),
        Column("seconds", "f4", "Processor time", "s"),
        Column("version", "str", "Version of its library"),
    ),
    (Flag(0, "FAILED", "the code gave an error, or numbers that are not finite"),),
)

GALAXY_BOUNDS = TableSchema(
    "galaxy_bounds",
    "One row a galaxy: the least scatter that its pixels and the priors allow",
    (
        _GALAXY_ID,
        Column("boundBulgeToTotal", "f4", "Cramer-Rao bound of B/T", "", "stat.error"),
        Column("boundLogRadius", "f4", "Cramer-Rao bound of ln Re", "", "stat.error"),
        Column("boundLogFlux", "f4", "Cramer-Rao bound of ln flux", "", "stat.error"),
    ),
)

GALAXY_OUTCOMES = TableSchema(
    "galaxy_outcomes",
    "One row a galaxy and method: what is true of it, and what the method says",
    (
        _GALAXY_ID,
        _METHOD,
        *(
            Column(f"true_{stem}", "f4", f"True: {text}", unit)
            for stem, unit, text in MORPHOLOGY_TARGETS
        ),
        Column("signalToNoise", "f4", "True S/N with a matched filter", "", "stat.snr"),
        Column("psf_fwhm", "f4", "FWHM of the PSF", "arcsec", "instr.obsty.seeing"),
        Column("component", "str", "'disk', 'bulge' or, where it has both, 'double'"),
        *_QUANTILES,
        *_COVARIANCES,
        *GALAXY_BOUNDS.columns[1:],
        Column("cropScale", "f4", "As in galaxy_measured"),
        Column("measured", "bool", "Did the method give finite numbers?"),
        Column("posterior", "bool", "Does the method give posteriors, or values alone?"),
    ),
)
