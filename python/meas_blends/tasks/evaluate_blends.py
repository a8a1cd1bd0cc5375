"""Score a peak finder on labelled scenes."""

from __future__ import annotations

from collections.abc import Sequence

import lsst.pipe.base.connectionTypes as ct
from astropy.table import Table
from lsst.pex.config import Field
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..evaluation.blends import evaluate_classifications

__all__ = ["EvaluateBlendsConfig", "EvaluateBlendsConnections", "EvaluateBlendsTask"]


class EvaluateBlendsConnections(
    PipelineTaskConnections, dimensions=("skymap", "band"), defaultTemplates={"finder": ""}
):
    """Classifications and labels in, scores out.

    The template ``finder`` is put before the names of the classification and
    of the scores, so that several peak finders can be scored in one pipeline.
    """

    classifications = ct.Input(
        doc="Classification of each scene's footprints.",
        name="{finder}blend_classification",
        storageClass="ArrowAstropy",
        dimensions=("skymap", "tract", "patch", "band"),
        multiple=True,
    )
    labels = ct.Input(
        doc="True number of objects of each footprint.",
        name="blend_labels",
        storageClass="ArrowAstropy",
        dimensions=("skymap", "tract", "patch", "band"),
        multiple=True,
    )
    evaluation = ct.Output(
        doc="Accuracies, cross-entropy and calibration error.",
        name="{finder}blend_evaluation",
        storageClass="ArrowAstropy",
        dimensions=("skymap", "band"),
    )
    reliability = ct.Output(
        doc="Stated against observed share of blends.",
        name="{finder}blend_reliability",
        storageClass="ArrowAstropy",
        dimensions=("skymap", "band"),
    )


class EvaluateBlendsConfig(PipelineTaskConfig, pipelineConnections=EvaluateBlendsConnections):
    """Configuration of `EvaluateBlendsTask`."""

    n_bins = Field[int](
        doc="Bins of blend probability.", default=10, check=lambda number: number >= 2
    )


class EvaluateBlendsTask(PipelineTask):
    """Score a peak finder's calls and probabilities against the truth."""

    ConfigClass = EvaluateBlendsConfig
    _DefaultName = "evaluateBlends"

    def run(self, classifications: Sequence[Table], labels: Sequence[Table]) -> Struct:
        """Score the classifications of all scenes.

        Parameters
        ----------
        classifications, labels : sequences of `astropy.table.Table`
            `~meas_blends.data.catalogs.CLASSIFICATION` and
            `~meas_blends.data.catalogs.FOOTPRINT_LABELS` of each scene,
            aligned by ``footprintId``. Footprints without an object are left
            out.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``evaluation`` (one row, `~meas_blends.data.catalogs.EVALUATION`)
            and ``reliability`` (`~meas_blends.data.catalogs.RELIABILITY`).
        """
        evaluation, reliability = evaluate_classifications(
            classifications, labels, self.config.n_bins
        )
        return Struct(evaluation=evaluation, reliability=reliability)
