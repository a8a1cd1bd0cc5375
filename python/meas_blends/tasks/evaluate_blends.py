"""Score peak finders on labelled scenes."""

from __future__ import annotations

from collections.abc import Sequence

import lsst.pipe.base.connectionTypes as ct
from astropy.table import Table
from lsst.pex.config import Field
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..data.outcome_tables import OUTCOMES, PLACES
from ..evaluation.agreement import agreement_table, confidence_table
from ..evaluation.binned import accuracy_table
from ..evaluation.brightness import brightness_table
from ..evaluation.summary import count_table, gather, reliability_table, score_finders
from .dimensions import IMAGE, drop_band

__all__ = ["EvaluateBlendsConfig", "EvaluateBlendsConnections", "EvaluateBlendsTask"]

_RUN = ("skymap", "band")


class EvaluateBlendsConnections(PipelineTaskConnections, dimensions=_RUN):
    """Outcomes and matched places of all scenes in, scores of all peak finders out."""

    outcomes = ct.Input(
        doc="One row a footprint and peak finder.",
        name="blend_outcomes",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
        multiple=True,
    )
    places = ct.Input(
        doc="Galaxies and peaks, matched one to one.",
        name="blend_places",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
        multiple=True,
    )
    evaluation = ct.Output(
        doc="Accuracies, cross-entropy, calibration error, counts, places: one row a peak finder.",
        name="blend_evaluation",
        storageClass="ArrowAstropy",
        dimensions=_RUN,
    )
    reliability = ct.Output(
        doc="Stated against observed share of blends.",
        name="blend_reliability",
        storageClass="ArrowAstropy",
        dimensions=_RUN,
    )
    counts = ct.Output(
        doc="True against given numbers of objects.",
        name="blend_counts",
        storageClass="ArrowAstropy",
        dimensions=_RUN,
    )
    accuracy = ct.Output(
        doc="Accuracy against magnitude, separation and more.",
        name="blend_accuracy",
        storageClass="ArrowAstropy",
        dimensions=_RUN,
    )
    brightness = ct.Output(
        doc="Probabilities and peaks against truth, by the brightest galaxy's S/N and size.",
        name="blend_brightness",
        storageClass="ArrowAstropy",
        dimensions=_RUN,
    )
    confidence = ct.Output(
        doc="Confidence of right and of wrong calls.",
        name="blend_confidence",
        storageClass="ArrowAstropy",
        dimensions=_RUN,
    )
    agreement = ct.Output(
        doc="How often two peak finders are right together.",
        name="blend_agreement",
        storageClass="ArrowAstropy",
        dimensions=_RUN,
    )

    def __init__(self, *, config: PipelineTaskConfig | None = None) -> None:
        super().__init__(config=config)
        if config.over_bands:
            self.dimensions.discard("band")
            drop_band(self, *self.inputs, *self.outputs)


class EvaluateBlendsConfig(PipelineTaskConfig, pipelineConnections=EvaluateBlendsConnections):
    """Configuration of `EvaluateBlendsTask`."""

    n_bins = Field[int](
        doc="Bins of blend probability.", default=10, check=lambda number: number >= 2
    )
    over_bands = Field[bool](
        doc="Do the outcomes stand for all bands of a patch, not for one?", default=False
    )


class EvaluateBlendsTask(PipelineTask):
    """Score the calls, probabilities, counts and places of peak finders."""

    ConfigClass = EvaluateBlendsConfig
    _DefaultName = "evaluateBlends"

    def run(self, outcomes: Sequence[Table], places: Sequence[Table]) -> Struct:
        """Score the peak finders over all scenes.

        Parameters
        ----------
        outcomes, places : sequences of `astropy.table.Table`
            `~meas_blends.data.outcome_tables.OUTCOMES` and
            `~meas_blends.data.outcome_tables.PLACES` of each scene.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``evaluation`` (one row a peak finder), ``reliability``,
            ``counts``, ``accuracy``, ``brightness``, ``confidence`` and
            ``agreement``; see
            `meas_blends.data.score_tables`.

        Raises
        ------
        BadInputError
            If no scene has a labelled footprint.
        """
        evaluation = score_finders(outcomes, places, self.config.n_bins)
        together = gather(outcomes, OUTCOMES)
        for row in evaluation:
            self.log.info("%s: balanced accuracy %.4f", row["peakFinder"], row["balancedAccuracy"])
        return Struct(
            evaluation=evaluation,
            reliability=reliability_table(together, self.config.n_bins),
            counts=count_table(together),
            accuracy=accuracy_table(together),
            brightness=brightness_table(together, gather(places, PLACES)),
            confidence=confidence_table(together),
            agreement=agreement_table(together),
        )
