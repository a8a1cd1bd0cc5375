"""Pictures and page of an evaluation of morphology, from measured galaxies of known truth."""

import numpy as np
import pytest

from galaxy_toys import toy_outcomes
from meas_blends.data.galaxy_score_tables import GALAXY_BOUND_RATIOS, GALAXY_PEERS
from meas_blends.evaluation.morphology.coverage import coverage_table
from meas_blends.evaluation.morphology.labels import label_residual_table, label_table
from meas_blends.evaluation.morphology.limits import bound_table
from meas_blends.morphology.posterior import Posterior
from meas_blends.pictures.morphology.axes import draw_density
from meas_blends.pictures.morphology.coverage import draw_coverage_bins
from meas_blends.pictures.morphology.cutouts import GalaxyExample, draw_crops, draw_joint
from meas_blends.pictures.morphology.inputs import MorphologyInputs
from meas_blends.pictures.morphology.labels import draw_label_residuals, draw_labels
from meas_blends.pictures.morphology.recovery import draw_recovery, draw_widths_and_residuals
from meas_blends.pictures.morphology.scatter import draw_bound_ratios, draw_peers
from meas_blends.pictures.morphology.sections_examples import crops_section, peers_section
from meas_blends.pictures.morphology.sections_limits import bounds_section
from meas_blends.pictures.morphology.trends import (
    binned_quantiles,
    draw_measured_trends,
    draw_residual_sizes,
)


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


def test_hexagons_of_all_panels_share_their_colours():
    figure = draw_recovery(toy_outcomes(200))
    norms = {axes.collections[0].norm for axes in figure.axes[:3]}
    assert len(norms) == 1
    assert "of 200" in figure.axes[3].get_ylabel()


@pytest.mark.parametrize(("draw", "columns"), [(draw_measured_trends, 3), (draw_residual_sizes, 4)])
def test_every_target_against_every_quantity(draw, columns):
    outcomes = toy_outcomes(150)
    # A perfect one has no logarithm, and is drawn all the same.
    outcomes["flux_p50"][0] = outcomes["true_flux"][0]
    figure = draw(outcomes)
    assert len(figure.axes) == 3 * columns + 1
    for axes in figure.axes[:-1]:
        assert axes.collections[0].get_array().sum() == 150


def test_galaxies_of_one_component_share_a_bin():
    share = np.repeat([0.0, 0.3, 0.6, 1.0], [400, 100, 100, 400])
    middle, levels = binned_quantiles(share, 2 * share, (0.5,))
    assert (np.diff(middle) > 0).all()
    assert middle[0] == 0 and middle[-1] == 1
    np.testing.assert_allclose(levels[:, 0], 2 * middle)
    middle, levels = binned_quantiles(np.ones(5), np.arange(5.0), (0.5,))
    assert middle.tolist() == [1] and levels.tolist() == [[2]]


def test_widths_follow_residuals():
    figure = draw_widths_and_residuals(toy_outcomes(1500))
    for axes in figure.axes[:3]:
        correlation = float(axes.texts[0].get_text().split()[-1])
        assert 0.4 < correlation < 1


def test_labelled_galaxies_are_left_out_of_the_histogram():
    outcomes = toy_outcomes(500)
    scores = label_residual_table(outcomes)
    figure = draw_label_residuals(outcomes, scores)
    share, radius = (np.asarray(outcomes[f"{s}_p50"]) for s in ("bulgeToTotal", "halfLightRadius"))
    kept = [np.sum((share > 0.1) & (share < 0.85)), np.sum(radius >= outcomes["psf_fwhm"])]
    for axes, number in zip(figure.axes[1:4:2], kept, strict=True):
        texts = [text.get_text() for text in axes.get_legend().get_texts()]
        assert texts[0].startswith("all 500: ") and texts[1].startswith(f"unlabelled {number}: ")


def test_peers_are_drawn_where_there_are_enough_galaxies():
    row = {"method": ["toy", "toy", "peer", "peer"], "quantity": "signalToNoise", "low": 20.0}
    row |= {"high": 50.0, "target": ["flux", "bulgeToTotal"] * 2, "nGalaxies": [30, 30, 30, 30]}
    numbers = ("failed", "bias", "biasErr", "mean", "scatterErr", "rms", "typicalError")
    row |= dict.fromkeys((*numbers, "outliers", "seconds"), 0.01)
    peers = GALAXY_PEERS.make({**row, "scatter": [0.1, 0.2, 0.3, 0.4]})
    figure = draw_peers(peers, ["toy", "peer"])
    assert [len(axes.containers) for axes in figure.axes] == [2, 0, 2]
    assert figure.axes[0].texts[0].get_text() == "30"
    peers["nGalaxies"] = 5
    assert not draw_peers(peers, ["toy", "peer"]).axes[0].containers


def test_confusion_is_written_in_its_cells():
    outcomes = toy_outcomes(400)
    figure = draw_labels(label_table(outcomes), "label", ["toy"])
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert len(texts) == 9
    assert sum(int(text.split("\n")[0].replace(",", "")) for text in texts) == 400


def test_coverage_is_drawn_where_there_are_enough_galaxies():
    coverage = coverage_table(toy_outcomes(1500))
    first = np.asarray(coverage["quantity"]) == "signalToNoise"
    figure = draw_coverage_bins(coverage, ["toy"])
    names = [text.get_text() for text in figure.axes[6].get_xticklabels()]
    assert names[0] == "< 20" and names[-1] == "1000–3000"
    coverage["nGalaxies"][first & (np.asarray(coverage["low"]) == 1000)] = 19
    axes = draw_coverage_bins(coverage, ["toy"]).axes[6]
    assert [text.get_text() for text in axes.get_xticklabels()] == names[:-1]


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
        peers_section(inputs, None),
        crops_section(inputs, None),
    ):
        assert not section.parts
        assert section.text.startswith(("No ", "None "))
