import math

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS

from meas_blends.data.coadd import Coadd
from meas_blends.data.fits import read_coadd, write_coadd
from meas_blends.data.fits.psf_reader import ImageFrame, place_psf, read_psf
from meas_blends.data.psf import CellPsf
from meas_blends.errors import BadInputError
from psf_toys import assert_is_true, effective, star_field, subpixels

SCALE = 0.2
FRAME = ImageFrame((300, 300), pixel_scale=SCALE)


def write(path, *hdus):
    fits.HDUList(list(hdus)).writeto(path, overwrite=True)
    return path


def image_hdu(image, name="", kind=fits.ImageHDU, **cards):
    hdu = kind(image)
    hdu.name = name
    hdu.header.update(cards)
    return hdu


def stpsf(over, detector=True, distorted=False, side=0):
    """HDUs as STPSF writes them, of 41 pixels of the detector."""
    size = 41 * over + side
    fine = subpixels(size=size, over=over)
    kinds = [("OVERSAMP", "DET_SAMP")] + [("OVERDIST", "DET_DIST")] * distorted
    hdus = []
    for fine_name, coarse_name in kinds:
        # The distorted ones are the truth, where there are such.
        wrong = distorted and fine_name == "OVERSAMP"
        image = subpixels(4.5, size, over) if wrong else fine
        kind = fits.ImageHDU if hdus else fits.PrimaryHDU
        hdus.append(image_hdu(image, fine_name, kind, OVERSAMP=over, PIXELSCL=SCALE / over))
        if detector:
            sums = image.reshape(41, over, 41, over).sum(axis=(1, 3))
            hdus.append(image_hdu(sums, coarse_name, OVERSAMP=1, PIXELSCL=SCALE))
    return hdus


@pytest.mark.parametrize("over", [2, 3, 4, 5])
@pytest.mark.parametrize("detector", [True, False])
@pytest.mark.parametrize("distorted", [True, False])
def test_stpsf(tmp_path, over, detector, distorted):
    psf = read_psf(write(tmp_path / "a.fits", *stpsf(over, detector, distorted)))
    for scale in (SCALE, SCALE * 1.004, math.nan):
        cells, notes = place_psf(psf, ImageFrame((300, 300), pixel_scale=scale))
        assert_is_true(cells.middle)
        assert any("resampled" in note for note in notes) == (not detector)


def test_stpsf_on_an_image_with_finer_pixels(tmp_path):
    psf = read_psf(write(tmp_path / "a.fits", *stpsf(4)))
    cells, _ = place_psf(psf, ImageFrame((300, 300), pixel_scale=SCALE / 2))
    # The detector's pixel smears it still, which is two of the image's.
    truth = effective(size=81, step=0.5)
    assert cells.middle.shape == (83, 83)
    assert cells.middle[1:-1, 1:-1] == pytest.approx(truth, abs=0.01 * truth.max())


@pytest.mark.parametrize("card", ["OVERSAMP", "OVERSAMPLE", "PIXELSCL", "PIXSCALE"])
@pytest.mark.parametrize("over", [2, 3, 5])
@pytest.mark.parametrize("side", [0, 1])
def test_cards_say_that_it_is_oversampled(tmp_path, card, over, side):
    hdu = fits.PrimaryHDU(subpixels(size=41 * over + side, over=over))
    hdu.header[card if len(card) < 9 else f"HIERARCH {card}"] = (
        over if "OVER" in card else SCALE / over
    )
    cells, _ = place_psf(read_psf(write(tmp_path / "a.fits", hdu)), FRAME)
    assert_is_true(cells.middle)


def test_an_effective_psf_is_not_summed_up_again(tmp_path):
    hdu = image_hdu(effective(size=161, step=0.25), "EPSF", OVERSAMP=4)
    cells, _ = place_psf(read_psf(write(tmp_path / "a.fits", fits.PrimaryHDU(), hdu)), FRAME)
    assert_is_true(cells.middle, width=0.002)


def test_the_scale_may_be_that_of_the_wcs(tmp_path):
    wcs, _, _ = sky_of(mosaic()[1])
    hdu = image_hdu(subpixels(size=123, over=3), kind=fits.PrimaryHDU, PIXELSCL=SCALE / 3)
    cells, _ = place_psf(read_psf(write(tmp_path / "a.fits", hdu)), ImageFrame((9, 9), wcs=wcs))
    assert_is_true(cells.middle)


def wide_at(x, y):
    """FWHM as a function of place, array pixels."""
    return 3.0 + 0.004 * x + 0.002 * y


def library(side=5):
    """Places, and PSFs four times oversampled, as wide as there."""
    places = [(x, y) for y in np.linspace(0, 299, side) for x in np.linspace(0, 299, side)]
    images = [effective(wide_at(*place), 121, 0.25) for place in places]
    return places, np.array(images)


def assert_varies(cells, xy0=(0, 0)):
    for x, y in [(75, 75), (225, 75), (75, 225), (225, 225)]:
        image = cells.at([x + xy0[0]], [y + xy0[1]])[0]
        assert_is_true(image, wide_at(x, y), width=0.02, flux=0.03)
    assert len(cells.kinds[0]) == 4


def test_a_library_of_stpsf(tmp_path):
    places, images = library()
    hdu = fits.PrimaryHDU(images)
    hdu.header["OVERSAMP"] = 4
    for k, (x, y) in enumerate(places):
        hdu.header[f"DET_YX{k}"] = f"({y:.1f}, {x:.1f})"
    psf = read_psf(write(tmp_path / "a.fits", hdu))
    assert_varies(place_psf(psf, FRAME)[0])
    # The pixels of the places may be the parent's, of which an image is a part.
    for k, (x, y) in enumerate(places):
        hdu.header[f"DET_YX{k}"] = f"({y:.1f}, {x + 1000:.1f})"
    psf = read_psf(write(tmp_path / "a.fits", hdu))
    assert_varies(place_psf(psf, ImageFrame((300, 300), (1000, 0)))[0], (1000, 0))
    cells, notes = place_psf(psf, FRAME)
    assert cells.is_constant and "the mean of its 25 PSFs" in notes[0]


def test_a_library_of_anderson(tmp_path):
    places, images = library()
    hdu = fits.PrimaryHDU(images)
    hdu.header.update(NXPSFS=5, NYPSFS=5)
    for k, value in enumerate(np.unique(places), 1):
        hdu.header[f"IPSFX{k:02d}"] = hdu.header[f"JPSFY{k:02d}"] = value + 1
    assert_varies(place_psf(read_psf(write(tmp_path / "a.fits", hdu)), FRAME)[0])


def mosaic(size=21, step=40):
    """Stamps side by side, with their places on the image and in the mosaic."""
    places = [(x, y) for y in range(10, 300, step) for x in range(10, 300, step)]
    count = len(range(10, 300, step))
    image = np.zeros((count * size, count * size))
    rows = []
    for k, (x, y) in enumerate(places):
        row, column = divmod(k, count)
        box = slice(row * size, (row + 1) * size), slice(column * size, (column + 1) * size)
        image[box] = effective(wide_at(x, y), size)
        rows.append((x + 1, y + 1, column * size + size // 2 + 1, row * size + size // 2 + 1))
    return image, Table(rows=rows, names=("x", "y", "x_center", "y_center"))


def sky_of(table):
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = "RA---TAN", "DEC--TAN"
    wcs.wcs.crpix, wcs.wcs.crval = (150, 150), (0.001, -28.0)
    wcs.wcs.cdelt = -SCALE / 3600, SCALE / 3600
    return wcs, *wcs.all_pix2world(table["x"], table["y"], 1)


@pytest.mark.parametrize("known", ["card", "table", "both"])
@pytest.mark.parametrize("by", ["pixels", "sky"])
def test_a_mosaic_of_stamps(tmp_path, known, by):
    image, table = mosaic()
    wcs, ra, dec = sky_of(table)
    frame = ImageFrame((300, 300), (500, -70), SCALE, wcs)
    if by == "sky":
        table["RA"], table["Dec"] = ra, dec
        table["x"] += 9000
    hdu = image_hdu(image)
    if known != "table":
        hdu.header["STMPSIZE"] = 21
    hdus = [fits.PrimaryHDU(), hdu]
    if known != "card":
        hdus.append(fits.BinTableHDU(table))
    cells, notes = place_psf(read_psf(write(tmp_path / "a.fits", *hdus)), frame)
    if known == "card":
        assert "mean of its 64 PSFs" in notes[0]
        assert_is_true(cells.middle, wide_at(150, 150), 0.05, 0.05)
    else:
        assert_varies(cells, frame.xy0)


def test_a_mosaic_without_cards_is_refused(tmp_path):
    for image in (mosaic()[0], np.tile(effective(size=20), (3, 4)), star_field(number=9)):
        with pytest.raises(BadInputError, match="peaks"):
            read_psf(write(tmp_path / "a.fits", fits.PrimaryHDU(image)))


def test_cubes(tmp_path):
    alike = np.array([effective(width) for width in (3.5, 3.6, 3.7)])
    cells, notes = place_psf(read_psf(write(tmp_path / "a.fits", fits.PrimaryHDU(alike))), FRAME)
    assert_is_true(cells.middle)
    assert "mean of its 3 PSFs" in notes[0]
    bases = np.concatenate([alike[:1], alike[1:] - alike[:1]])
    with pytest.raises(BadInputError, match="no card says how they make one"):
        read_psf(write(tmp_path / "a.fits", fits.PrimaryHDU(bases)))
    one = write(tmp_path / "a.fits", fits.PrimaryHDU(alike[None, 1:2]))
    assert_is_true(place_psf(read_psf(one), FRAME)[0].middle)


def test_the_psf_of_a_file_with_an_image_is_taken(tmp_path):
    path = write(
        tmp_path / "a.fits",
        fits.PrimaryHDU(),
        image_hdu(star_field(number=9), "SCI"),
        image_hdu(effective(), "PSF"),
    )
    assert_is_true(place_psf(read_psf(path), FRAME)[0].middle)


def test_an_image_is_no_psf(tmp_path):
    path = write(tmp_path / "a.fits", fits.PrimaryHDU(np.ones((5000, 3), np.int16)))
    with pytest.raises(BadInputError, match="3 x 5000 pixels, too many"):
        read_psf(path)


def coadd_file(path, psf, kind=fits.ImageHDU, **cards):
    image = fits.ImageHDU(star_field(number=4, size=100), name="SCI")
    image.header["PIXSCALE"] = SCALE
    hdu = psf if isinstance(psf, fits.BinTableHDU) else image_hdu(psf, "PSF", **cards)
    hdu.name = "PSF"
    return write(path, fits.PrimaryHDU(), image, hdu)


@pytest.mark.parametrize(
    ("psf", "words"),
    [
        (np.zeros((9, 9)), "is zero everywhere"),
        (np.full((9, 9), np.nan), "not finite"),
        (np.tile(effective(size=21), (2, 2)), "shows 4 peaks"),
        (np.ones((9, 9)), "not fallen to half"),
        (np.ones(9), "no 2-D image"),
        (fits.BinTableHDU(Table({"a": [1.0]})), "no 2-D image"),
    ],
)
def test_a_bad_psf_never_refuses_the_image(tmp_path, psf, words):
    coadd = read_coadd(coadd_file(tmp_path / "a.fits", psf))
    assert coadd.psf is None
    assert coadd.image.shape == (100, 100)
    remark = coadd.remarks["PSF"]
    assert remark.startswith("HDU PSF ") and words in remark and "--psf" in remark
    assert "\n" not in remark
    assert words in coadd.origins["psf"]


@pytest.mark.parametrize(
    "cards",
    [
        {"OVERSAMP": 1e9},
        {"OVERSAMP": 1e-9},
        {"PIXELSCL": 1e30},
        {"OVERSAMP": "four", "PIXELSCL": "no"},
        {"STMPSIZE": 3},
        {"STMPSIZE": -4},
        {f"DET_YX{k}": "(e, -)" for k in range(3)},
        {"NXPSFS": 1e300, "NYPSFS": 3},
        {"NXPSFS": 3, "NYPSFS": 1, "IPSFX01": 1},
    ],
)
@pytest.mark.parametrize("number", [1, 3])
def test_damaged_cards_never_refuse_the_image(tmp_path, cards, number):
    psf = effective() if number == 1 else np.array([effective()] * number)
    coadd = read_coadd(coadd_file(tmp_path / "a.fits", psf, **cards))
    assert coadd.image.shape == (100, 100)
    assert coadd.psf is None or abs(coadd.psf.middle.sum() - 1) < 1e-5
    assert (coadd.psf is None) <= ("--psf" in coadd.remarks.get("PSF", ""))


@pytest.mark.parametrize(
    ("psf", "cards", "words"),
    [
        (effective(size=40), {}, "even"),
        (effective(dx=2), {}, "shifted"),
        (effective() + 3e-4, {}, "pedestal"),
        (subpixels(size=163), {"PIXELSCL": SCALE / 4}, "resampled"),
        (subpixels(size=122, over=3), {"OVERSAMP": 3}, "resampled"),
    ],
)
def test_the_psf_beside_an_image_is_put_right(tmp_path, psf, cards, words):
    coadd = read_coadd(coadd_file(tmp_path / "a.fits", psf, **cards))
    assert_is_true(coadd.psf.middle)
    assert words in coadd.remarks["PSF"] and coadd.remarks["PSF"].startswith("HDU PSF: ")
    assert words in coadd.origins["psf"]


def test_a_psf_beside_an_image_that_is_right_needs_no_word(tmp_path):
    coadd = read_coadd(coadd_file(tmp_path / "a.fits", effective()))
    assert_is_true(coadd.psf.middle)
    assert "PSF" not in coadd.remarks
    assert coadd.origins["psf"] == "HDU PSF"


@pytest.mark.parametrize(
    "psf", [effective(dx=0.4), np.ones((5, 5)), np.tile(effective(size=21), (3, 3)), [[1.0]]]
)
def test_our_own_comes_back_to_the_bit(tmp_path, psf):
    image = np.ones((20, 20))
    coadd = Coadd(image, image, psf=CellPsf.constant(np.asarray(psf)))
    write_coadd(coadd, tmp_path / "a.fits")
    again = read_coadd(tmp_path / "a.fits")
    assert np.array_equal(again.psf.middle, coadd.psf.middle)
    assert "PSF" not in again.remarks
