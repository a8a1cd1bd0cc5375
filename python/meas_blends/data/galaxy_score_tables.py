"""The tables of scores of morphology estimators: columns, each declared here once."""

from __future__ import annotations

from .galaxy_outcome_tables import (
    GALAXY_BOUNDS,
    GALAXY_COST,
    GALAXY_MEASURED,
    GALAXY_OUTCOMES,
    PEER_MEASURED,
)
from .schema import Column, TableSchema

__all__ = [
    "GALAXY_BOUND_RATIOS",
    "GALAXY_COMPONENTS",
    "GALAXY_COVERAGE",
    "GALAXY_LABELS",
    "GALAXY_LABEL_RESIDUALS",
    "GALAXY_PEERS",
    "GALAXY_RESIDUALS",
    "GALAXY_SCORE_TABLES",
]

_METHOD = Column("method", "str", "Name of what measured")
_TARGET = Column("target", "str", "bulgeToTotal, halfLightRadius or flux")
_NUMBER = Column("nGalaxies", "i4", "Galaxies", "", "meta.number")
_BIN = (
    Column("quantity", "str", "Column of galaxy_outcomes that is binned; 'all' for no bins"),
    Column("low", "f4", "Lower edge of the bin; NaN without"),
    Column("high", "f4", "Upper edge of the bin; NaN without"),
)
_RESIDUAL = "residual (measured - true; of radius and flux relative to the truth)"

#: How well the values of some galaxies agree with the truth.
_AGREEMENT = (
    Column("bias", "f4", f"Median {_RESIDUAL}"),
    Column("biasErr", "f4", "Its standard error", "", "stat.error"),
    Column("mean", "f4", f"Mean {_RESIDUAL}"),
    Column("scatter", "f4", "1.4826 times the median distance of residuals from their median"),
    Column("scatterErr", "f4", "Its standard error, as of a Gaussian", "", "stat.error"),
    Column("rms", "f4", f"Root mean square {_RESIDUAL}"),
    Column("typicalError", "f4", "68.27% of the residuals are smaller, sign aside"),
)

GALAXY_COVERAGE = TableSchema(
    "galaxy_coverage",
    "One row a method, target, level and bin: how often the posterior's interval holds the truth",
    (
        _METHOD,
        *_BIN,
        _TARGET,
        Column("level", "f4", "Probability that the central interval states", "%"),
        _NUMBER,
        Column("covered", "f4", "Share of galaxies whose truth it holds", "%"),
        Column("coveredErr", "f4", "Its binomial standard error at the stated level", "%"),
    ),
)

GALAXY_RESIDUALS = TableSchema(
    "galaxy_residuals",
    "One row a method, target, value and bin: how far the values are from the truth",
    (
        _METHOD,
        *_BIN,
        _TARGET,
        Column("value", "str", "'median' of the posterior, or its 'mode' as Ghosh et al. (2022)"),
        _NUMBER,
        *_AGREEMENT,
        Column("width", "f4", "Median half-width of the 68.27% interval, in the residual's unit"),
        Column(
            "outliers", "f4", "Share of galaxies farther than five of these half-widths from it"
        ),
    ),
)

GALAXY_LABELS = TableSchema(
    "galaxy_labels",
    "One row a method, kind, true and given label: the confusion of labels",
    (
        _METHOD,
        Column("kind", "str", "'label' (of B/T) or 'radiusLabel', columns of blend_morphology"),
        Column("trueLabel", "str", "Label that the true value has; empty for none"),
        Column("givenLabel", "str", "Label that the method gives; empty for none"),
        _NUMBER,
        Column("fraction", "f4", "Share of the galaxies of this given label; NaN if none has it"),
    ),
)

GALAXY_LABEL_RESIDUALS = TableSchema(
    "galaxy_label_residuals",
    "One row a method, target and choice of galaxies: residuals with and without those that get a"
    " label in place of a number",
    (
        _METHOD,
        Column("target", "str", "bulgeToTotal or halfLightRadius"),
        Column("galaxies", "str", "'all', or 'unlabelled': those that keep their number"),
        Column("low", "f4", "Up to it (B/T), or below it (Re over the PSF's FWHM), is a label"),
        Column("high", "f4", "From it on is a label; infinite if none"),
        _NUMBER,
        *_AGREEMENT,
    ),
)

GALAXY_BOUND_RATIOS = TableSchema(
    "galaxy_bound_ratios",
    "One row a method, target and bin of S/N: scatter of galaxies with both components over the"
    " Cramer-Rao bound with priors",
    (
        _METHOD,
        *_BIN,
        _TARGET,
        _NUMBER,
        Column("bound", "f4", "Median bound; of radius and flux relative"),
        Column("robust", "f4", "1.4826 times the median distance of (measured - true) / bound"),
        Column("robustErr", "f4", "Its standard error, if a Gaussian's"),
        Column("rms", "f4", "Root mean square of (measured - true) / bound"),
        Column("rmsErr", "f4", "Its standard error, if a Gaussian's"),
        Column("outliers", "f4", "Share of galaxies more than five bounds off"),
    ),
)

GALAXY_COMPONENTS = TableSchema(
    "galaxy_components",
    "One row a method, target, kind of galaxy and bin of S/N: bias in widths of the posterior",
    (
        _METHOD,
        Column("component", "str", "'disk', 'bulge' or 'double'"),
        *_BIN,
        _TARGET,
        _NUMBER,
        Column(
            "pull",
            "f4",
            "Median of (median - truth) over the half-width of the 68.27% interval; of radius and"
            " flux in logarithms",
        ),
        Column("pullErr", "f4", "Its standard error", "", "stat.error"),
        Column("bias", "f4", f"Median {_RESIDUAL}"),
        Column("rms", "f4", f"Root mean square {_RESIDUAL}"),
        Column("covered", "f4", "Share of truths inside the 68.27% interval", "%"),
    ),
)

GALAXY_PEERS = TableSchema(
    "galaxy_peers",
    "One row a method, target and bin of S/N: values of all methods for the galaxies that the peers"
    " measured",
    (
        _METHOD,
        *_BIN,
        _TARGET,
        _NUMBER,
        Column("failed", "f4", "Share of galaxies without numbers, or that the code flags as bad"),
        *_AGREEMENT,
        Column("outliers", "f4", "Share of galaxies off by more than half (B/T: by 0.5)"),
        Column("seconds", "f4", "Processor time of one galaxy, the mean over all bins", "s"),
    ),
)

GALAXY_SCORE_TABLES = (
    GALAXY_MEASURED,
    GALAXY_COST,
    PEER_MEASURED,
    GALAXY_BOUNDS,
    GALAXY_OUTCOMES,
    GALAXY_COVERAGE,
    GALAXY_RESIDUALS,
    GALAXY_LABELS,
    GALAXY_LABEL_RESIDUALS,
    GALAXY_BOUND_RATIOS,
    GALAXY_COMPONENTS,
    GALAXY_PEERS,
)
