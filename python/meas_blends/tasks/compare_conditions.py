"""Score peak finders under each of several conditions."""

from __future__ import annotations

from collections.abc import Sequence

import lsst.pipe.base.connectionTypes as ct
import numpy as np
from astropy.table import Table
from lsst.pex.config import Field
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..data.score_tables import ROBUSTNESS
from ..evaluation.summary import score_finders
from .dimensions import IMAGE

__all__ = ["CompareConditionsConfig", "CompareConditionsConnections", "CompareConditionsTask"]

_RUN = ("skymap", "band")


class CompareConditionsConnections(PipelineTaskConnections, dimensions=_RUN):
    """Outcomes, places and conditions of all scenes in, one row a condition and finder out."""

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
    conditions = ct.Input(
        doc="Condition of each scene.",
        name="blend_condition",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
        multiple=True,
    )
    robustness = ct.Output(
        doc="Scores of each peak finder under each condition.",
        name="blend_robustness",
        storageClass="ArrowAstropy",
        dimensions=_RUN,
    )


class CompareConditionsConfig(PipelineTaskConfig, pipelineConnections=CompareConditionsConnections):
    """Configuration of `CompareConditionsTask`."""

    n_bins = Field[int](
        doc="Bins of blend probability.", default=10, check=lambda number: number >= 2
    )


class CompareConditionsTask(PipelineTask):
    """Score peak finders on the scenes of each condition apart."""

    ConfigClass = CompareConditionsConfig
    _DefaultName = "compareConditions"

    def run(
        self, outcomes: Sequence[Table], places: Sequence[Table], conditions: Sequence[Table]
    ) -> Struct:
        """Score the peak finders, condition by condition.

        Parameters
        ----------
        outcomes, places, conditions : sequences of `astropy.table.Table`
            `~meas_blends.data.outcome_tables.OUTCOMES`,
            `~meas_blends.data.outcome_tables.PLACES` and
            `~meas_blends.data.outcome_tables.CONDITION` of each scene.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``robustness``, `~meas_blends.data.score_tables.ROBUSTNESS`, in the
            order in which the conditions first come.

        Raises
        ------
        BadInputError
            If the scenes of a condition hold no labelled footprint.
        """
        names = [str(table["condition"][0]) for table in conditions]
        settings = dict(
            zip(names, (str(table["settings"][0]) for table in conditions), strict=True)
        )
        parts: dict[str, list[np.ndarray]] = {column.name: [] for column in ROBUSTNESS.columns}
        for name in settings:
            scenes = [k for k, other in enumerate(names) if other == name]
            scores = score_finders(
                [outcomes[k] for k in scenes], [places[k] for k in scenes], self.config.n_bins
            )
            scores["condition"], scores["settings"] = name, settings[name]
            for column, values in parts.items():
                values.append(np.asarray(scores[column]))
        return Struct(
            robustness=ROBUSTNESS.make(
                {name: np.concatenate(values) for name, values in parts.items()}
            )
        )
