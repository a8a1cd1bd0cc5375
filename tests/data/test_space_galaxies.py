"""Catalogues of real galaxies from space."""

import galsim
import numpy as np
import pytest
from astropy.io import fits

from meas_blends.data.space_galaxies import half_of, read_space_galaxies
from meas_blends.errors import BadInputError
from sky_toys import space_galaxy, write_catalogue, write_galsim_catalogue


@pytest.fixture
def galaxies():
    profile = galsim.Exponential(half_light_radius=0.2)
    return [space_galaxy(profile, name, 48 + 2 * k) for k, name in enumerate("03478")]


def test_halves_are_of_names_and_share_out_all():
    names = [str(number) for number in range(1000)]
    held = [name for name in names if half_of(name) == "held"]
    assert 450 < len(held) < 550
    assert {half_of(name) for name in names} == {"choose", "held"}
    # These stay what they are: results that were reported rest on them.
    assert [half_of(name) for name in ("4", "42", "48")] == ["choose"] * 3
    assert [half_of(name) for name in ("8", "24", "38")] == ["held"] * 3


def test_both_kinds_of_catalogues_give_the_same_galaxies(tmp_path, galaxies):
    write_catalogue(tmp_path / "own.fits", galaxies)
    for path in (tmp_path / "own.fits", write_galsim_catalogue(tmp_path, galaxies)):
        read = read_space_galaxies(path)
        assert [galaxy.name for galaxy in read] == list("03478")
        for one, other in zip(read, galaxies, strict=True):
            np.testing.assert_allclose(one.image, other.image)
            np.testing.assert_allclose(one.psf, other.psf)
            assert (one.pixel_scale, one.mag) == (other.pixel_scale, other.mag)
            assert one.noise_variance == pytest.approx(other.noise_variance)


def test_halves_and_unwanted_galaxies(tmp_path, galaxies):
    path = tmp_path / "own.fits"
    write_catalogue(path, galaxies)
    parts = {half: read_space_galaxies(path, half) for half in ("choose", "held")}
    for half, part in parts.items():
        assert all(half_of(galaxy.name) == half for galaxy in part)
    assert len(parts["choose"]) + len(parts["held"]) == 5
    assert [g.name for g in read_space_galaxies(path, "all", ["3", "8"])] == list("047")


def test_significance_of_light_in_noise(galaxies):
    silent = space_galaxy(galsim.Exponential(half_light_radius=0.2), size=64, noise=1e-9)
    expected = np.sqrt(np.sum(silent.image**2)) / 5e-5
    noisy = space_galaxy(galsim.Exponential(half_light_radius=0.2), size=64)
    assert noisy.significance == pytest.approx(expected, rel=0.02)


def test_noise_of_a_galsim_catalogue_without_it_comes_from_the_border(tmp_path, galaxies):
    path = write_galsim_catalogue(tmp_path, galaxies)
    with fits.open(path, mode="update") as hdus:
        hdus[1].data["NOISE_VARIANCE"][:] = 0
    assert read_space_galaxies(path)[0].noise_variance == pytest.approx(2.5e-9, rel=0.5)


def test_what_is_no_catalogue(tmp_path, galaxies):
    with pytest.raises(BadInputError, match="none; give one of choose, held, all"):
        read_space_galaxies(tmp_path / "any.fits", "third")
    with pytest.raises(BadInputError, match=r"missing\.fits: no catalogue"):
        read_space_galaxies(tmp_path / "missing.fits")
    fits.PrimaryHDU(np.zeros((3, 3))).writeto(tmp_path / "image.fits")
    with pytest.raises(BadInputError, match="it lacks IDENT"):
        read_space_galaxies(tmp_path / "image.fits")
    write_catalogue(tmp_path / "torn.fits", galaxies)
    with fits.open(tmp_path / "torn.fits") as hdus:
        del hdus["PSF_4"]
        hdus.writeto(tmp_path / "torn.fits", overwrite=True)
    with pytest.raises(BadInputError, match="galaxy 4 of its table has no image or no PSF"):
        read_space_galaxies(tmp_path / "torn.fits")
