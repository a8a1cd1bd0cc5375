"""Measure the morphology of real single galaxies that are known from space."""

from __future__ import annotations

import lsst.pipe.base.connectionTypes as ct
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..plugins.registries import estimators
from ..simulation.survey import Survey
from .measure_morphology import MeasureMorphologyConfig, MeasureMorphologyTask
from .real_galaxies import DrawingConfig

__all__ = ["MeasureSinglesConfig", "MeasureSinglesConnections", "MeasureSinglesTask"]

_RUN = ("skymap",)


class MeasureSinglesConnections(PipelineTaskConnections, dimensions=_RUN):
    """Nothing in, outcomes and rates out."""

    outcomes = ct.Output(
        doc="One row a galaxy, as it is drawn: true and measured flux and radius.",
        name="real_morphology_outcomes",
        storageClass="ArrowAstropy",
        dimensions=_RUN,
    )
    rates = ct.Output(
        doc="Bias, scatter and coverage in bins.",
        name="real_morphology_rates",
        storageClass="ArrowAstropy",
        dimensions=_RUN,
    )


class MeasureSinglesConfig(
    PipelineTaskConfig, DrawingConfig, pipelineConnections=MeasureSinglesConnections
):
    """Configuration of `MeasureSinglesTask`."""

    estimator = estimators.makeField(doc="What measures the stamps, by name.", default="compact")

    def setDefaults(self) -> None:
        super().setDefaults()
        self.samples = ["real"]
        self.references = ["sersic n=1", "sersic n=4"]
        self.repeats = 2


class MeasureSinglesTask(PipelineTask):
    """Draw real single galaxies as the ground sees them, and measure each at its true place."""

    ConfigClass = MeasureSinglesConfig
    _DefaultName = "measureSingles"

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        config = MeasureMorphologyConfig()
        config.estimator = self.config.estimator
        # The sky is empty and known, and wings of large galaxies are no background.
        config.subtract_background = False
        self.measure = MeasureMorphologyTask(config=config, log=self.log)

    def run(self) -> Struct:
        """Measure the galaxies.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``outcomes`` (`~meas_blends.data.real_sky_tables.REAL_MORPHOLOGY`)
            and ``rates``
            (`~meas_blends.data.real_sky_tables.REAL_MORPHOLOGY_RATES`).
        """
        # GalSim is slow to import: only where it is used.
        from astropy.table import vstack

        from ..data.footprints import labels_to_spans
        from ..data.real_sky_tables import REAL_MORPHOLOGY
        from ..detection.complete import complete_coadd
        from ..evaluation.skies.finders import local_maxima
        from ..evaluation.skies.seen import Seen
        from ..evaluation.skies.shapes import morphology_rates, peaks_of_scene, scene_morphology
        from ..evaluation.skies.sources import all_sources, draw_singles

        config = self.config
        sources = all_sources(config.templates(), config.samples, config.references, config.seed)
        survey = Survey.named(config.survey)
        parts = [REAL_MORPHOLOGY.make()]
        for scene in draw_singles(
            sources, survey, config.snr, config.radius, config.seeing, config.repeats, config.seed
        ):
            coadd = complete_coadd(scene.mosaic.coadd)
            seen = Seen.of(local_maxima(), coadd)
            peaks, detected = peaks_of_scene(scene, seen)
            spans = labels_to_spans(seen.labels)
            morphology = self.measure.run(coadd, spans, peaks).morphology
            parts.append(scene_morphology(scene, detected, morphology))
        outcomes = vstack(parts, metadata_conflicts="silent")
        return Struct(outcomes=outcomes, rates=morphology_rates(outcomes, seed=config.seed))
