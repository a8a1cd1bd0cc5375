"""Shapes follow the relations that they are drawn from."""

import numpy as np
import pytest

from meas_blends.simulation.relations import Population
from meas_blends.simulation.shapes import draw_shapes


def _many(mag: float, population: Population | None = None, n: int = 20_000):
    return draw_shapes(np.full(n, mag), population or Population(), np.random.default_rng(6))


@pytest.mark.parametrize("scale", [1.0, 1.25])
def test_sizes(scale):
    for mag, median in ((25.0, 0.26), (22.0, 0.26 * 10**0.255)):
        radius = _many(mag, Population(size_scale=scale))["diskHalfLightRadius"]
        assert np.median(radius) == pytest.approx(scale * median, rel=0.02)
        assert np.log(radius).std() == pytest.approx(0.38, rel=0.03)


def test_ellipticities():
    galaxies = _many(25.0)
    for kind, rms in (("disk", 0.256), ("bulge", 0.224)):
        ellipticity = galaxies[f"{kind}Ellipticity"]
        assert ellipticity.min() >= 0 and ellipticity.max() <= 0.8
        assert np.sqrt(np.mean(ellipticity**2) / 2) == pytest.approx(rms, abs=0.005)


def test_bulges():
    galaxies = _many(25.0)
    bulge = galaxies["bulgeToTotal"]
    assert (bulge == 1).mean() == pytest.approx(0.1, abs=0.01)
    assert bulge[bulge < 1].max() <= 0.5
    assert bulge[bulge < 1].mean() == pytest.approx(0.08, abs=0.005)
    ratio = galaxies["bulgeHalfLightRadius"] / galaxies["diskHalfLightRadius"]
    np.testing.assert_allclose(ratio[bulge < 1], 1 / 1.6783, rtol=1e-4)
    np.testing.assert_allclose(ratio[bulge == 1], 1.0)


def test_known_radii_are_kept():
    radius = np.linspace(0.1, 1.0, 50)
    shapes = draw_shapes(np.full(50, 24.0), Population(), np.random.default_rng(6), radius)
    drawn = draw_shapes(np.full(50, 24.0), Population(), np.random.default_rng(6))
    np.testing.assert_array_equal(shapes["diskHalfLightRadius"], radius)
    np.testing.assert_array_equal(shapes["bulgeToTotal"], drawn["bulgeToTotal"])
