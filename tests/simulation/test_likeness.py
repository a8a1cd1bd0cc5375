"""Scenes like a coadd: what was put in comes out."""

import galsim
import numpy as np
import pytest

from meas_blends.data.coadd import Coadd
from meas_blends.detection.complete import complete_coadd
from meas_blends.detection.psf import gaussian_psf, psf_sigma
from meas_blends.errors import BadInputError
from meas_blends.simulation.conditions import Conditions
from meas_blends.simulation.likeness import measure_likeness
from meas_blends.simulation.population import draw_galaxies
from meas_blends.simulation.psf import psf_image
from meas_blends.simulation.scenes import render_scene
from meas_blends.simulation.survey import Survey

SHAPE = (384, 384)
BASE = Survey.named("lsst_i")


def scene(survey, likeness=None):
    rng = np.random.default_rng(4)
    truth = draw_galaxies(survey, SHAPE, rng)
    conditions = likeness.conditions(SHAPE) if likeness else None
    coadd = render_scene(truth, survey, SHAPE, rng, name="scene", conditions=conditions)
    return complete_coadd(coadd)


@pytest.mark.parametrize(
    ("changes", "depth"),
    [
        ({}, 0.0),
        ({"psf_fwhm": 0.95}, -0.7),
        ({"resampling": "none"}, 0.5),
        ({"resampling": "lanczos"}, 0.0),
    ],
)
def test_depth_seeing_and_resampling_come_out(changes, depth):
    survey = BASE.replace(**changes).deepened(depth)
    found = measure_likeness(scene(survey), BASE).survey
    assert found.psf_fwhm == pytest.approx(survey.psf_fwhm, rel=0.01)
    assert found.depth() == pytest.approx(survey.depth(), abs=0.05)
    assert found.resampling == survey.resampling


def test_another_pixel_scale_and_zero_point():
    survey = BASE.replace(pixel_scale=0.168, sky_photons=BASE.sky_photons * 0.84**2 * 0.97)
    survey = survey.replace(coadd_zero_point=31.4)
    found = measure_likeness(scene(survey), BASE).survey
    assert (found.pixel_scale, found.coadd_zero_point) == (pytest.approx(0.168), 31.4)
    assert found.depth() == pytest.approx(survey.depth(), abs=0.05)
    assert psf_sigma(psf_image(found)) == pytest.approx(psf_sigma(psf_image(survey)), rel=0.01)


def test_scenes_that_are_made_from_it_are_alike():
    shear = (0.04, -0.03)
    first = scene(BASE).replace(psf=psf_image(BASE, shear))
    likeness = measure_likeness(first, BASE)
    assert likeness.psf["shear1"].item() == pytest.approx(shear[0], abs=0.01)
    assert likeness.psf["shear2"].item() == pytest.approx(shear[1], abs=0.01)
    second = scene(likeness.survey, likeness)
    assert np.median(second.variance) == pytest.approx(np.median(first.variance), rel=0.08)
    moments = galsim.hsm.FindAdaptiveMom(galsim.Image(second.psf.middle, scale=1.0))
    # The pixels, which are round, dilute the shear.
    assert moments.observed_shape.g1 == pytest.approx(shear[0], abs=0.012)
    assert moments.moments_sigma == pytest.approx(psf_sigma(first.psf.middle), rel=0.01)


def test_a_psf_that_varies_over_the_coadd_does_so_in_the_scenes():
    shape = (512, 768)
    relative = np.array([[0.9, 1.0, 1.15], [0.95, 1.05, 1.2]])
    given = Conditions(shape, relative, 0.05 * (relative - 1), 0.0 * relative)
    empty = draw_galaxies(BASE, SHAPE, np.random.default_rng(1))[:0]
    first = render_scene(empty, BASE, shape, np.random.default_rng(2), (70, -20), "scene", given)
    likeness = measure_likeness(complete_coadd(first), BASE)
    found = likeness.conditions(shape)
    seeing = likeness.survey.psf_fwhm * found.fwhm
    np.testing.assert_allclose(seeing, BASE.psf_fwhm * relative, rtol=0.01)
    np.testing.assert_allclose(found.shear1, given.shear1, atol=0.005)


def test_a_psf_narrower_than_charge_diffusion_has_none():
    noise = np.random.default_rng(1).normal(size=(200, 200))
    coadd = Coadd(noise, psf=gaussian_psf(0.48), zero_point=27.0, pixel_scale=0.2)
    assert measure_likeness(complete_coadd(coadd), BASE).survey.charge_diffusion == 0


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"zero_point": 27.0}, r"bare\.fits: has no pixel scale.*give --pixel-scale"),
        ({"pixel_scale": 0.2}, r"bare\.fits: has no zero point.*give --zero-point"),
    ],
)
def test_what_cannot_be_guessed_is_asked_for(fields, message):
    coadd = Coadd(np.zeros((20, 20)), psf=gaussian_psf(2.0), name="bare.fits", **fields)
    with pytest.raises(BadInputError, match=message):
        measure_likeness(coadd, BASE)


def test_an_image_without_a_usable_pixel():
    nothing = np.full((20, 20), np.nan)
    coadd = Coadd(nothing, psf=gaussian_psf(2.0), zero_point=27.0, pixel_scale=0.2)
    with pytest.raises(BadInputError, match="not one usable pixel"):
        measure_likeness(coadd, BASE)
