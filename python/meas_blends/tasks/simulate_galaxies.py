"""Draw sets of galaxies with known morphology, one galaxy in each image."""

from __future__ import annotations

import lsst.pipe.base.connectionTypes as ct
import numpy as np
from lsst.pex.config import ConfigField, Field, ListField
from lsst.pipe.base import (
    InputQuantizedConnection,
    OutputQuantizedConnection,
    PipelineTask,
    PipelineTaskConfig,
    PipelineTaskConnections,
    QuantumContext,
    Struct,
)

from ..simulation.survey import Survey, survey_of_band
from .dimensions import IMAGE
from .galaxy_config import PopulationConfig, is_range

__all__ = [
    "SimulateGalaxiesConfig",
    "SimulateGalaxiesConnections",
    "SimulateGalaxiesTask",
]

#: More patches than a tract of any skymap has.
_PATCHES = 10_000


class SimulateGalaxiesConnections(PipelineTaskConnections, dimensions=IMAGE):
    """Nothing in, a set of galaxies out."""

    galaxies = ct.Output(
        doc="Images of simulated galaxies, their PSFs and their truth.",
        name="galaxies",
        storageClass="GalaxySet",
        dimensions=IMAGE,
    )


class SimulateGalaxiesConfig(PipelineTaskConfig, pipelineConnections=SimulateGalaxiesConnections):
    """Configuration of `SimulateGalaxiesTask`."""

    survey = Field[str](
        doc="Survey whose images to make: the name of a shipped one, or a YAML file; {band} in it"
        " stands for the band.",
        default="hsc_g",
    )
    galaxies = ConfigField(doc="Which galaxies to draw.", dtype=PopulationConfig)
    n_galaxies = Field[int](
        doc="Galaxies in a set.", default=1000, check=lambda number: number >= 1
    )
    size = Field[int](doc="Side of the images [pixel].", default=239, check=lambda size: size >= 16)
    n_psf = Field[int](
        doc="PSFs of a set, of which each galaxy has one.",
        default=100,
        check=lambda number: number >= 1,
    )
    psf_fwhm = ListField[float](
        doc="FWHM of the Kolmogorov PSFs [arcsec], low and high, uniform; if not given, the"
        " survey's with its scatter.",
        default=[],
        listCheck=lambda ends: not ends or is_range(ends),
    )
    noise_correlation = ListField[float](
        doc="Correlation of the noise of pixels side by side, low and high, uniform; if not given,"
        " what the survey's resampling leaves.",
        default=[],
        listCheck=lambda ends: not ends or (len(ends) == 2 and 0 <= ends[0] <= ends[1] <= 0.5),
    )
    psf_error = Field[float](
        doc="Relative error of the PSFs' widths, as the set's images of them tell.",
        default=0.0,
        check=lambda error: 0 <= error < 0.2,
    )
    sky_error = Field[float](
        doc="Scatter of the level of sky left in the images [sky noise of a pixel].",
        default=0.0,
        check=lambda error: error >= 0,
    )
    seed = Field[int](
        doc="Seed of all randomness; together with the set's number.",
        default=1,
        check=lambda value: value >= 0,
    )

    def setDefaults(self) -> None:
        """Choose the galaxies of Table 1."""
        self.galaxies.population = "table1"


class SimulateGalaxiesTask(PipelineTask):
    """Draw the galaxies of Ghosh et al. (2022), Table 1, or of a survey's range."""

    ConfigClass = SimulateGalaxiesConfig
    _DefaultName = "simulateGalaxies"

    def runQuantum(
        self,
        butlerQC: QuantumContext,
        inputRefs: InputQuantizedConnection,
        outputRefs: OutputQuantizedConnection,
    ) -> None:
        """Run with the number of the tract and patch as the set's."""
        data_id = butlerQC.quantum.dataId
        scene = int(data_id["tract"]) * _PATCHES + int(data_id["patch"])
        butlerQC.put(self.run(scene=scene), outputRefs)

    def run(self, scene: int = 0, band: str | None = None) -> Struct:
        """Draw a set.

        Parameters
        ----------
        scene : `int`, optional
            Number of the set, 0 or more: each has its own galaxies, PSFs and
            noise.
        band : `str`, optional
            Its band; the configured survey's own if not given.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``galaxies``, a `~meas_blends.data.galaxy_sets.GalaxySet`.
        """
        # torch and GalSim are slow to import: only where galaxies are drawn.
        from ..morphology.conditions import Conditions
        from ..morphology.simulated_sets import draw_seeing, simulate_set

        config = self.config
        survey: Survey = survey_of_band(config.survey, band)
        rng = np.random.default_rng([config.seed, scene])
        if config.psf_fwhm:
            seeing = rng.uniform(*config.psf_fwhm, config.n_psf)
        else:
            seeing = draw_seeing(rng, config.n_psf, survey)
        conditions = Conditions.of_survey(
            survey,
            (min(seeing), max(seeing)),
            tuple(config.noise_correlation) or None,
            config.psf_error,
            config.sky_error,
        )
        galaxies = simulate_set(
            rng, config.n_galaxies, config.size, survey, config.galaxies.make(), conditions, seeing
        )
        self.log.info(
            "%d galaxies of %s, S/N %.3g to %.3g",
            len(galaxies),
            survey.name,
            *np.quantile(galaxies.galaxies["signalToNoise"], [0.0, 1.0]),
        )
        return Struct(galaxies=galaxies)
