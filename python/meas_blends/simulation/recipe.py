"""A scene from its recipe: galaxies, stars, conditions, and the coadd of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from astropy.table import Table

from ..data.coadd import Coadd
from .artefacts import Artefacts, add_artefacts
from .colours import one_colour
from .conditions import draw_conditions
from .exposures import render_exposures
from .galaxy_tables import galaxies_from_table, table_centre
from .population import draw_galaxies
from .relations import Population
from .scenes import SCENE_CENTRE, render_scene
from .stars import draw_stars
from .streams import SceneStreams, scene_streams
from .survey import Survey
from .truth import join_truth
from .variation import SceneValues, Variation

__all__ = ["SceneRecipe", "simulate_scene"]

#: What draws the coadd, by mode.
_RENDERERS = {"fast": render_scene, "full": render_exposures}


@dataclass(frozen=True)
class SceneRecipe:
    """All that scenes are made from, but their number.

    Parameters
    ----------
    survey : `~meas_blends.simulation.survey.Survey`
        Band, seeing and depth where nothing varies.
    shape : `tuple` [`int`, `int`]
        ``(ny, nx)`` of the image.
    seed : `int`
        Seed of all randomness, together with the scene's number.
    population : `~meas_blends.simulation.relations.Population`
        Relations that galaxies are drawn from.
    variation : `~meas_blends.simulation.variation.Variation`
        What differs from scene to scene.
    star_density : `float`
        Factor on the published number of stars.
    star_mag_bright : `float`
        i magnitude of the brightest stars.
    artefacts : `~meas_blends.simulation.artefacts.Artefacts`
        What images hold besides galaxies, stars and noise.
    psf_field, psf_ellipticity, uneven_depth : `float`
        Variation over an image, see
        `~meas_blends.simulation.conditions.draw_conditions`.
    mode : `str`
        ``"fast"`` or ``"full"``.
    table_format : `str`
        What the columns of a table of galaxies mean, see
        `~meas_blends.simulation.table_formats.TABLE_FORMATS`.
    table_columns : `dict` [`str`, `str`]
        Column of each quantity, for the format ``columns``.
    table_centre : `tuple` [`float`, `float`], optional
        ICRS position of the middle of the image [deg].
    """

    survey: Survey
    shape: tuple[int, int] = (2048, 2048)
    seed: int = 1
    population: Population = field(default_factory=Population)
    variation: Variation = field(default_factory=Variation)
    star_density: float = 0.0
    star_mag_bright: float = 18.0
    artefacts: Artefacts = field(default_factory=Artefacts)
    psf_field: float = 0.0
    psf_ellipticity: float = 0.0
    uneven_depth: float = 0.0
    mode: str = "fast"
    table_format: str = "truth"
    table_columns: Mapping[str, str] = field(default_factory=dict)
    table_centre: tuple[float, float] | None = None


def simulate_scene(
    recipe: SceneRecipe, scene: int, table: Table | None = None, table_name: str = "table"
) -> tuple[Coadd, Table]:
    """Draw a scene.

    Parameters
    ----------
    recipe : `SceneRecipe`
        What it is made from.
    scene : `int`
        Its number, 0 or more. Recipes that differ in the band alone show the
        same galaxies.
    table : `astropy.table.Table`, optional
        Galaxies to show, in place of a drawn population.
    table_name : `str`
        What to call it in messages.

    Returns
    -------
    coadd : `~meas_blends.data.coadd.Coadd`
        The image.
    truth : `astropy.table.Table`
        `~meas_blends.data.catalogs.TRUTH` in the coadd's band: galaxies, then
        stars. The S/N is that at the place of each.

    Raises
    ------
    BadInputError
        If the table cannot be used.
    """
    streams = scene_streams(recipe.seed, scene, recipe.survey.band)
    values = recipe.variation.draw(streams.variation, streams.conditions)
    survey = _varied_survey(recipe.survey, values)
    population = _varied_population(recipe.population, values)
    centre = SCENE_CENTRE
    if table is None:
        truth = draw_galaxies(survey, recipe.shape, streams.galaxies, population)
    else:
        form = (recipe.table_format, recipe.table_columns)
        centre = recipe.table_centre or table_centre(table, *form, table_name) or SCENE_CENTRE
        truth = galaxies_from_table(
            table,
            recipe.table_format,
            survey,
            recipe.shape,
            streams.galaxies,
            population,
            recipe.table_columns,
            centre,
            table_name,
        )
    if recipe.star_density > 0:
        truth = join_truth(truth, _stars(recipe, survey, streams, centre))
    conditions = draw_conditions(
        recipe.shape,
        streams.conditions,
        recipe.psf_field,
        recipe.psf_ellipticity,
        recipe.uneven_depth,
    )
    place = (np.asarray(truth["x"]), np.asarray(truth["y"]))
    truth["significance"] *= conditions.relative_significance(*place).astype(np.float32)
    coadd = _RENDERERS[recipe.mode](
        truth,
        survey,
        recipe.shape,
        streams.noise,
        name=f"scene {scene}",
        conditions=conditions,
        centre=centre,
    )
    coadd = add_artefacts(coadd, truth, survey, recipe.artefacts, streams.noise.spawn(1)[0])
    image = f"{coadd.origins['image']}, seed {recipe.seed}, scene {scene}"
    return coadd.replace(origins={"image": image}), truth


def _varied_survey(survey: Survey, values: SceneValues) -> Survey:
    for name in ("psf_fwhm", "psf_beta", "resampling"):
        if getattr(values, name) is not None:
            survey = survey.replace(**{name: getattr(values, name)})
    return survey if values.extra_depth is None else survey.deepened(values.extra_depth)


def _varied_population(population: Population, values: SceneValues) -> Population:
    return replace(
        population,
        density=population.density * (values.density_scale or 1.0),
        size_scale=population.size_scale * (values.size_scale or 1.0),
    )


def _stars(
    recipe: SceneRecipe, survey: Survey, streams: SceneStreams, centre: tuple[float, float]
) -> Table:
    colour = one_colour(survey.band) if recipe.population.one_colour else None
    return draw_stars(
        survey,
        recipe.shape,
        streams.stars,
        recipe.star_density,
        recipe.star_mag_bright,
        one_colour=colour,
        centre=centre,
    )
