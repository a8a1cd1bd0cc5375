"""What is learned of models that do not fit: widths where they are needed, none where not."""

import numpy as np
import pytest

from meas_blends.morphology.posterior import Posterior
from meas_blends.morphology.refinement.misfit import MisfitMap
from meas_blends.morphology.refinement.residuals import N_FEATURES, Residuals

SIGMA = np.array([0.5, 0.05, 0.02])


def left_by(features, significance=10.0):
    """Residuals of these features."""
    left = Residuals.unknown(len(features))
    left.features[:] = features
    left.significance[:] = significance
    return left


def draw(seed, n):
    """Galaxies whose first feature says that their flux is off by 0.1, and scatters by as much."""
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((n, N_FEATURES))
    structured = rng.uniform(size=n) < 0.5
    features[:, 0] = np.where(structured, 3.0, -1.0) + 0.1 * rng.standard_normal(n)
    posterior = Posterior.gaussian(np.zeros((n, 3)), np.tile(np.diag(SIGMA**2), (n, 1, 1)))
    truth = SIGMA * rng.standard_normal((n, 3))
    truth[:, 2] += structured * (0.1 + 0.1 * rng.standard_normal(n))
    return posterior, truth, features, structured


@pytest.fixture(scope="module")
def learned():
    posterior, truth, features, _ = draw(1, 6000)
    return MisfitMap.learn(posterior, truth, left_by(features), [1], bins=3)


def test_only_what_does_not_fit_is_widened(learned):
    posterior, truth, features, structured = draw(2, 4000)
    found = learned.apply(posterior, left_by(features))
    width = 0.5 * (found.quantiles[:, 2, 4] - found.quantiles[:, 2, 2])
    assert np.median(width[~structured]) == pytest.approx(SIGMA[2], rel=0.15)
    assert np.median(width[structured]) == pytest.approx(np.hypot(0.1, SIGMA[2]), rel=0.15)
    middle = found.quantiles[:, 2, 3]
    assert np.median(middle[structured]) == pytest.approx(0.1, abs=0.02)
    assert np.abs(np.median(middle[~structured])) < 0.3 * SIGMA[2]
    # Radii are not off at all.
    radius = 0.5 * (found.quantiles[:, 1, 4] - found.quantiles[:, 1, 2])
    assert np.median(radius) == pytest.approx(SIGMA[1], rel=0.15)
    for rows in (structured, ~structured):
        inside = (found.quantiles[rows, 2, 2] <= truth[rows, 2]) & (
            truth[rows, 2] <= found.quantiles[rows, 2, 4]
        )
        assert inside.mean() == pytest.approx(0.68, abs=0.05)


def test_posteriors_stay_posteriors(learned):
    posterior, _, features, _ = draw(3, 500)
    covariance = posterior.covariance.copy()
    covariance[:, 1, 2] = covariance[:, 2, 1] = 0.7 * SIGMA[1] * SIGMA[2]
    found = learned.apply(Posterior.gaussian(posterior.mean, covariance), left_by(features))
    assert (np.diff(found.quantiles, axis=2) >= 0).all()
    sigma = found.sigma
    np.testing.assert_allclose(found.covariance[:, 1, 2] / (sigma[:, 1] * sigma[:, 2]), 0.7)
    assert np.abs(found.quantiles[:, 0]).max() < 4.6


def test_a_known_share_stays_known(learned):
    """A B/T that is exactly 0 is not widened below it, nor shifted away."""
    posterior, _, features, _ = draw(4, 5)
    posterior.quantiles[:, 0, :4] = np.log(0.01 / 0.99)
    found = learned.apply(posterior, left_by(features))
    # To the last digit: a truth that lies there is to lie within.
    np.testing.assert_array_equal(found.quantiles[:, 0, :4], np.log(0.01 / 0.99))


def test_arrays_make_the_same_map(learned):
    posterior, _, features, _ = draw(5, 50)
    again = MisfitMap.from_arrays(learned.to_arrays("misfit"), "misfit")
    np.testing.assert_array_equal(
        again.apply(posterior, left_by(features)).quantiles,
        learned.apply(posterior, left_by(features)).quantiles,
    )


@pytest.mark.parametrize("change", ["mean", "0.1.weight", "tails.1.quantiles"])
def test_arrays_that_make_no_map(learned, change):
    arrays = learned.to_arrays("misfit")
    lacking = {name: array for name, array in arrays.items() if name != f"misfit.{change}"}
    with pytest.raises(KeyError):
        MisfitMap.from_arrays(lacking, "misfit")
    arrays[f"misfit.{change}"] = np.zeros((2, 2))
    with pytest.raises(TypeError):
        MisfitMap.from_arrays(arrays, "misfit")


def test_one_seed_one_map(learned):
    posterior, truth, features, _ = draw(1, 6000)
    again = MisfitMap.learn(posterior, truth, left_by(features), [1], bins=3)
    arrays, expected = again.to_arrays("m"), learned.to_arrays("m")
    assert arrays.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(arrays[name], array)


def test_what_networks_differ_on_is_wide(learned):
    """Far from all that was learned from."""
    _, _, features, structured = draw(6, 400)
    width = np.tile(SIGMA, (400, 1))
    _, near = learned.errors(features, width)
    _, far = learned.errors(features + 4.0 * np.sign(features), width)
    assert np.median(far[structured, 2]) > np.median(near[~structured, 2])


def test_a_share_of_what_fits_is_left_alone(learned):
    posterior, _, features, _ = draw(7, 50)
    found = learned.apply(posterior, left_by(features, significance=1.0))
    np.testing.assert_array_equal(found.quantiles[:, 0], posterior.quantiles[:, 0])
    np.testing.assert_allclose(found.covariance[:, 0, 0], posterior.covariance[:, 0, 0])
    assert not np.array_equal(found.quantiles[:, 2], posterior.quantiles[:, 2])


def test_no_fit(learned):
    none = Posterior.gaussian(np.zeros((0, 3)), np.zeros((0, 3, 3)))
    assert learned.apply(none, left_by(np.zeros((0, N_FEATURES)))).quantiles.shape == (0, 3, 7)
