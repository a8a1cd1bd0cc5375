"""Draw a coadd of galaxies with known truth."""

from __future__ import annotations

import lsst.pipe.base.connectionTypes as ct
from astropy.table import Table
from lsst.pipe.base import (
    InputQuantizedConnection,
    OutputQuantizedConnection,
    PipelineTask,
    PipelineTaskConfig,
    PipelineTaskConnections,
    QuantumContext,
    Struct,
)

from ..data.foreign_tables import read_foreign_table
from ..errors import BadInputError
from ..simulation.recipe import simulate_scene
from .dimensions import IMAGE
from .scene_config import SceneConfig

__all__ = ["SimulateSceneConfig", "SimulateSceneConnections", "SimulateSceneTask"]

#: More patches than a tract of any skymap has.
_PATCHES = 10_000


class SimulateSceneConnections(PipelineTaskConnections, dimensions=IMAGE):
    """Nothing in, a coadd and its galaxies out."""

    coadd = ct.Output(
        doc="Simulated coadd.",
        name="blend_coadd",
        storageClass="BlendCoadd",
        dimensions=IMAGE,
    )
    truth = ct.Output(
        doc="The galaxies and stars in it and around it.",
        name="blend_truth",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
    )


class SimulateSceneConfig(
    PipelineTaskConfig, SceneConfig, pipelineConnections=SimulateSceneConnections
):
    """Configuration of `SimulateSceneTask`."""


class SimulateSceneTask(PipelineTask):
    """Draw a coadd of galaxies from a published population, or from a table."""

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
        butlerQC.put(self.run(scene=scene, band=str(data_id["band"])), outputRefs)

    def run(self, scene: int = 0, band: str | None = None) -> Struct:
        """Draw a scene.

        Parameters
        ----------
        scene : `int`
            Number of the scene, 0 or more: each has its own galaxies and
            noise.
        band : `str`, optional
            Its band; the configured survey's own if not given.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``coadd`` (`~meas_blends.data.coadd.Coadd`) and ``truth``
            (`~meas_blends.data.catalogs.TRUTH`).

        Raises
        ------
        BadInputError
            If there are tables, but none for this scene, or it cannot be
            read; or there is no survey of this band.
        """
        recipe = self.config.recipe(band)
        coadd, truth = simulate_scene(recipe, scene, *self._table(scene))
        self.log.info(
            "%s: %d galaxies and stars in %d x %d pixels", coadd.name, len(truth), *coadd.shape
        )
        return Struct(coadd=coadd, truth=truth)

    def _table(self, scene: int) -> tuple[Table, str] | tuple[()]:
        """The scene's table of galaxies and its path, if there are tables."""
        paths = self.config.galaxies
        if not paths:
            return ()
        if scene >= len(paths):
            raise BadInputError(
                f"scene {scene}: 'galaxies' lists {len(paths)} tables, for scenes 0 to"
                f" {len(paths) - 1}; list one a scene, or make fewer scenes."
            )
        return read_foreign_table(paths[scene]), paths[scene]
