"""Real galaxies taken apart: analytic ones, whose parts are known."""

import galsim
import numpy as np
import pytest

from meas_blends.evaluation.skies.drawing import draw_profile
from meas_blends.evaluation.skies.templates import make_template, smooth_twin_image
from meas_blends.simulation.survey import Survey
from sky_toys import SCALE, space_galaxy

SMOOTH = galsim.Exponential(half_light_radius=0.3).shear(g=0.3, beta=30 * galsim.degrees)


def clumpy():
    knots = [galsim.Gaussian(sigma=0.03, flux=0.08).shift(0.25, 0.2)]
    knots.append(galsim.Gaussian(sigma=0.03, flux=0.08).shift(-0.3, -0.05))
    return galsim.Add([SMOOTH, *knots])


def test_a_smooth_galaxy_comes_back():
    template = make_template(space_galaxy(SMOOTH.shift(0.06, -0.03)))
    assert template.index == 1.0
    assert template.kind == "smooth"
    assert template.structure < 0.02
    assert template.radius * SCALE == pytest.approx(0.3, rel=0.02)
    assert template.ellipticity == pytest.approx(0.3, abs=0.01)
    assert template.angle == pytest.approx(30, abs=1)
    assert template.flux == pytest.approx(1, rel=0.02)
    np.testing.assert_allclose(np.multiply(template.centre, SCALE), (0.06, -0.03), atol=0.003)


def test_half_of_the_light_lies_within_the_half_light_radius():
    round_one = galsim.Exponential(half_light_radius=0.3)
    template = make_template(space_galaxy(round_one))
    assert template.half_light_radius == pytest.approx(0.3, rel=0.04)


def test_knots_are_structure_and_noise_is_none():
    template = make_template(space_galaxy(clumpy()))
    assert template.kind == "structured"
    assert 0.1 < template.structure < 0.3
    # Both knots, and none elsewhere.
    y, x = np.nonzero(template.departures > 0.25 * template.departures.max())
    knots = np.array([[0.25, 0.2], [-0.3, -0.05]]) / SCALE + 47.5
    distance = np.hypot(x[:, None] - knots[:, 0], y[:, None] - knots[:, 1])
    assert distance.min(axis=1).max() < 4
    assert distance.min(axis=0).max() < 2
    assert np.mean(template.departures == 0) > 0.6


def test_the_ground_sees_a_template_as_it_sees_the_galaxy():
    survey = Survey.named("lsst_i")
    truth = draw_profile(clumpy(), survey, 48)
    template = make_template(space_galaxy(clumpy()))
    offset = np.multiply(template.centre, SCALE / survey.pixel_scale)
    errors = {}
    for sample in ("real", "twin"):
        drawn = draw_profile(template.profile(sample), survey, 48, tuple(offset))
        errors[sample] = np.abs(drawn - truth / truth.sum()).sum()
    assert errors["real"] < 0.015
    assert errors["twin"] > 1.3 * errors["real"]


def test_cut_stamps_go_on_beyond_their_border():
    # 1.2 arcsec a side: the stamp ends where the galaxy still has light.
    template = make_template(space_galaxy(galsim.Exponential(half_light_radius=0.3), size=40))
    survey = Survey.named("lsst_i")
    truth = draw_profile(galsim.Exponential(half_light_radius=0.3), survey, 64)
    drawn, cut = (draw_profile(template.profile(sample), survey, 64) for sample in ("real", "raw"))
    ring = slice(20, 23)
    assert drawn[32, ring] == pytest.approx(truth[32, ring] / truth.sum(), rel=0.1)
    assert np.all(cut[32, ring] < 0.9 * truth[32, ring] / truth.sum())
    border = np.ones(template.departures.shape, bool)
    border[1:-1, 1:-1] = False
    assert not template.departures[border].any()


def test_a_smooth_twin_seen_from_space_is_smooth_again():
    template = make_template(space_galaxy(clumpy()))
    twin = smooth_twin_image(template, np.random.default_rng(3))
    assert twin.image.shape == template.galaxy.image.shape
    again = make_template(twin)
    assert again.structure < 0.03
    assert again.radius == pytest.approx(template.radius, rel=0.03)
    # The noise of the twin is that of the galaxy.
    residual = twin.image - smooth_twin_image(template, np.random.default_rng(4)).image
    assert residual.std() == pytest.approx(np.sqrt(2) * 5e-5, rel=0.05)


@pytest.mark.slow
def test_real_galaxies_are_what_the_eye_says(shared_data):
    from meas_blends.data.space_galaxies import read_space_galaxies

    galaxies = read_space_galaxies(shared_data / "real" / "cosmos_hst_50.fits")
    kinds = {g.name: make_template(g).kind for g in galaxies if g.significance > 60}
    smooth, spirals = ("2", "22", "26", "40", "42", "44"), ("4", "8", "24", "38")
    assert all(kinds[name] == "smooth" for name in smooth)
    assert all(kinds[name] == "structured" for name in spirals)
