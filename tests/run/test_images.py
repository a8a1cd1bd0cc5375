import numpy as np
import pytest
from astropy.io import fits

from meas_blends.detection.psf import psf_fwhm
from meas_blends.errors import BadInputError
from meas_blends.run.images import ImageOptions, check_layout, read_image, read_psf


@pytest.fixture
def bare(tmp_path):
    """An image that knows nothing about itself."""
    path = tmp_path / "bare.fits"
    rng = np.random.default_rng(5)
    fits.writeto(path, rng.normal(0, 1, (40, 40)).astype("f4"))
    return path


def test_what_the_user_gives_wins(bare):
    options = ImageOptions(psf_fwhm=1.0, pixel_scale=0.25, zero_point=26.0)
    coadd = read_image(bare, options)
    assert (coadd.pixel_scale, coadd.zero_point) == (0.25, 26.0)
    assert psf_fwhm(coadd.psf.middle) == pytest.approx(4.0, rel=0.02)
    for name in ("psf", "pixel_scale", "zero_point"):
        assert coadd.origins[name] == "given by the user"
    assert coadd.variance is not None


def test_a_width_in_arcsec_needs_a_scale(bare):
    with pytest.raises(BadInputError, match="give --pixel-scale too"):
        read_image(bare, ImageOptions(psf_fwhm=1.0))


def test_a_psf_image_is_used(bare, tmp_path):
    psf = np.outer([1, 2, 1], [1, 2, 1]).astype(float)
    fits.writeto(tmp_path / "psf.fits", psf)
    coadd = read_image(bare, ImageOptions(psf=read_psf(tmp_path / "psf.fits")))
    np.testing.assert_allclose(coadd.psf.middle, psf / 16)


def test_wrong_psf_files(tmp_path):
    fits.writeto(tmp_path / "even.fits", np.ones((4, 4)))
    fits.writeto(tmp_path / "line.fits", np.ones(4))
    (tmp_path / "text.fits").write_text("no")
    for name, message in (
        ("even", "not fallen to half"),
        ("line", "no 2-D image"),
        ("text", "not a FITS file"),
    ):
        with pytest.raises(BadInputError, match=message):
            read_psf(tmp_path / f"{name}.fits")
    with pytest.raises(BadInputError, match="no such file, and not a number"):
        read_psf(tmp_path / "nowhere.fits")


def test_what_the_user_gives_is_not_remarked(bare):
    assert set(read_image(bare, ImageOptions()).remarks) >= {"zero point", "WCS", "pixel scale"}
    given = ImageOptions(psf_fwhm=1.0, pixel_scale=0.25, zero_point=26.0)
    assert not {"zero point", "pixel scale", "PSF"} & set(read_image(bare, given).remarks)


def test_planes_of_other_files_go_to_the_reader(bare, tmp_path):
    fits.writeto(tmp_path / "w.fits", np.ones((40, 40)))
    coadd = read_image(bare, ImageOptions(weight=str(tmp_path / "w.fits")))
    assert coadd.origins["variance"] == f"given by the user: {tmp_path / 'w.fits'}, inverted"


def test_workers_elsewhere_get_whole_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fits.writeto("w.fits", np.ones((2, 2)))
    whole = ImageOptions(weight="w.fits[0]", mask="DQ", hdu="SCI").absolute()
    assert whole.weight == str(tmp_path / "w.fits[0]")
    assert (whole.mask, whole.hdu) == ("DQ", "SCI")


def test_noise_is_given_once():
    with pytest.raises(BadInputError, match="--variance and --weight: both give the noise"):
        ImageOptions(variance="a", weight="b")


def test_an_unknown_layout_is_told_before_any_image():
    check_layout("jwst")
    with pytest.raises(BadInputError, match=r"choose one of .*exposure"):
        check_layout("klingon")
