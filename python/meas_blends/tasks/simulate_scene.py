"""Draw a coadd of galaxies with known truth."""

from __future__ import annotations

from collections.abc import Sequence

import lsst.pipe.base.connectionTypes as ct
import numpy as np
from astropy.table import Table
from lsst.pex.config import ChoiceField, DictField, Field, ListField
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
from ..simulation.recipe import SceneRecipe, simulate_scene
from ..simulation.relations import Population
from ..simulation.survey import Survey, survey_of_band
from ..simulation.table_formats import QUANTITIES, TABLE_FORMATS
from ..simulation.variation import Variation

__all__ = ["SimulateSceneConfig", "SimulateSceneConnections", "SimulateSceneTask"]

#: More patches than a tract of any skymap has.
_PATCHES = 10_000

#: Ways to draw a coadd.
_MODES = {
    "fast": "the coadd at once, with the mean PSF and the noise of all exposures",
    "full": "exposure by exposure: photons shot through a silicon sensor, resampled, added",
}


def _is_share(value: float) -> bool:
    return 0 <= value <= 1


def _is_range(value: list) -> bool:
    return len(value) in (0, 2) and list(value) == sorted(value)


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
        doc="The galaxies and stars in it and around it.",
        name="blend_truth",
        storageClass="ArrowAstropy",
        dimensions=("skymap", "tract", "patch", "band"),
    )


class SimulateSceneConfig(PipelineTaskConfig, pipelineConnections=SimulateSceneConnections):
    """Configuration of `SimulateSceneTask`."""

    survey = Field[str](
        doc="Survey and band whose coadd it is: the name of a shipped one, or the path of a YAML"
        " file. Where another band is asked for (--bands), lsst_i becomes lsst_r and so on, or"
        " '{band}' in the path that band. The same seed and scene show the same galaxies in every"
        " band.",
        default="lsst_i",
    )
    mode = ChoiceField[str](
        doc="How the coadd is drawn; full takes minutes to hours a scene.",
        allowed=_MODES,
        default="fast",
    )
    size = Field[int](doc="Side of the image [pixel].", default=2048, check=lambda value: value > 0)
    seed = Field[int](
        doc="Seed of all randomness; together with the scene's number.",
        default=1,
        check=lambda value: value >= 0,
    )

    galaxies = ListField[str](
        doc="Tables of galaxies (Parquet, FITS, ECSV or CSV), one a scene: the scene of number i"
        " shows the i-th. What they lack is drawn. Without them all is drawn.",
        default=[],
    )
    table_format = ChoiceField[str](
        doc="What the columns of the tables mean.", allowed=TABLE_FORMATS, default="truth"
    )
    table_columns = DictField[str, str](
        doc="For the format 'columns': the table's column of each quantity. Quantities: "
        + ", ".join(QUANTITIES)
        + ".",
        default={},
        keyCheck=lambda key: key in QUANTITIES,
    )
    table_centre = ListField[float](
        doc="Right ascension and declination of the middle of the image [deg], for tables in sky"
        " coordinates; the middle of the table if not given.",
        default=[],
        listCheck=lambda value: len(value) in (0, 2),
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
        doc="AB magnitude in i of the faintest galaxies; those too faint to be found make the"
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
        check=_is_share,
    )
    lensing = Field[float](
        doc="Factor on the published scatter of lensing shear and magnification; 0 for none.",
        default=1.0,
        check=lambda value: 0 <= value <= 10,
    )
    star_density = Field[float](
        doc="Factor on the published number of stars 60 degrees from the galactic plane; 0 for"
        " none.",
        default=0.0,
        check=lambda value: 0 <= value < np.inf,
    )
    one_colour = Field[bool](
        doc="Give all galaxies and stars one colour: a control in which further bands add depth"
        " only.",
        default=False,
    )

    psf_fwhm_range = ListField[float](
        doc="Range of the FWHM of the PSF from scene to scene [arcsec], each band its own; none"
        " for no variation.",
        default=[],
        listCheck=_is_range,
        itemCheck=lambda value: value > 0,
    )
    extra_depth_range = ListField[float](
        doc="Range of a further change of depth from scene to scene [mag], each band its own.",
        default=[],
        listCheck=_is_range,
        itemCheck=np.isfinite,
    )
    size_scale_range = ListField[float](
        doc="Range of a further factor on sizes from scene to scene.",
        default=[],
        listCheck=_is_range,
        itemCheck=lambda value: value > 0,
    )
    density_scale_range = ListField[float](
        doc="Range of a further factor on the number of galaxies from scene to scene.",
        default=[],
        listCheck=_is_range,
        itemCheck=lambda value: value > 0,
    )
    nominal_fraction = Field[float](
        doc="Share of the scenes that leave the ranges aside.", default=0.0, check=_is_share
    )

    psf_field = Field[float](
        doc="Relative scatter of the PSF's FWHM over an image; it is the nominal one in the"
        " middle.",
        default=0.0,
        check=lambda value: 0 <= value <= 0.3,
    )
    psf_ellipticity = Field[float](
        doc="Scatter of each component of the PSF's shear between and over images.",
        default=0.0,
        check=lambda value: 0 <= value <= 0.1,
    )
    uneven_depth = Field[float](
        doc="Share of the pointings of the dither pattern that cover only a part of the image.",
        default=0.0,
        check=_is_share,
    )


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
        recipe = self._recipe(survey_of_band(self.config.survey, band))
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

    def _recipe(self, survey: Survey) -> SceneRecipe:
        """What the configuration says about all scenes in a survey's band."""
        config, published = self.config, Population()
        survey = survey.deepened(config.extra_depth)
        if config.psf_fwhm is not None:
            survey = survey.replace(psf_fwhm=config.psf_fwhm)
        return SceneRecipe(
            survey=survey,
            shape=(config.size, config.size),
            seed=config.seed,
            population=Population(
                density=published.density * config.density_scale,
                mag_faint=config.mag_faint,
                size_scale=config.size_scale,
                clustered_fraction=config.clustered_fraction,
                lensing=config.lensing,
                one_colour=config.one_colour,
            ),
            variation=Variation(
                psf_fwhm=_pair(config.psf_fwhm_range),
                extra_depth=_pair(config.extra_depth_range),
                size_scale=_pair(config.size_scale_range),
                density_scale=_pair(config.density_scale_range),
                nominal=config.nominal_fraction,
            ),
            star_density=config.star_density,
            psf_field=config.psf_field,
            psf_ellipticity=config.psf_ellipticity,
            uneven_depth=config.uneven_depth,
            mode=config.mode,
            table_format=config.table_format,
            table_columns=dict(config.table_columns),
            table_centre=_pair(config.table_centre),
        )


def _pair(values: Sequence[float]) -> tuple[float, float] | None:
    return (values[0], values[1]) if len(values) else None
