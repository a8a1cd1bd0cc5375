"""Pictures and page of an evaluation of morphology, from measured galaxies of known truth."""

import numpy as np
import pytest

from galaxy_toys import toy_outcomes
from meas_blends.data.galaxy_score_tables import GALAXY_BOUND_RATIOS, GALAXY_PEERS
from meas_blends.evaluation.morphology.labels import label_table
from meas_blends.evaluation.morphology.limits import bound_table
from meas_blends.morphology.posterior import Posterior
from meas_blends.pictures.morphology.axes import draw_density
from meas_blends.pictures.morphology.coverage import draw_bound_ratios
from meas_blends.pictures.morphology.cutouts import GalaxyExample, draw_crops, draw_joint
from meas_blends.pictures.morphology.inputs import MorphologyInputs
from meas_blends.pictures.morphology.labels import draw_labels
from meas_blends.pictures.morphology.recovery import draw_recovery
from meas_blends.pictures.morphology.sections_examples import crops_section, peers_section
from meas_blends.pictures.morphology.sections_limits import bounds_section


def make_inputs(**tables):
    rng = np.random.default_rng(1)
    return MorphologyInputs(tables, toy_outcomes(20), ["toy"], {}, {}, rng)


def make_example(crop_scale=0.5, flux=100.0):
    truth = np.array([0.3, 1.0, flux])
    covariance = np.diag([0.2, 0.01, 0.0004])[None]
    posterior = Posterior.gaussian(np.array([[-0.8, 0.05, np.log(flux) + 0.01]]), covariance)
    image = np.random.default_rng(3).normal(0, 1, (32, 32))
    image[14:18, 14:18] += 30
    return GalaxyExample(image, 0.2, truth, posterior, crop_scale, 50.0)


def test_every_galaxy_is_in_the_picture_even_beyond_its_limits():
    outcomes = toy_outcomes(300)
    outcomes["flux_p50"][0] = 1e9
    outcomes["halfLightRadius_p50"][1] = 1e-9
    figure = draw_recovery(outcomes)
    panels = figure.axes[:3]
    for axes in panels:
        assert axes.collections[0].get_array().sum() == 300
        assert axes.get_xlim() == axes.get_ylim()


def test_density_keeps_the_limits():
    figure = draw_recovery(toy_outcomes(50))
    axes = figure.axes[0]
    axes.set(xlim=(0, 1), ylim=(0, 1))
    draw_density(axes, np.array([0.5, 7.0]), np.array([0.5, -7.0]), (False, False))
    assert axes.get_xlim() == axes.get_ylim() == (0, 1)


def test_confusion_is_written_in_its_cells():
    outcomes = toy_outcomes(400)
    figure = draw_labels(label_table(outcomes), "label", ["toy"])
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert len(texts) == 9
    assert sum(int(text.split("\n")[0].replace(",", "")) for text in texts) == 400


def test_bounds_are_drawn_where_there_are_enough_galaxies():
    outcomes = toy_outcomes(1500)
    ratios = bound_table(outcomes)
    assert len(draw_bound_ratios(ratios, ["toy"]).axes) == 6
    ratios["nGalaxies"] = 3
    assert not draw_bound_ratios(ratios, ["toy"]).axes[0].containers


def test_the_truth_is_marked_in_the_joint_posterior():
    example = make_example()
    figure = draw_joint(example, np.random.default_rng(1), 3000)
    # Six panels of the triangle, three empty ones above it, and the galaxy.
    assert len(figure.axes) == 10
    marked = {round(float(line.get_xdata()[0]), 6) for line in figure.axes[0].lines}
    assert 0.3 in marked


def test_crops_show_what_is_kept():
    figure = draw_crops([make_example(scale) for scale in (0.25, 0.5, 1.0)])
    sides = [axes.patches[0].get_width() for axes in figure.axes if axes.patches]
    assert sides == pytest.approx([8.0, 16.0, 32.0])


def test_sections_without_anything_to_show_say_so():
    inputs = make_inputs(bound_ratios=GALAXY_BOUND_RATIOS.make(), peers=GALAXY_PEERS.make())
    for section in (
        bounds_section(inputs, None),
        peers_section(inputs),
        crops_section(inputs, None),
    ):
        assert not section.parts
        assert section.text.startswith(("No ", "None "))
