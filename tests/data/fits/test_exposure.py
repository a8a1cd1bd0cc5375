import numpy as np
import pytest
from astropy.io import fits

from meas_blends.data.fits import read_coadd
from meas_blends.errors import BadInputError


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("mask_type", [np.int32, np.uint16])
def test_planes_of_every_layout(write_exposure, pixels, named, compressed, mask_type):
    image, mask, variance = pixels
    coadd = read_coadd(write_exposure(named=named, compressed=compressed, mask_type=mask_type))
    assert coadd.image == pytest.approx(image, abs=0.1 if compressed else 0.0, nan_ok=True)
    assert np.isnan(coadd.image[3, 4])
    assert np.array_equal(coadd.mask, mask)
    assert np.array_equal(coadd.variance, variance)
    assert coadd.mask_planes["NO_DATA"] == 8
    assert coadd.mask_planes["SAT"] == 1
    assert len(coadd.mask_planes) == 7
    assert coadd.bad.sum() == 1
    assert coadd.xy0 == (17900, 15900)
    assert coadd.pixel_scale == pytest.approx(4.7e-5 * 3600.0)
    assert coadd.sky([17919], [15914]) == (pytest.approx([150.0]), pytest.approx([2.0]))


def test_current_coadd_with_a_coadd_psf(write_exposure, archive):
    tables = archive()
    psf = tables.add("CoaddPsf", position=(1.0, 2.0))
    calibration = tables.add(
        "PhotoCalib", calibrationMean=57.5, calibrationErr=0.1, field=0, version=1
    )
    band = tables.add("FilterLabel", band="i", physical="HSC-I")
    path = write_exposure(
        tables,
        PSF_ID=psf,
        PHOTOCALIB_ID=calibration,
        ARCHIVE_ID_FILTER=band,
        SKYWCS_ID=99,
        MAGZERO=1.0,
    )
    coadd = read_coadd(path)
    assert coadd.psf is None
    assert (
        coadd.origins["psf"] == "the file holds a CoaddPsf, which only the LSST stack can evaluate"
    )
    assert coadd.zero_point == pytest.approx(31.4 - 2.5 * np.log10(57.5))
    assert coadd.origins["zero_point"] == "PhotoCalib in the file"
    assert coadd.band == "i"


def test_only_a_physical_filter(write_exposure, archive):
    tables = archive()
    tables.add("FilterLabel", band="", physical="HSC-R2")
    assert read_coadd(write_exposure(tables)).band == "r"


def test_older_hsc_coadd(write_exposure, archive):
    cards = {"FLUXMAG0": 63095734448.0194, "FILTER": "HSC-I", "MAGZERO": 21.0}
    coadd = read_coadd(write_exposure(archive(False), named=False, **cards))
    assert coadd.zero_point == pytest.approx(27.0)
    assert coadd.origins["zero_point"] == "FLUXMAG0 in the header"
    assert coadd.band == "i"
    assert coadd.origins["psf"] == "the file holds no PSF"


@pytest.mark.parametrize(
    ("cards", "expected"),
    [
        ({"BUNIT": "nJy"}, 31.4),
        ({"BUNIT": "nJy", "FLUXMAG0": 0.0}, 31.4),
        ({"BUNIT": "adu", "MAGZERO": 28.5}, 28.5),
        ({"BUNIT": "adu"}, np.nan),
    ],
)
def test_zero_point_of_the_header(write_exposure, cards, expected):
    assert read_coadd(write_exposure(**cards)).zero_point == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("version", [None, 0])
def test_photo_calib_in_maggies_does_not_count(write_exposure, archive, version):
    tables = archive()
    fields = {} if version is None else {"version": version}
    calibration = tables.add("PhotoCalib", calibrationMean=1e-11, **fields)
    coadd = read_coadd(write_exposure(tables, PHOTOCALIB_ID=calibration))
    assert np.isnan(coadd.zero_point)


def test_origin_without_the_linear_wcs(write_exposure):
    coadd = read_coadd(write_exposure(image_cards={"CTYPE1A": "", "CTYPE2A": ""}))
    assert coadd.xy0 == (17900, 15900)


def test_planes_without_any_tag(write_exposure, pixels):
    path = write_exposure(named=False, compressed=False, FILTER="g")
    with fits.open(path, mode="update", output_verify="silentfix") as hdus:
        for hdu in hdus[1:]:
            del hdu.header["EXTTYPE"]
        hdus[0].header["AR_HDU"] = 5
    coadd = read_coadd(path)
    assert np.array_equal(coadd.mask, pixels[1])
    assert np.array_equal(coadd.variance, pixels[2])
    assert coadd.origins["psf"] == "the file holds no PSF"


def test_a_missing_archive_table_is_no_traceback(write_exposure, archive):
    tables = archive()
    psf = tables.add("PcaPsf", kernel=7, averagePosition=(0.0, 0.0))
    calibration = tables.add("PhotoCalib", calibrationMean=1.0, version=1)
    tables.tables.pop()
    with pytest.raises(BadInputError, match="not a readable FITS file"):
        read_coadd(write_exposure(tables, PHOTOCALIB_ID=calibration))
    coadd = read_coadd(write_exposure(tables, PSF_ID=psf))
    assert coadd.psf is None
    assert "PcaPsf cannot be read" in coadd.origins["psf"]


def test_an_exposure_without_pixels(tmp_path):
    primary = fits.PrimaryHDU()
    primary.header["AR_HDU"] = 2
    primary.writeto(tmp_path / "empty.fits")
    with pytest.raises(BadInputError, match="without an image"):
        read_coadd(tmp_path / "empty.fits")


def test_real_exposure(shared_data):
    coadd = read_coadd(shared_data / "real" / "lsst_exposure_hsc_r_m31.fits")
    assert coadd.shape == (301, 301)
    assert coadd.xy0 == (720, 460)
    assert len(coadd.mask_planes) == 14
    assert coadd.mask_planes["UNMASKEDNAN"] == 13
    assert coadd.band == "r"
    assert coadd.zero_point == pytest.approx(31.995, abs=1e-3)
    assert coadd.pixel_scale == pytest.approx(0.168, abs=0.003)
    assert coadd.psf.middle.shape == (31, 31)
    assert coadd.psf.middle.sum() == pytest.approx(1.0, abs=1e-5)
    assert np.unravel_index(coadd.psf.middle.argmax(), coadd.psf.middle.shape) == (15, 15)
    assert coadd.origins["psf"] == "PcaPsf in the file"
    ra, dec = coadd.sky([870.0], [610.0])
    assert (ra[0], dec[0]) == (pytest.approx(10.1798, abs=1e-3), pytest.approx(40.9641, abs=1e-3))
