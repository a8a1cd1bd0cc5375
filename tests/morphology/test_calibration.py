"""Recalibration on Gaussians that are wrong in a known way."""

import numpy as np
import pytest
from scipy.stats import norm

from meas_blends.morphology.calibration import (
    Calibration,
    SeeingCalibration,
    coverage,
    residual_summary,
)
from meas_blends.morphology.posterior import NORMAL_QUANTILES, Posterior

IDEAL = {"68.27": 68.27, "95.45": 95.45, "99.73": 99.73}


def overconfident(rng, n):
    """Posteriors half as wide as they should be at low S/N, and offset at high."""
    signal = np.exp(rng.uniform(0, 6, n))
    wide = np.where(signal < np.exp(3), 2.0, 1.0)
    offset = np.where(signal < np.exp(3), 0.0, 0.7)
    truth = rng.normal(size=(n, 3)) * 0.3
    stated = np.array([0.3, 0.1, 0.05])
    error = rng.normal(size=(n, 3)) * wide[:, None] + offset[:, None]
    covariance = np.broadcast_to(np.diag(stated**2), (n, 3, 3))
    return Posterior.gaussian(truth - error * stated, covariance), truth, signal


def learn(posterior, truth, signal, bins=5):
    return Calibration.learn(posterior.quantiles, truth, signal, bins)


def test_coverage_of_perfect_posteriors():
    rng = np.random.default_rng(1)
    truth = rng.normal(size=(40_000, 3))
    posterior = Posterior.gaussian(np.zeros_like(truth), np.broadcast_to(np.eye(3), (40_000, 3, 3)))
    for shares in coverage(posterior, truth).values():
        assert shares == pytest.approx(IDEAL, abs=0.7)


def test_calibration_repairs_width_and_offset():
    rng = np.random.default_rng(2)
    calibration = learn(*overconfident(rng, 20_000), bins=6)
    posterior, truth, signal = overconfident(rng, 20_000)
    assert coverage(posterior, truth)["flux"]["95.45"] < 85
    repaired = calibration.apply(posterior, signal)
    for rows in (signal < np.exp(2.4), signal > np.exp(3.6)):
        part = Posterior(repaired.mean[rows], repaired.covariance[rows], repaired.quantiles[rows])
        for shares in coverage(part, truth[rows]).values():
            assert shares == pytest.approx(IDEAL, abs=2.5)
    low = signal < np.exp(2)
    np.testing.assert_allclose(repaired.sigma[low] / posterior.sigma[low], 2.0, rtol=0.06)
    residual = (repaired.mean - truth)[signal > np.exp(4)]
    assert np.abs(np.median(residual / [0.3, 0.1, 0.05], axis=0)).max() < 0.06


def test_quantiles_stay_in_order_and_correlations_stay():
    rng = np.random.default_rng(3)
    posterior, truth, signal = overconfident(rng, 3000)
    matrix = np.array([[1, 0.5, 0], [0.5, 1, 0.2], [0, 0.2, 1]])
    posterior = Posterior.gaussian(posterior.mean, np.broadcast_to(matrix, (3000, 3, 3)))
    repaired = learn(posterior, truth, signal).apply(posterior, signal)
    assert (np.diff(repaired.quantiles, axis=2) >= 0).all()
    sigma = repaired.sigma
    correlation = repaired.covariance / (sigma[:, :, None] * sigma[:, None, :])
    np.testing.assert_allclose(correlation, np.broadcast_to(matrix, (3000, 3, 3)), atol=1e-9)


def test_rare_signals_have_bins_of_their_own_if_they_suffice():
    rng = np.random.default_rng(6)
    # One galaxy in 25 is faint, and its posterior is half as wide as it should be.
    faint = rng.uniform(size=20_000) < 0.04
    signal = np.where(faint, rng.uniform(10, 20, 20_000), rng.uniform(1e3, 1e4, 20_000))
    truth = np.where(faint, 2.0, 1.0)[:, None] * rng.normal(size=(20_000, 3))
    posterior = Posterior.gaussian(0 * truth, np.broadcast_to(np.eye(3), (20_000, 3, 3)))
    calibration = learn(posterior, truth, signal, bins=10)
    assert 2 < len(calibration.log_value) <= 10
    sigma = calibration.apply(posterior, signal).sigma
    np.testing.assert_allclose(sigma[signal < 15], 2.0, rtol=0.1)
    np.testing.assert_allclose(sigma[signal > 4e3], 1.0, rtol=0.1)


def skewed(rng, n, stated=1.0):
    """Posteriors whose truths are ``exp`` of a Gaussian ``stated`` times as wide as they say."""
    middle = rng.normal(size=(n, 3))
    quantiles = middle[:, :, None] + np.exp(0.4 * NORMAL_QUANTILES)
    truth = middle + np.exp(0.4 * stated * rng.normal(size=(n, 3)))
    covariance = np.broadcast_to(0.2 * np.eye(3), (n, 3, 3))
    return Posterior(quantiles[:, :, 3].copy(), covariance, quantiles), truth


def test_what_is_skewed_stays_so():
    rng = np.random.default_rng(7)
    one = np.ones(20_000)
    posterior, truth = skewed(rng, 20_000, 0.7)
    calibration = learn(posterior, truth, one, bins=1)
    posterior, truth = skewed(rng, 20_000, 0.7)
    repaired = calibration.apply(posterior, one)
    for shares in coverage(repaired, truth).values():
        assert shares == pytest.approx(IDEAL, abs=1.0)
    off = repaired.quantiles[0, 0] - posterior.quantiles[0, 0, 3] + 1
    np.testing.assert_allclose(off[1:6], np.exp(0.28 * NORMAL_QUANTILES[1:6]), rtol=0.05)


def test_a_truth_that_several_quantiles_have():
    """B/T that is 1 for all but a few: the intervals end there, and hold it."""
    quantiles = np.tile([-3.0, 0.0, 2.0, 4.6, 4.6, 4.6, 4.6], (1000, 3, 1))
    posterior = Posterior(quantiles[:, :, 3].copy(), np.tile(np.eye(3), (1000, 1, 1)), quantiles)
    truth = np.full((1000, 3), 4.6)
    truth[:100] = 1.0
    signal = np.ones(1000)
    repaired = learn(posterior, truth, signal, bins=1).apply(posterior, signal)
    assert np.isfinite(repaired.quantiles).all() and np.isfinite(repaired.covariance).all()
    np.testing.assert_allclose(repaired.quantiles[:, :, 3:], 4.6)
    assert (np.diff(repaired.quantiles, axis=2) >= 0).all()


def with_atoms(rng, n):
    """Truths of 1 as often as each posterior says, and otherwise normal below, with quantiles."""
    share = rng.uniform(0.05, 0.5, n)
    one = rng.uniform(size=n) < share
    truth = np.where(one, 3.0, norm.ppf(rng.uniform(0.001, 0.95, n)))
    below = norm.cdf(np.linspace(-3, 3, 61)) / (1 - share[:, None])
    fine = np.where(below < 1, norm.ppf(np.minimum(0.001 + 0.949 * below, 0.95)), 3.0)
    quantiles = np.repeat(fine[:, None], 3, axis=1)
    covariance = np.broadcast_to(np.eye(3), (n, 3, 3))
    posterior = Posterior(quantiles[:, :, 30].copy(), covariance, quantiles[:, :, ::10].copy())
    return posterior, np.repeat(truth[:, None], 3, axis=1), quantiles


def test_intervals_that_reach_an_atom_hold_what_they_say():
    rng = np.random.default_rng(10)
    posterior, truth, quantiles = with_atoms(rng, 20_000)
    one = np.ones(20_000)
    assert coverage(posterior, truth)["flux"]["68.27"] > 75
    fine = Calibration.learn(quantiles, truth, one, bins=1)
    coarse = learn(posterior, truth, one, bins=1)
    posterior, truth, quantiles = with_atoms(rng, 20_000)
    repaired = fine.apply(posterior, one, quantiles)
    assert coverage(repaired, truth)["flux"]["68.27"] == pytest.approx(68.27, abs=2.0)
    # Seven levels do not tell how probable the atom is.
    assert coverage(coarse.apply(posterior, one), truth)["flux"]["68.27"] > 72


def test_a_neutral_calibration_changes_nothing():
    posterior, _ = skewed(np.random.default_rng(8), 50)
    posterior.quantiles[:, 0, 3:] = posterior.quantiles[:, 0, 3:4]
    neutral = Calibration(np.zeros(1), np.tile(NORMAL_QUANTILES, (1, 3, 1)))
    same = neutral.apply(posterior, np.ones(50))
    np.testing.assert_allclose(same.quantiles, posterior.quantiles)
    np.testing.assert_allclose(same.covariance, posterior.covariance)


def test_one_bin_and_signals_without_a_log():
    rng = np.random.default_rng(4)
    posterior, truth, signal = overconfident(rng, 500)
    calibration = learn(posterior, truth, signal, bins=1)
    assert np.isfinite(calibration.apply(posterior, -signal).quantiles).all()


def too_sure_in_good_seeing(rng, n):
    """Posteriors of unit width whose errors fall from 1.5 to 0.5 as the PSF widens."""
    psf_sigma = rng.uniform(1.0, 3.0, n)
    truth = rng.normal(size=(n, 3)) * (2.0 - 0.5 * psf_sigma)[:, None]
    posterior = Posterior.gaussian(np.zeros((n, 3)), np.broadcast_to(np.eye(3), (n, 3, 3)))
    return posterior, truth, np.full(n, 20.0), psf_sigma


def test_calibration_by_seeing_holds_in_each():
    rng = np.random.default_rng(8)
    by_seeing = SeeingCalibration.learn(
        *too_sure_in_good_seeing(rng, 20_000), bins=1, seeing_bins=10
    )
    posterior, truth, signal, psf_sigma = too_sure_in_good_seeing(rng, 40_000)
    repaired = by_seeing.apply(posterior, signal, psf_sigma)
    for low in (1.0, 1.5, 2.0, 2.5):
        rows = (psf_sigma >= low) & (psf_sigma < low + 0.5)
        before = coverage(posterior.select(rows), truth[rows])["flux"]["68.27"]
        assert abs(before - 68.27) > 4
        for shares in coverage(repaired.select(rows), truth[rows]).values():
            assert shares == pytest.approx(IDEAL, abs=2)
    # Beyond what it was learned from, it is as at the end.
    far = by_seeing.apply(posterior.select([0, 1]), signal[:2], np.array([3.0, 30.0]))
    np.testing.assert_array_equal(far.quantiles[0], far.quantiles[1])


def test_without_bins_of_seeing_only_the_signal_counts():
    rng = np.random.default_rng(9)
    posterior, truth, signal = overconfident(rng, 700)
    by_seeing = SeeingCalibration.learn(posterior, truth, signal, 1 + signal, 3)
    expected = learn(posterior, truth, signal, 3).apply(posterior, signal)
    repaired = by_seeing.apply(posterior, signal, 1 + signal)
    np.testing.assert_array_equal(repaired.quantiles, expected.quantiles)


def test_residual_summary_of_known_errors():
    truth = np.tile([0.0, 0.0, 2.0], (2001, 1))
    error = np.random.default_rng(5).normal(0.02, 0.05, 2001)
    mean = truth + np.stack([0 * error, error, 0 * error], axis=1)
    covariance = np.broadcast_to(np.eye(3), (2001, 3, 3))
    summary = residual_summary(Posterior.gaussian(mean, covariance), truth)
    assert summary["halfLightRadius"]["bias"] == pytest.approx(0.02, abs=0.004)
    assert summary["halfLightRadius"]["scatter"] == pytest.approx(0.05, abs=0.005)
    assert summary["flux"] == pytest.approx({"bias": 0, "scatter": 0}, abs=1e-9)


def test_fewer_galaxies_than_bins():
    rng = np.random.default_rng(11)
    posterior, truth, signal = overconfident(rng, 10)
    calibration = learn(posterior, truth, signal, bins=20)
    assert 1 <= len(calibration.log_value) <= 10
    assert np.isfinite(calibration.apply(posterior, signal).quantiles).all()
