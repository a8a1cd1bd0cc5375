"""Transforms and posteriors against numerical integrals and samples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import expit, ndtr

from meas_blends.data.morphology_tables import QUANTILES
from meas_blends.morphology.posterior import (
    BULGE_LIMIT,
    NORMAL_QUANTILES,
    Posterior,
    to_physical,
    to_transformed,
)

COVARIANCE = np.array([[1.0, 0.3, -0.1], [0.3, 0.5, 0.2], [-0.1, 0.2, 0.25]])


@given(
    share=arrays(float, 5, elements=st.floats(BULGE_LIMIT, 1 - BULGE_LIMIT)),
    radius=arrays(float, 5, elements=st.floats(1e-3, 1e3)),
    flux=arrays(float, 5, elements=st.floats(1e-6, 1e12)),
)
def test_transforms_undo_each_other(share, radius, flux):
    physical = np.stack([share, radius, flux], axis=-1)
    np.testing.assert_allclose(to_physical(to_transformed(physical)), physical, rtol=1e-9)


def test_pure_components_are_clipped():
    transformed = to_transformed([[0.0, 1.0, 1.0], [1.0, 1.0, 1.0]])
    np.testing.assert_allclose(expit(transformed[:, 0]), [BULGE_LIMIT, 1 - BULGE_LIMIT])


def test_quantile_levels_are_those_of_the_columns():
    np.testing.assert_allclose(100 * ndtr(NORMAL_QUANTILES), list(QUANTILES.values()), atol=1e-3)


@given(mean=st.floats(-4, 4), sigma=st.floats(0.01, 2.5))
def test_moments_of_a_logit_normal(mean, sigma):
    posterior = Posterior.gaussian(np.array([[mean, 0, 0]]), sigma**2 * np.eye(3)[None])
    got_mean, got_std = posterior.physical_moments()
    t = np.linspace(-9, 9, 20001)
    weight = np.exp(-0.5 * t**2)
    weight /= weight.sum()
    share = expit(mean + sigma * t)
    assert got_mean[0, 0] == pytest.approx(share @ weight, abs=1e-4)
    expected = np.sqrt(((share - share @ weight) ** 2) @ weight)
    assert got_std[0, 0] == pytest.approx(expected, rel=5e-3, abs=1e-4)


def test_physical_summary_agrees_with_samples():
    mean = np.array([[0.7, -0.5, 3.0]])
    posterior = Posterior.gaussian(mean, COVARIANCE[None])
    rng = np.random.default_rng(3)
    samples = to_physical(rng.multivariate_normal(mean[0], COVARIANCE, 400_000))
    got_mean, got_std = posterior.physical_moments()
    np.testing.assert_allclose(got_mean[0], samples.mean(axis=0), rtol=0.01)
    np.testing.assert_allclose(got_std[0], samples.std(axis=0), rtol=0.02)
    central = np.percentile(samples, [2.275, 15.865, 50, 84.135, 97.725], axis=0).T
    np.testing.assert_allclose(posterior.physical_quantiles()[0, :, 1:-1], central, rtol=0.02)


def test_a_shift_changes_units_and_nan_stays_where_it_is():
    posterior = Posterior.gaussian(np.array([[0.0, 1.0, 2.0]]), COVARIANCE[None])
    columns = posterior.columns()
    moved = posterior.shifted(np.log([[1.0, 0.2, np.nan]])).columns()
    assert moved["halfLightRadius_p97725"] == pytest.approx(0.2 * columns["halfLightRadius_p97725"])
    assert moved["halfLightRadius_std"] == pytest.approx(0.2 * columns["halfLightRadius_std"])
    assert moved["bulgeToTotal_p50"] == pytest.approx(0.5)
    assert np.isnan(moved["flux_mean"]).all() and np.isnan(moved["flux_p50"]).all()
    assert moved["cov_21"] == pytest.approx(0.2)
