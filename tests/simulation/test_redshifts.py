"""Redshifts and types, against the relation that they are drawn from."""

import numpy as np
import pytest
from scipy.integrate import quad

from meas_blends.simulation.redshifts import draw_redshifts, draw_types, redshift_density


def _rng() -> np.random.Generator:
    return np.random.default_rng(5)


def _total(redshift: float, mag: float) -> float:
    return redshift_density(np.array([redshift]), np.array([mag])).sum()


@pytest.mark.parametrize("mag", [20.0, 24.0, 27.0])
def test_density_is_normalised(mag):
    assert quad(_total, 0.0, 60.0, (mag,), limit=200)[0] == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("mag", [20.0, 23.1, 26.0])
def test_draws_follow_the_density(mag):
    redshift = draw_redshifts(np.full(20_000, mag), _rng())
    within = quad(_total, 0.01, 6.0, (mag,), limit=200)[0]
    for edge in (0.4, 0.8, 1.5):
        expected = quad(_total, 0.01, edge, (mag,), limit=200)[0] / within
        assert (redshift < edge).mean() == pytest.approx(expected, abs=0.012)


def test_fainter_galaxies_are_further_and_later():
    """Shares of early types at magnitude 20 and 25: 0.35 and 0.037 (Benitez 2000)."""
    for mag, early in ((20.0, 0.35), (25.0, 0.35 * np.exp(-0.45 * 5.0))):
        mags = np.full(20_000, mag)
        rng = _rng()
        types = draw_types(mags, draw_redshifts(mags, rng), rng)
        assert (types == 0).mean() == pytest.approx(early, abs=0.015)
    bright, faint = (np.median(draw_redshifts(np.full(5000, m), _rng())) for m in (21.0, 25.0))
    assert 0.4 < bright < 0.6 < 0.9 < faint < 1.2


def test_groups_share_a_redshift():
    group = np.repeat([0, 1, -1], 400)
    redshift = draw_redshifts(np.full(1200, 24.0), _rng(), group)
    assert np.ptp(redshift[:400]) == 0.0
    assert np.ptp(redshift[400:800]) == 0.0
    assert redshift[0] != redshift[400]
    assert redshift[800:].std() > 0.3


def test_groups_leave_the_distribution_as_it_is():
    """Bright and faint members share most redshifts, and keep each their own distribution."""
    mags = np.tile([22.0, 24.0, 25.0, 26.0], 15_000)
    group = np.arange(len(mags)) // 4
    alone = draw_redshifts(mags, _rng()).reshape(-1, 4)
    grouped = draw_redshifts(mags, np.random.default_rng(6), group).reshape(-1, 4)
    for share in (10, 50, 90):
        np.testing.assert_allclose(
            np.percentile(grouped, share, axis=0), np.percentile(alone, share, axis=0), rtol=0.03
        )
    assert (grouped[:, 1] == grouped[:, 2]).mean() > 0.75
    assert (grouped[:, 0] == grouped[:, 3]).mean() > 0.4
    assert (alone[:, 1] == alone[:, 2]).mean() == 0.0


def test_none():
    assert len(draw_redshifts(np.zeros(0), _rng(), np.zeros(0, int))) == 0
    assert len(draw_types(np.zeros(0), np.zeros(0), _rng())) == 0
