"""Sets of galaxies as files."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from meas_blends.data.galaxy_sets import GalaxySet
from meas_blends.data.galaxy_tables import GALAXY_TRUTH
from meas_blends.detection.psf import gaussian_psf
from meas_blends.errors import BadInputError


def own_galaxies(n=3, **columns):
    """What a user's table holds at the least."""
    table = Table({"bulgeToTotal": np.full(n, 0.5), "halfLightRadius": np.full(n, 0.7)})
    table["flux"] = np.full(n, 3631.0)
    for name, values in columns.items():
        table[name] = values
    return table


def make_set(n=3, m=1, size=8, **columns):
    images = np.arange(n * size * size, dtype=np.float32).reshape(n, size, size)
    psf = np.stack([gaussian_psf(1.0 + 0.1 * i)[1:-1, 1:-1] for i in range(1)] * m)
    return GalaxySet(images, psf, own_galaxies(n, **columns), 0.2, 27.0, "i", "toy")


def test_it_comes_back_as_it_was(tmp_path):
    rng = np.random.default_rng(1)
    truth = {c.name: rng.uniform(0.1, 0.9, 3) for c in GALAXY_TRUTH.all_columns}
    truth |= {"galaxyId": [7, 8, 9], "psfRow": [1, 0, 1]}
    galaxies = GALAXY_TRUTH.make(truth)
    psf = np.stack([gaussian_psf(1.0), gaussian_psf(1.0)])
    written = GalaxySet(rng.normal(size=(3, 9, 9)), psf, galaxies, 0.168, 27.5, "g", "hsc_g")
    written.write(tmp_path / "galaxies.fits")
    read = GalaxySet.read(tmp_path / "galaxies.fits")
    np.testing.assert_array_equal(read.images, written.images)
    np.testing.assert_array_equal(read.psf, written.psf)
    assert (read.pixel_scale, read.zero_point, read.band, read.survey) == (
        0.168,
        27.5,
        "g",
        "hsc_g",
    )
    for name in galaxies.colnames:
        np.testing.assert_array_equal(read.galaxies[name], galaxies[name])
        assert read.galaxies[name].unit == galaxies[name].unit
        assert read.galaxies[name].description == galaxies[name].description
    assert list(read.psf_row) == [1, 0, 1]


def test_other_tools_read_it(tmp_path):
    make_set().write(tmp_path / "galaxies.fits")
    with fits.open(tmp_path / "galaxies.fits") as hdus:
        assert hdus["IMAGE"].data.shape == (3, 8, 8)
        assert hdus["IMAGE"].header["MAGZERO"] == 27.0
    table = Table.read(tmp_path / "galaxies.fits", hdu="GALAXIES")
    assert list(table["flux"]) == [3631.0] * 3


def test_fluxes_and_targets():
    galaxies = make_set()
    # 31.4 is the magnitude of one nanojansky.
    assert galaxies.nanojansky_per_count == pytest.approx(10 ** (0.4 * 4.4))
    np.testing.assert_allclose(galaxies.truth(), [[0.5, 0.7, 3631.0]] * 3)


def test_which_psf_is_whose():
    assert list(make_set(m=1).psf_row) == [0, 0, 0]
    assert list(make_set(m=3).psf_row) == [0, 1, 2]
    assert list(make_set(m=2, psfRow=[0, 1, 1]).psf_row) == [0, 1, 1]
    np.testing.assert_allclose(make_set(m=2, psfRow=[0, 1, 1]).psf.sum(axis=(1, 2)), 1, rtol=1e-6)


def with_values(**changes):
    parts = {"images": np.zeros((2, 8, 8)), "psf": gaussian_psf(1.0), "galaxies": own_galaxies(2)}
    return parts | {"pixel_scale": 0.2, "zero_point": 27.0} | changes


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": np.zeros((8, 8))}, r"images have shape \(8, 8\)"),
        ({"images": np.zeros((2, 8, 9))}, "cube of square cutouts"),
        ({"images": np.zeros((3, 8, 8))}, "2 galaxies in the table and 3 images"),
        ({"psf": np.ones((4, 4))}, "odd side"),
        ({"psf": np.zeros((5, 5))}, "no positive sum"),
        ({"psf": np.full((1, 5, 5), np.nan)}, "not finite"),
        ({"psf": np.ones((3, 5, 5))}, "3 PSF images for 2 galaxies|rows that are there"),
        ({"pixel_scale": 0.0}, "pixel scale is 0"),
        ({"zero_point": float("nan")}, "zero point is nan"),
        ({"galaxies": own_galaxies(2, flux=[1.0, -1.0])}, "row 1 of the galaxies"),
        ({"galaxies": own_galaxies(2, bulgeToTotal=[1.5, 0.5])}, "row 0 of the galaxies"),
        ({"galaxies": own_galaxies(2)["flux", "halfLightRadius"]}, "lacks bulgeToTotal"),
        ({"galaxies": own_galaxies(2, psfRow=[0, 1])}, "rows that are there"),
        ({"galaxies": own_galaxies(2, skySigma=[0.0, 1.0])}, "skySigma must be positive"),
    ],
)
def test_parts_that_do_not_fit(changes, message):
    with pytest.raises(BadInputError, match=message):
        GalaxySet(**with_values(**changes))


@pytest.mark.parametrize("missing", ["IMAGE", "PSF", "GALAXIES"])
def test_a_file_without_a_part(tmp_path, missing):
    path = tmp_path / "galaxies.fits"
    make_set().write(path)
    with fits.open(path) as hdus:
        del hdus[missing]
        hdus.writeto(tmp_path / "less.fits")
    with pytest.raises(BadInputError, match=rf"less.fits: .*{missing} is missing"):
        GalaxySet.read(tmp_path / "less.fits")


def test_a_file_without_its_calibration(tmp_path):
    path = tmp_path / "galaxies.fits"
    make_set().write(path)
    with fits.open(path, mode="update") as hdus:
        del hdus["IMAGE"].header["MAGZERO"]
    with pytest.raises(BadInputError, match="MAGZERO is missing"):
        GalaxySet.read(path)


def test_a_file_of_another_kind(tmp_path):
    (tmp_path / "wrong.fits").write_text("no FITS")
    with pytest.raises(BadInputError, match=r"wrong\.fits"):
        GalaxySet.read(tmp_path / "wrong.fits")
