import numpy as np
import pytest
from astropy.io import fits

from meas_blends.errors import BadInputError
from meas_blends.run.images import ImageOptions, read_image, read_psf
from psf_toys import assert_is_true, effective, star_field, subpixels

SCALE = 0.2


@pytest.fixture
def write_image(tmp_path):
    """Writer of an image of stars, with a PSF beside it if one is given."""

    def write(psf=None, number=40, **cards):
        image = fits.ImageHDU(star_field(number=number).astype("f4"), name="SCI")
        image.header["PIXSCALE"] = SCALE
        hdus = [fits.PrimaryHDU(), image]
        if psf is not None:
            hdus.append(fits.ImageHDU(psf, name="PSF"))
            hdus[-1].header.update(cards)
        fits.HDUList(hdus).writeto(tmp_path / "image.fits", overwrite=True)
        return tmp_path / "image.fits"

    return write


@pytest.fixture
def given(tmp_path):
    """Options with a PSF in a file of its own."""

    def write(psf, **cards):
        hdu = fits.PrimaryHDU(psf)
        hdu.header.update(cards)
        hdu.writeto(tmp_path / "psf.fits", overwrite=True)
        return ImageOptions(psf=read_psf(tmp_path / "psf.fits"))

    return write


def test_what_is_right_needs_no_word(write_image, given):
    coadd = read_image(write_image(), given(effective()))
    assert_is_true(coadd.psf.middle)
    assert coadd.remarks.get("PSF") is None
    assert coadd.origins["psf"] == "given by the user"
    coadd = read_image(write_image(effective()), ImageOptions())
    assert coadd.remarks.get("PSF") is None


@pytest.mark.parametrize("over", [2, 3, 5])
@pytest.mark.parametrize("beside", [True, False])
def test_the_stars_tell_of_oversampling(write_image, given, over, beside):
    psf = subpixels(size=41 * over + 1 - over % 2, over=over)
    if beside:
        coadd = read_image(write_image(psf), ImageOptions())
    else:
        coadd = read_image(write_image(), given(psf))
    assert_is_true(coadd.psf.middle)
    assert f"oversampled {over} times" in coadd.remarks["PSF"]


@pytest.mark.parametrize("with_pixel", [True, False])
def test_the_stars_tell_whether_the_pixel_is_in_it(write_image, given, with_pixel):
    psf = effective(size=161, step=0.25) if with_pixel else subpixels(size=164)
    coadd = read_image(write_image(), given(psf, PIXELSCL=SCALE / 4))
    assert_is_true(coadd.psf.middle)


@pytest.mark.parametrize("fwhm", [1.9, 5.8])
def test_another_images_psf(write_image, given, fwhm):
    psf = effective(fwhm)
    coadd = read_image(write_image(psf), ImageOptions())
    # The stars' own.
    assert_is_true(coadd.psf.middle, width=0.02, flux=0.02)
    assert "is not used: the PSF is taken from these" in coadd.remarks["PSF"]
    assert "estimated from" in coadd.origins["psf"]
    with pytest.raises(BadInputError, match=r"as wide as the .* stars of the image; give its own"):
        read_image(write_image(), given(psf))
    # Who says how it is sampled is sure of it.
    coadd = read_image(write_image(), given(psf, OVERSAMP=1))
    assert_is_true(coadd.psf.middle, fwhm)
    assert "is kept" in coadd.remarks["PSF"]
    # Too few stars to contradict it.
    coadd = read_image(write_image(number=6), given(psf))
    assert_is_true(coadd.psf.middle, fwhm)
    assert coadd.remarks.get("PSF") is None


@pytest.mark.parametrize("fwhm", [2.7, 5.0])
def test_a_psf_somewhat_off_is_told_and_kept(write_image, given, fwhm):
    for coadd in (
        read_image(write_image(effective(fwhm)), ImageOptions()),
        read_image(write_image(), given(effective(fwhm))),
        read_image(write_image(), ImageOptions(psf_fwhm=fwhm * SCALE)),
    ):
        assert "is kept" in coadd.remarks["PSF"]
    assert_is_true(read_image(write_image(), given(effective(fwhm))).psf.middle, fwhm)


def test_a_given_psf_silences_what_was_said_of_the_files(write_image, given):
    path = write_image(np.zeros((7, 7)))
    assert "zero everywhere" in read_image(path, ImageOptions()).remarks["PSF"]
    assert read_image(path, given(effective())).remarks.get("PSF") is None
    assert read_image(path, ImageOptions(psf_fwhm=3.6 * SCALE)).remarks.get("PSF") is None


def test_the_users_scale_counts(write_image, given):
    path = write_image()
    options = given(subpixels(size=164), PIXELSCL=0.1)
    coadd = read_image(path, ImageOptions(psf=options.psf, pixel_scale=0.4))
    assert_is_true(coadd.psf.middle)


def test_an_identity_is_of_the_pixels_and_the_cards(given):
    one = given(effective()).identity()
    assert one == given(effective()).identity()
    assert one != given(effective(3.7)).identity()
    assert one != given(effective(), OVERSAMP=2).identity()
    assert one != ImageOptions().identity()
