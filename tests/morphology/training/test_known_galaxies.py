"""A user's galaxies as something to learn from."""

import numpy as np
import pytest
from astropy.table import Table

from meas_blends.data.galaxy_sets import GalaxySet
from meas_blends.detection.psf import gaussian_psf
from meas_blends.errors import BadInputError
from meas_blends.morphology.training.known_galaxies import KnownGalaxies


def make_set(n=20, size=33, first=1.0, **columns):
    """Galaxies whose number is their flux [nJy], and that their centre tells in counts."""
    number = first + np.arange(n)
    rng = np.random.default_rng(1)
    images = rng.normal(0, 2.0, (n, size, size)).astype(np.float32)
    images[:, size // 2, size // 2] = 1000 * number
    table = Table({"bulgeToTotal": np.full(n, 0.5), "halfLightRadius": np.full(n, 0.8)})
    table["flux"] = number
    for name, values in columns.items():
        table[name] = values
    return GalaxySet(images, gaussian_psf(1.7), table, 0.2, 31.4)


def numbers(known):
    """Which galaxies these are, by the centres of their stamps."""
    return np.concatenate(
        [
            p.images[:, p.images.shape[1] // 2, p.images.shape[2] // 2] * p.sigma
            for p in known.stamps
        ]
    )


def test_truth_is_in_pixels_and_sky_noise():
    known = KnownGalaxies.of_sets([make_set(skySigma=np.full(20, 4.0))], 32)
    np.testing.assert_allclose(known.truth[:, 0], 0.5)
    np.testing.assert_allclose(known.truth[:, 1], 4.0)
    # A count is a nanojansky at this zero point.
    np.testing.assert_allclose(known.truth[:, 2], np.arange(1, 21) / 4.0)
    np.testing.assert_allclose(numbers(known), 1000 * np.arange(1, 21), rtol=1e-5)


def test_noise_is_measured_where_it_is_not_known():
    known = KnownGalaxies.of_sets([make_set()], 32)
    np.testing.assert_allclose(known.truth[:, 2] * 2.0, np.arange(1, 21), rtol=0.15)


def test_sets_are_joined_and_split_whole():
    known = KnownGalaxies.of_sets([make_set(), make_set(30, 41, first=101.0)], 32)
    assert len(known) == 50
    learn, apart = known.split(0.3, np.random.default_rng(1))
    assert (len(learn), len(apart)) == (35, 15)
    assert set(np.rint(numbers(learn) / 1000)) | set(np.rint(numbers(apart) / 1000)) == {
        *range(1, 21), *range(101, 131)
    }  # fmt: skip
    for part in (learn, apart):
        sigma = np.concatenate([stamps.sigma for stamps in part.stamps])
        np.testing.assert_allclose(part.truth[:, 2] * sigma, numbers(part) / 1000, rtol=1e-5)


def test_each_pass_sees_each_galaxy_once():
    known = KnownGalaxies.of_sets([make_set(24)], 32)
    seen = np.concatenate([numbers(known.batch([1], step, 8)) for step in range(6)])
    for part in (seen[:24], seen[24:]):
        np.testing.assert_allclose(np.sort(part), 1000 * np.arange(1, 25), rtol=1e-5)
    assert not np.allclose(seen[:24], seen[24:])
    again = known.batch([1], 4, 8)
    np.testing.assert_array_equal(again.stamps[0].images, known.batch([1], 4, 8).stamps[0].images)


@pytest.mark.parametrize("size", [32, 33])
def test_turning_leaves_the_centre_and_all_light(size):
    known = KnownGalaxies.of_sets([make_set(16, 41)], size)
    before = known.stamps[0].images[:, -31:, -31:] if size == 32 else known.stamps[0].images
    kinds = set()
    for seed in range(40):
        turned = known.turned(np.random.default_rng(seed)).stamps[0]
        np.testing.assert_allclose(numbers(known), 1000 * np.arange(1, 17), rtol=1e-5)
        half = size // 2
        assert (turned.images[:, half, half] == known.stamps[0].images[:, half, half]).all()
        inner = turned.images[:, -31:, -31:] if size == 32 else turned.images
        np.testing.assert_allclose(inner.sum(axis=(1, 2)), before.sum(axis=(1, 2)), rtol=1e-3)
        kinds.add(inner[0].tobytes())
    assert len(kinds) == 8


def test_too_few_galaxies():
    with pytest.raises(BadInputError, match="15 galaxies with a usable centre; give at least 16"):
        KnownGalaxies.of_sets([make_set(15)], 32)


def test_galaxies_without_a_centre_are_left_out():
    galaxies = make_set(20)
    galaxies.images[3, 16, 16] = np.nan
    assert len(KnownGalaxies.of_sets([galaxies], 32)) == 19
