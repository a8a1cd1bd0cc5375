"""Drawn galaxies: their ranges, and what Table 1 says."""

import numpy as np
import pytest

from meas_blends.errors import BadInputError
from meas_blends.morphology.conditions import Conditions
from meas_blends.morphology.populations import LogUniform, Table1, draw_galaxies
from meas_blends.simulation.survey import Survey

HSC = Conditions.of_survey(Survey.named("hsc_g"), (0.6, 0.9))


def assert_fills(values, low, high, name):
    assert low <= values.min() < low + 0.1 * (high - low), name
    assert high - 0.1 * (high - low) < values.max() <= high, name


def test_draws_keep_to_the_ranges():
    population = LogUniform(radius=(0.2, 0.9), signal_to_noise=(10, 20))
    conditions = Conditions(psf_fwhm=(0.6, 0.7))
    sample = draw_galaxies(np.random.default_rng(1), 4000, population, conditions)
    for name, (low, high) in {
        "bulge_radius": (0.2, 0.9),
        "disk_radius": (0.2, 0.9),
        "half_light_radius": (0.2, 0.9),
        "signal_to_noise": (10, 20),
        "psf_fwhm": (0.6, 0.7),
        "bulge_axis_ratio": (0.25, 1),
        "bulge_n": (3.5, 5.0),
        "disk_n": (0.8, 1.2),
        "noise_correlation": (0, 0.5),
    }.items():
        assert_fills(getattr(sample, name), low, high, name)
    assert np.isnan(sample.flux).all()
    pure = np.isin(sample.bulge_to_total, [0.0, 1.0])
    assert pure.mean() == pytest.approx(population.single_share, abs=0.03)
    assert sample.bulge_to_total[pure].mean() == pytest.approx(0.5, abs=0.06)
    assert np.mean(sample.noise_correlation == 0) == pytest.approx(0.3, abs=0.03)
    spread = np.rad2deg(np.abs(sample.bulge_angle - sample.disk_angle))
    assert 14 < spread.max() <= 15


def test_table_1():
    sample = draw_galaxies(np.random.default_rng(2), 20_000, Table1(), HSC)
    flux = sample.flux * HSC.sky_sigma
    assert_fills(flux, 1e3, 5e6, "flux")
    assert np.mean(flux) == pytest.approx(2.5e6, rel=0.02)
    single = np.isin(sample.bulge_to_total, [0.0, 1.0])
    assert single.mean() == pytest.approx(0.25, abs=0.01)
    bulge, disk = sample.bulge_to_total == 1, sample.bulge_to_total == 0
    assert bulge[single].mean() == pytest.approx(0.5, abs=0.03)
    # Single components have the radii of disks, bulges beside a disk are smaller.
    assert_fills(sample.half_light_radius[bulge], 0.1, 5.0, "single bulges")
    assert_fills(sample.half_light_radius[disk], 0.1, 5.0, "single disks")
    assert_fills(sample.bulge_radius[~single], 0.1, 3.0, "bulges")
    assert_fills(sample.disk_radius[~single], 0.1, 5.0, "disks")
    assert_fills(sample.bulge_n, 3.5, 5.0, "bulge_n")
    assert_fills(sample.disk_n, 0.8, 1.2, "disk_n")
    assert np.mean(sample.bulge_to_total[~single]) == pytest.approx(0.5, abs=0.01)


def test_conditions_of_a_survey_are_its_noise():
    survey = Survey.named("hsc_g")
    assert HSC.pixel_scale == (0.168, 0.168)
    # Point sources of 26.6 mag, 83 nJy, at 5 sigma in 47.6 pixels of noise.
    limit = 5 * HSC.sky_sigma * np.sqrt(survey.noise_equivalent_area)
    assert limit == pytest.approx(10 ** (0.4 * (31.4 - 26.6)), rel=0.01)
    assert HSC.noise_correlation == (0.0, 0.0)


def test_resampling_correlates_the_noise_and_lowers_it():
    survey = Survey.named("lsst_i")
    resampled = Conditions.of_survey(survey, (0.6, 0.9))
    plain = Conditions.of_survey(survey.replace(resampling="none"), (0.6, 0.9))
    # Bilinear interpolation, averaged over all shifts: [1/6, 2/3, 1/6] along each axis.
    assert resampled.noise_correlation == pytest.approx((0.25, 0.25))
    assert resampled.sky_sigma / plain.sky_sigma == pytest.approx(2 / 3)
    assert plain.noise_correlation == pytest.approx((0.0, 0.0))


def test_one_seed_one_sample():
    one, other = (
        draw_galaxies(np.random.default_rng(7), 5, LogUniform(), Conditions()) for _ in range(2)
    )
    np.testing.assert_array_equal(one.disk_radius, other.disk_radius)
    np.testing.assert_array_equal(one.select(slice(2, 4)).dx, other.dx[2:4])


@pytest.mark.parametrize("ends", [(2.0, 1.0), (0.0, 1.0)])
def test_a_wrong_range(ends):
    with pytest.raises(BadInputError, match=r"psf_fwhm.*the lower first"):
        Conditions(psf_fwhm=ends)
    with pytest.raises(BadInputError, match=r"radius.*the lower first"):
        Table1(radius=ends)
    with pytest.raises(BadInputError, match=r"noise_correlation.*from 0 to 0.5"):
        Conditions(noise_correlation=(0.2, 0.7))


def test_fluxes_take_a_survey():
    with pytest.raises(BadInputError, match="takes a survey; name one"):
        draw_galaxies(np.random.default_rng(1), 5, Table1(), Conditions())
