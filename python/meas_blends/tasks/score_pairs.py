"""Score peak finders on injected pairs of real galaxies."""

from __future__ import annotations

import lsst.pipe.base.connectionTypes as ct
from lsst.pex.config import Field, ListField
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..simulation.survey import Survey
from .real_galaxies import DrawingConfig, FindersConfig, chosen_finders

__all__ = ["ScorePairsConfig", "ScorePairsConnections", "ScorePairsTask"]

_RUN = ("skymap",)


class ScorePairsConnections(PipelineTaskConnections, dimensions=_RUN):
    """Nothing in, outcomes and rates out."""

    outcomes = ct.Output(
        doc="One row an injected pair and peak finder.",
        name="real_pair_outcomes",
        storageClass="ArrowAstropy",
        dimensions=_RUN,
    )
    rates = ct.Output(
        doc="Completeness and place errors in bins.",
        name="real_pair_rates",
        storageClass="ArrowAstropy",
        dimensions=_RUN,
    )


class ScorePairsConfig(
    PipelineTaskConfig, DrawingConfig, FindersConfig, pipelineConnections=ScorePairsConnections
):
    """Configuration of `ScorePairsTask`."""

    separation = ListField[float](
        doc="Distances of the two [arcsec].",
        default=[0.4, 0.6, 0.8, 1.0, 1.5, 2.0],
        itemCheck=lambda value: value > 0,
    )
    ratio = ListField[float](
        doc="Flux of the fainter over that of the brighter.",
        default=[1.0, 0.3, 0.1],
        itemCheck=lambda value: 0 < value <= 1,
    )
    match_radius = Field[float](
        doc="Farthest distance of a peak from its galaxy [arcsec]; half the separation where that"
        " is less.",
        default=0.5,
        check=lambda value: value > 0,
    )

    def setDefaults(self) -> None:
        super().setDefaults()
        self.snr = [100.0]
        self.radius = [0.3]
        self.references = ["sersic n=1"]


class ScorePairsTask(PipelineTask):
    """Draw pairs of real galaxies as the ground sees them, and see which peaks they get."""

    ConfigClass = ScorePairsConfig
    _DefaultName = "scorePairs"

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        # The chosen names are a set: sorted, every process has them in one order.
        self.names = sorted(self.config.finders.names)
        self.tasks = self.config.finders.apply_with(self.names, name="finder", parentTask=self)

    def run(self) -> Struct:
        """Score the peak finders.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``outcomes`` (`~meas_blends.data.real_sky_tables.PAIRS`) and
            ``rates`` (`~meas_blends.data.real_sky_tables.PAIR_RATES`).
        """
        # GalSim is slow to import: only where it is used.
        from ..evaluation.skies.pairs import pairs
        from ..evaluation.skies.rates import pair_rates

        config = self.config
        names = ("separation", "ratio", "snr", "radius", "seeing", "samples", "references")
        outcomes = pairs(
            chosen_finders(zip(self.names, self.tasks, strict=True), config.sep),
            config.templates(),
            Survey.named(config.survey),
            **{name: getattr(config, name) for name in names},
            repeats=config.repeats,
            match_radius=config.match_radius,
            seed=config.seed,
        )
        self.log.info("%d rows of pairs", len(outcomes))
        return Struct(outcomes=outcomes, rates=pair_rates(outcomes, seed=config.seed))
