import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from meas_blends.data.coadd import Coadd
from meas_blends.data.fits import read_coadd, write_coadd
from meas_blends.data.psf import CellPsf


def full_coadd():
    rng = np.random.default_rng(1)
    image = rng.normal(size=(20, 30))
    image[0, 0] = np.nan
    mask = rng.integers(0, 2**14, (20, 30))
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval, wcs.wcs.crpix, wcs.wcs.cdelt = [150.0, 2.0], [3.0, 4.0], [-5e-5, 5e-5]
    return Coadd(
        image,
        variance=rng.uniform(1.0, 2.0, (20, 30)),
        mask=mask,
        mask_planes={"BAD": 0, "NO_DATA": 8, "SENSOR_EDGE": 13},
        psf=rng.uniform(size=(5, 7)),
        wcs=wcs,
        zero_point=27.0,
        band="i",
        xy0=(17900, -12),
    )


@pytest.mark.parametrize("name", ["coadd.fits", "coadd.fits.gz"])
def test_everything_comes_back(tmp_path, name):
    coadd = full_coadd()
    write_coadd(coadd, tmp_path / "new" / name)
    back = read_coadd(tmp_path / "new" / name)
    for plane in ("image", "variance", "mask"):
        assert getattr(back, plane) == pytest.approx(getattr(coadd, plane), rel=1e-6, nan_ok=True)
        assert getattr(back, plane).dtype == getattr(coadd, plane).dtype
    assert back.psf.middle == pytest.approx(coadd.psf.middle, rel=1e-6)
    for value in ("mask_planes", "zero_point", "band", "xy0"):
        assert getattr(back, value) == getattr(coadd, value)
    assert back.pixel_scale == pytest.approx(coadd.pixel_scale)
    here, there = (c.sky([17905.0, 17920.0], [-3.0, 5.0]) for c in (coadd, back))
    assert np.allclose(here, there, rtol=0, atol=1e-9)
    assert [path.name for path in (tmp_path / "new").iterdir()] == [name]


def test_a_bare_image_comes_back_bare(tmp_path):
    write_coadd(Coadd(np.ones((3, 4))), tmp_path / "bare.fits")
    back = read_coadd(tmp_path / "bare.fits")
    assert back.variance is None
    assert back.psf is None
    assert back.wcs is None
    assert np.isnan(back.zero_point)
    assert np.isnan(back.pixel_scale)
    assert back.band == ""


def test_pixel_scale_without_a_wcs(tmp_path):
    write_coadd(Coadd(np.ones((3, 4)), pixel_scale=0.168), tmp_path / "f.fits")
    assert read_coadd(tmp_path / "f.fits").pixel_scale == 0.168


def test_other_readers_find_the_hdus(tmp_path):
    write_coadd(full_coadd(), tmp_path / "f.fits")
    with fits.open(tmp_path / "f.fits", memmap=False) as hdus:
        assert [hdu.name for hdu in hdus] == ["PRIMARY", "IMAGE", "VARIANCE", "MASK", "PSF"]
        hdus.verify("exception")


def test_real_blend_goes_out_and_comes_back(tmp_path, shared_data):
    data = np.load(shared_data / "real" / "hsc_cosmos_35.npz")
    coadd = Coadd(
        data["images"][2],
        variance=data["variance"][2],
        mask=data["mask"][2],
        psf=data["psfs"][2],
        band="i",
        pixel_scale=0.168,
        zero_point=27.0,
    )
    write_coadd(coadd, tmp_path / "cosmos.fits")
    back = read_coadd(tmp_path / "cosmos.fits")
    assert np.array_equal(back.image, coadd.image)
    assert np.array_equal(back.variance, coadd.variance)
    assert np.array_equal(back.mask, coadd.mask)
    assert back.psf.middle == pytest.approx(coadd.psf.middle, rel=1e-6)


@pytest.mark.parametrize("cell_shape", [(40, 25), (12.5, np.inf)])
def test_a_psf_a_cell_comes_back_with_its_grid(tmp_path, cell_shape):
    images = np.random.default_rng(3).uniform(size=(3, 2, 5, 7))
    images[1, 1] = np.nan
    psf = CellPsf(images, (-30, 17900), cell_shape)
    write_coadd(Coadd(np.ones((90, 40)), psf=psf, xy0=(-30, 17900)), tmp_path / "f.fits")
    back = read_coadd(tmp_path / "f.fits").psf
    assert (back.origin, back.cell_shape) == (psf.origin, psf.cell_shape)
    np.testing.assert_array_equal(back.present, psf.present)
    np.testing.assert_allclose(back.images, psf.images, rtol=1e-6)


def test_cells_of_one_psf_are_written_as_one(tmp_path):
    one = np.random.default_rng(3).uniform(size=(5, 5))
    psf = CellPsf(np.broadcast_to(one, (3, 2, 5, 5)), (0, 0), (30, 20))
    write_coadd(Coadd(np.ones((90, 40)), psf=psf), tmp_path / "f.fits")
    with fits.open(tmp_path / "f.fits") as hdus:
        assert hdus["PSF"].shape == (5, 5)
    assert read_coadd(tmp_path / "f.fits").psf.middle == pytest.approx(psf.middle, rel=1e-6)


def test_the_correlation_of_the_noise_comes_back(tmp_path):
    correlation = np.outer([0.25, 1, 0.25], [0.5, 1, 0.5])
    coadd = Coadd(np.ones((9, 9)), noise_correlation=correlation)
    write_coadd(coadd, tmp_path / "f.fits")
    np.testing.assert_allclose(read_coadd(tmp_path / "f.fits").noise_correlation, correlation)
