"""The population follows the relations that it cites."""

import numpy as np
import pytest

from meas_blends.errors import BadInputError
from meas_blends.simulation.population import Population, draw_galaxies, galaxies_at
from meas_blends.simulation.survey import Survey

LSST = Survey.named("lsst_i")


def _many(mag: float, population: Population | None = None, n: int = 20_000):
    rng = np.random.default_rng(6)
    return galaxies_at(np.zeros(n), np.zeros(n), np.full(n, mag), LSST, rng, population)


def test_counts():
    population = Population(density_scatter=0.0)
    galaxies = draw_galaxies(LSST, (2000, 2000), np.random.default_rng(5), population)
    area = (2100 * 0.2 / 60) ** 2
    for mag in (24.0, 26.0, 28.0):
        # Nothing brighter than 18 is drawn.
        expected = 46.0 * (10 ** (0.31 * (mag - 25.0)) - 10 ** (0.31 * (18.0 - 25.0)))
        n = (galaxies["mag"] < mag).sum()
        assert n / area == pytest.approx(expected, abs=4.0 * np.sqrt(n) / area)
    assert np.all(np.diff(galaxies["mag"]) >= 0)
    assert galaxies["mag"].max() <= 29.0
    assert galaxies["x"].min() < -40 and galaxies["x"].max() > 2040


def test_density_scatters_between_scenes():
    numbers = [len(draw_galaxies(LSST, (700, 700), np.random.default_rng(k))) for k in range(60)]
    assert np.std(np.log(numbers)) == pytest.approx(0.067, abs=0.025)


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


def test_known_positions_keep_their_order_and_flux():
    mag = np.array([26.63, 20.0, 31.4])
    galaxies = galaxies_at([1.0, 2.0, 3.0], [4.0, 5.0, 6.0], mag, LSST, np.random.default_rng(1))
    np.testing.assert_array_equal(galaxies["galaxyId"], [1, 2, 3])
    np.testing.assert_array_equal(galaxies["x"], [1.0, 2.0, 3.0])
    assert galaxies["flux"][2] == pytest.approx(1.0)
    assert galaxies["significance"][0] == pytest.approx(5.0, rel=0.01)
    assert np.isnan(galaxies["coord_ra"]).all()


def test_no_galaxies():
    assert (
        len(draw_galaxies(LSST, (50, 50), np.random.default_rng(1), Population(density=0.0))) == 0
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"radius": 0.0},
        {"size_scale": float("nan")},
        {"density": -1.0},
        {"clustered_fraction": 1.5},
        {"mag_bright": 25.0, "mag_faint": 24.0},
    ],
)
def test_refuses_wrong_values(wrong):
    with pytest.raises(BadInputError, match=next(iter(wrong))):
        Population(**wrong)
