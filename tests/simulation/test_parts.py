"""Galaxies split into Sersic profiles."""

import numpy as np
import pytest

from meas_blends.simulation.parts import galaxy_parts
from meas_blends.simulation.population import galaxies_at
from meas_blends.simulation.survey import Survey

LSST = Survey.named("lsst_i")


@pytest.fixture
def galaxies():
    rows = galaxies_at(
        [10.0, 20.0, 30.0], [5.0, 6.0, 7.0], [24.0] * 3, LSST, np.random.default_rng(2)
    )
    rows["bulgeToTotal"] = np.array([0.0, 0.25, 1.0], np.float32)
    for name in ("shear1", "shear2", "convergence"):
        rows[name] = np.float32(0.0)
    return rows


def test_light_is_shared(galaxies):
    parts = galaxy_parts(galaxies, LSST, xy0=(2, 1))
    total = float(LSST.photons(24.0))
    np.testing.assert_allclose(parts["flux"], np.array([0.25, 1.0, 1.0, 0.75]) * total, rtol=1e-6)
    np.testing.assert_array_equal(parts["index"], [4.0, 4.0, 1.0, 1.0])
    np.testing.assert_array_equal(parts["x"], [18.0, 28.0, 8.0, 18.0])
    np.testing.assert_array_equal(parts["y"], [5.0, 6.0, 4.0, 5.0])


def test_extent_is_that_of_the_ellipse(galaxies):
    parts = galaxy_parts(galaxies, LSST)
    ellipticity = np.asarray(galaxies["diskEllipticity"], float)[:2]
    np.testing.assert_allclose(
        parts["radius"][2:] * 0.2, galaxies["diskHalfLightRadius"][:2], rtol=1e-5
    )
    np.testing.assert_allclose(parts["ratio"][2:], (1 - ellipticity) / (1 + ellipticity), rtol=1e-4)


def test_convergence_enlarges(galaxies):
    before = galaxy_parts(galaxies, LSST)["radius"]
    galaxies["convergence"] = np.float32(0.1)
    np.testing.assert_allclose(galaxy_parts(galaxies, LSST)["radius"], before / 0.9, rtol=1e-5)


def test_points_have_no_extent(galaxies):
    for kind in ("bulge", "disk"):
        galaxies[f"{kind}HalfLightRadius"] = np.float32(0.0)
    parts = galaxy_parts(galaxies, LSST)
    np.testing.assert_array_equal(parts["radius"], 0.0)
    np.testing.assert_array_equal(parts["ratio"], 1.0)
