"""Score morphology estimators on galaxies of known truth."""

from __future__ import annotations

import re
from collections.abc import Sequence

import lsst.pipe.base.connectionTypes as ct
import numpy as np
from astropy.table import Table
from lsst.pex.config import Field, ListField
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..data.galaxy_outcome_tables import GALAXY_OUTCOMES, PEER_MEASURED
from .dimensions import IMAGE

__all__ = ["EvaluateMorphologyConfig", "EvaluateMorphologyConnections", "EvaluateMorphologyTask"]

_RUN = ("skymap", "band")


def _scores(name: str, doc: str) -> ct.Output:
    """Declare a table of scores."""
    return ct.Output(doc=doc, name=f"galaxy_{name}", storageClass="ArrowAstropy", dimensions=_RUN)


class EvaluateMorphologyConnections(PipelineTaskConnections, dimensions=_RUN):
    """Outcomes of all sets in, scores out.

    Each name in ``methods`` adds an input, ``cost_NAME``, whose dataset type
    is ``NAME_galaxy_cost``.
    """

    outcomes = ct.Input(
        doc="One row a galaxy and method.",
        name="galaxy_outcomes",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
        multiple=True,
    )
    measured_peers = ct.Input(
        doc="What other codes say, with their times; may be missing.",
        name="peer_measured",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
        multiple=True,
        minimum=0,
    )
    coverage = _scores("coverage", "How often intervals hold the truth, overall and in bins.")
    residuals = _scores("residuals", "How far values are from the truth, overall and in bins.")
    labels = _scores("labels", "Confusion of the qualitative labels.")
    label_residuals = _scores(
        "label_residuals", "Residuals with and without the galaxies that get a label."
    )
    bound_ratios = _scores("bound_ratios", "Scatter over the Cramer-Rao bound in bins of S/N.")
    components = _scores("components", "Bias of galaxies with one component and with two.")
    peers = _scores("peers", "All methods on the galaxies that peers measured.")
    costs = _scores("costs", "Time and memory of each estimator.")

    def __init__(self, *, config: PipelineTaskConfig | None = None) -> None:
        super().__init__(config=config)
        for method in config.methods:
            connection = ct.Input(
                doc=f"Time and memory of {method}.",
                name=f"{method}_galaxy_cost",
                storageClass="ArrowAstropy",
                dimensions=IMAGE,
                multiple=True,
            )
            setattr(self, f"cost_{method}", connection)


class EvaluateMorphologyConfig(
    PipelineTaskConfig, pipelineConnections=EvaluateMorphologyConnections
):
    """Configuration of `EvaluateMorphologyTask`."""

    methods = ListField[str](
        doc="Names of what measured; those of the match.",
        default=["compact"],
        minLength=1,
        itemCheck=lambda name: re.fullmatch(r"[A-Za-z]\w*", name) is not None,
    )
    bulge_dominated = Field[float](
        doc="B/T from which a galaxy is labelled 'highly bulge-dominated'.",
        default=0.85,
        check=lambda share: 0 <= share <= 1,
    )
    disk_dominated = Field[float](
        doc="B/T up to which a galaxy is labelled 'highly disk-dominated'.",
        default=0.10,
        check=lambda share: 0 <= share <= 1,
    )
    below_seeing = Field[float](
        doc="Share of the PSF's FWHM below which a radius is labelled 'Re below the seeing'.",
        default=1.0,
        check=lambda share: share >= 0,
    )


class EvaluateMorphologyTask(PipelineTask):
    """Score posteriors, values, labels and costs over all sets."""

    ConfigClass = EvaluateMorphologyConfig
    _DefaultName = "evaluateMorphology"

    def run(
        self,
        outcomes: Sequence[Table],
        measured_peers: Sequence[Table] = (),
        **costs: Sequence[Table],
    ) -> Struct:
        """Score all methods.

        Parameters
        ----------
        outcomes : sequence of `astropy.table.Table`
            `~meas_blends.data.galaxy_outcome_tables.GALAXY_OUTCOMES` of each
            set.
        measured_peers : sequence of `astropy.table.Table`
            `~meas_blends.data.galaxy_outcome_tables.PEER_MEASURED` of each
            set.
        **costs : sequences of `astropy.table.Table`
            ``cost_NAME`` of each method and set,
            `~meas_blends.data.galaxy_outcome_tables.GALAXY_COST`.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            Tables of `meas_blends.data.galaxy_score_tables`.
        """
        from ..evaluation.morphology.coverage import coverage_table
        from ..evaluation.morphology.labels import label_residual_table, label_table
        from ..evaluation.morphology.limits import bound_table, component_table
        from ..evaluation.morphology.peer_scores import cost_table, peer_table
        from ..evaluation.morphology.residuals import residual_table
        from ..evaluation.summary import gather

        config = self.config
        limits = (config.bulge_dominated, config.disk_dominated, config.below_seeing)
        together = gather(outcomes, GALAXY_OUTCOMES)
        cost = cost_table({name: costs[f"cost_{name}"] for name in config.methods})
        coverage = coverage_table(together)
        for row in coverage[np.asarray(coverage["quantity"]) == "all"]:
            self.log.info(
                "%s, %s: %.1f%% inside %.2f%%",
                row["method"],
                row["target"],
                row["covered"],
                row["level"],
            )
        return Struct(
            coverage=coverage,
            residuals=residual_table(together),
            labels=label_table(together, *limits),
            label_residuals=label_residual_table(together, *limits),
            bound_ratios=bound_table(together),
            components=component_table(together),
            peers=peer_table(together, gather(measured_peers, PEER_MEASURED), cost),
            costs=cost,
        )
