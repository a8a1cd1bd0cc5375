"""Draw a coadd of galaxies with known truth."""

from __future__ import annotations

import lsst.pipe.base.connectionTypes as ct
import numpy as np
from lsst.pex.config import Field
from lsst.pipe.base import (
    InputQuantizedConnection,
    OutputQuantizedConnection,
    PipelineTask,
    PipelineTaskConfig,
    PipelineTaskConnections,
    QuantumContext,
    Struct,
)

from ..simulation.population import Population, draw_galaxies
from ..simulation.scenes import render_scene
from ..simulation.survey import Survey

__all__ = ["SimulateSceneConfig", "SimulateSceneConnections", "SimulateSceneTask"]

#: More patches than a tract of any skymap has.
_PATCHES = 10_000


class SimulateSceneConnections(
    PipelineTaskConnections, dimensions=("skymap", "tract", "patch", "band")
):
    """Nothing in, a coadd and its galaxies out."""

    coadd = ct.Output(
        doc="Simulated coadd.",
        name="blend_coadd",
        storageClass="BlendCoadd",
        dimensions=("skymap", "tract", "patch", "band"),
    )
    truth = ct.Output(
        doc="The galaxies in it and around it.",
        name="blend_truth",
        storageClass="ArrowAstropy",
        dimensions=("skymap", "tract", "patch", "band"),
    )


class SimulateSceneConfig(PipelineTaskConfig, pipelineConnections=SimulateSceneConnections):
    """Configuration of `SimulateSceneTask`."""

    survey = Field[str](
        doc="Survey whose coadd it is: the name of a shipped one, or the path of a YAML file.",
        default="lsst_i",
    )
    size = Field[int](doc="Side of the image [pixel].", default=2048, check=lambda value: value > 0)
    seed = Field[int](
        doc="Seed of all randomness; together with the scene's number.",
        default=1,
        check=lambda value: value >= 0,
    )
    psf_fwhm = Field[float](
        doc="FWHM of the PSF [arcsec]; the survey's if not given.",
        optional=True,
        check=lambda value: value > 0,
    )
    extra_depth = Field[float](
        doc="How much deeper than the survey the coadd is [mag].",
        default=0.0,
        check=np.isfinite,
    )
    mag_faint = Field[float](
        doc="AB magnitude of the faintest galaxies; those too faint to be found make the"
        " background rough.",
        default=29.0,
        check=lambda value: 18.0 < value < 32.0,
    )
    density_scale = Field[float](
        doc="Factor on the published number of galaxies.",
        default=1.0,
        check=lambda value: value >= 0,
    )
    size_scale = Field[float](
        doc="Factor on the published sizes of galaxies.",
        default=1.0,
        check=lambda value: value > 0,
    )
    clustered_fraction = Field[float](
        doc="Share of the galaxies that lie in groups: the strength of clustering.",
        default=0.3,
        check=lambda value: 0 <= value <= 1,
    )


class SimulateSceneTask(PipelineTask):
    """Draw a coadd of galaxies from a published population."""

    ConfigClass = SimulateSceneConfig
    _DefaultName = "simulateScene"

    def runQuantum(
        self,
        butlerQC: QuantumContext,
        inputRefs: InputQuantizedConnection,
        outputRefs: OutputQuantizedConnection,
    ) -> None:
        """Run with the number of the tract and patch as the scene's."""
        data_id = butlerQC.quantum.dataId
        scene = int(data_id["tract"]) * _PATCHES + int(data_id["patch"])
        butlerQC.put(self.run(scene=scene), outputRefs)

    def run(self, scene: int = 0) -> Struct:
        """Draw a scene.

        Parameters
        ----------
        scene : `int`
            Number of the scene, 0 or more: each has its own galaxies and
            noise.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``coadd`` (`~meas_blends.data.coadd.Coadd`) and ``truth``
            (`~meas_blends.data.catalogs.TRUTH`).
        """
        survey = Survey.named(self.config.survey).deepened(self.config.extra_depth)
        if self.config.psf_fwhm is not None:
            survey = survey.replace(psf_fwhm=self.config.psf_fwhm)
        published = Population()
        population = Population(
            density=published.density * self.config.density_scale,
            mag_faint=self.config.mag_faint,
            size_scale=self.config.size_scale,
            clustered_fraction=self.config.clustered_fraction,
        )
        rng = np.random.default_rng([self.config.seed, scene])
        shape = (self.config.size, self.config.size)
        truth = draw_galaxies(survey, shape, rng, population)
        coadd = render_scene(truth, survey, shape, rng, name=f"scene {scene}")
        self.log.info("%s: %d galaxies in %d x %d pixels", coadd.name, len(truth), *shape)
        return Struct(coadd=coadd, truth=truth)
