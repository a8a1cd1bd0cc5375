"""Configuration of simulated scenes, and the recipe that it makes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from lsst.pex.config import ChoiceField, Config, DictField, Field, ListField

from ..simulation.artefacts import Artefacts
from ..simulation.recipe import SceneRecipe
from ..simulation.relations import Population
from ..simulation.survey import RESAMPLINGS, survey_of_band
from ..simulation.table_formats import QUANTITIES, TABLE_FORMATS
from ..simulation.variation import Variation

__all__ = ["SceneConfig"]

#: Ways to draw a coadd.
_MODES = {
    "fast": "the coadd at once, with the mean PSF and the noise of all exposures",
    "full": "exposure by exposure: photons shot through a silicon sensor, resampled, added",
}


def _is_share(value: float) -> bool:
    return 0 <= value <= 1


def _is_range(value: list) -> bool:
    return len(value) in (0, 2) and list(value) == sorted(value)


class SceneConfig(Config):
    """What scenes to draw; a base of task configurations."""

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
    star_mag_bright = Field[float](
        doc="AB magnitude in i of the brightest stars.",
        default=18.0,
        check=lambda value: 8.0 <= value < 28.0,
    )
    structured_fraction = Field[float](
        doc="Share of the galaxies down to structured_mag that are no sums of Sersic profiles: with"
        " arms, bars, rings, knots, dust, shells, tails, breaks and cuts. Each is one object.",
        default=0.0,
        check=_is_share,
    )
    structured_mag = Field[float](
        doc="AB magnitude in i of the faintest galaxies with structure.",
        default=25.0,
        check=np.isfinite,
    )
    companion_fraction = Field[float](
        doc="Share of the galaxies down to i = 24.5 that are given a close companion, as mergers"
        " have: 0.4 to 1.6 arcsec away, up to 2.5 magnitudes fainter.",
        default=0.0,
        check=_is_share,
    )
    bright_density = Field[float](
        doc="Galaxies of 17th to 22nd magnitude that are added to those of the published counts"
        " [arcmin^-2], up to three times as large as others: they teach what bright galaxies look"
        " like.",
        default=0.0,
        check=lambda value: 0 <= value < np.inf,
    )
    saturation_mag = Field[float](
        doc="AB magnitude of the faintest star whose brightest pixel saturates (plane SAT, with"
        " trails of charge along columns); none if not given.",
        optional=True,
        check=np.isfinite,
    )
    blank_cores = Field[float](
        doc="Share of the scenes whose saturated pixels are NaN; in the others they have the value"
        " at which they saturate.",
        default=0.0,
        check=_is_share,
    )
    glare = Field[float](
        doc="Share of its light that a saturated star has in a halo and spikes beyond the PSF.",
        default=0.0,
        check=_is_share,
    )
    trails = Field[float](
        doc="Residues of satellites' trails in a scene, in the mean.",
        default=0.0,
        check=lambda value: 0 <= value <= 1000,
    )
    cosmic_rays = Field[float](
        doc="Residues of cosmic rays [arcmin^-2].",
        default=0.0,
        check=lambda value: 0 <= value <= 1000,
    )
    background_residue = Field[float](
        doc="Scatter of what the subtraction of the background left, in units of the noise of a"
        " pixel.",
        default=0.0,
        check=lambda value: 0 <= value < np.inf,
    )
    cirrus = Field[float](
        doc="Scatter of galactic cirrus, in units of the noise of a pixel.",
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
    psf_beta_choices = ListField[float](
        doc="Shapes of the PSF that scenes choose from: the power of the wings of a Moffat profile,"
        " 0 for a Kolmogorov one; none for that of the survey.",
        default=[],
        itemCheck=lambda value: value == 0 or value > 1,
    )
    resampling_choices = ListField[str](
        doc="Ways to bring exposures onto the grid of the coadd that scenes choose from, which"
        f" correlate the noise of pixels: {', '.join(RESAMPLINGS)}; none for that of the survey.",
        default=[],
        itemCheck=lambda name: name in RESAMPLINGS,
    )
    nominal_fraction = Field[float](
        doc="Share of the scenes that leave ranges and choices aside.",
        default=0.0,
        check=_is_share,
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

    def recipe(self, band: str | None = None) -> SceneRecipe:
        """Say how to draw the scenes of a band; the survey's own if not given.

        Raises
        ------
        BadInputError
            If there is no survey of this band.
        """
        published = Population()
        survey = survey_of_band(self.survey, band).deepened(self.extra_depth)
        if self.psf_fwhm is not None:
            survey = survey.replace(psf_fwhm=self.psf_fwhm)
        return SceneRecipe(
            survey=survey,
            shape=(self.size, self.size),
            seed=self.seed,
            population=Population(
                density=published.density * self.density_scale,
                mag_faint=self.mag_faint,
                size_scale=self.size_scale,
                clustered_fraction=self.clustered_fraction,
                lensing=self.lensing,
                structured=self.structured_fraction,
                structured_mag=self.structured_mag,
                companion_fraction=self.companion_fraction,
                bright_density=self.bright_density,
                one_colour=self.one_colour,
            ),
            variation=Variation(
                psf_fwhm=_pair(self.psf_fwhm_range),
                extra_depth=_pair(self.extra_depth_range),
                size_scale=_pair(self.size_scale_range),
                density_scale=_pair(self.density_scale_range),
                psf_beta=tuple(self.psf_beta_choices),
                resampling=tuple(self.resampling_choices),
                nominal=self.nominal_fraction,
            ),
            star_density=self.star_density,
            star_mag_bright=self.star_mag_bright,
            artefacts=Artefacts(
                saturation_mag=self.saturation_mag,
                blank_cores=self.blank_cores,
                glare=self.glare,
                trails=self.trails,
                cosmic_rays=self.cosmic_rays,
                background=self.background_residue,
                cirrus=self.cirrus,
            ),
            psf_field=self.psf_field,
            psf_ellipticity=self.psf_ellipticity,
            uneven_depth=self.uneven_depth,
            mode=self.mode,
            table_format=self.table_format,
            table_columns=dict(self.table_columns),
            table_centre=_pair(self.table_centre),
        )


def _pair(values: Sequence[float]) -> tuple[float, float] | None:
    return (values[0], values[1]) if len(values) else None
