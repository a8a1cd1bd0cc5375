"""Files of many surveys' habits, made by the scripts of ../shared/cases, against their truth.

Each case is a folder with a script, `make.py`, that writes one file, and `expected.txt`. What that
sentence asks for is held here, case by case.
"""

import runpy
import shutil
import sys
import warnings
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS

from meas_blends import run_pipeline
from meas_blends.detection.background import subtract_background
from meas_blends.detection.psf import psf_fwhm
from meas_blends.errors import BadInputError
from meas_blends.run.images import ImageOptions, read_image, read_psf

CASES = Path(__file__).resolve().parents[2] / "shared" / "cases"
SIZE, SIGMA, SCALE = 384, 3.0, 0.2


class Made:
    """A case whose file has been written, and what comes out of it."""

    def __init__(self, folder, lib):
        self.path = folder / f"{folder.name}.fits"
        self.psf_path = folder / "psf.fits"
        self.lib = lib

    @cached_property
    def coadd(self):
        return read_image(self.path, ImageOptions())

    @cached_property
    def remarks(self):
        return " ".join(self.coadd.remarks.values())

    @cached_property
    def peaks(self):
        """Positions of the peaks, parent pixels, (n, 2)."""
        overrides = ["classify:peak_finder.name=local_maxima"]
        table = run_pipeline(self.coadd, "blends#find", overrides)["blend_peaks"]
        return np.column_stack([table["f_x"], table["f_y"]])

    @cached_property
    def truth(self):
        """The exact scene [nJy], and rows of x, y, flux, radius, is a star."""
        return self.lib.scene()

    def strangers(self, within):
        """Peaks in some place, as a function of x and y, that are of no true object."""
        place = self.peaks[within(*self.peaks.T)]
        apart = np.hypot(*(place[:, None] - self.truth[1][:, :2]).transpose(2, 0, 1))
        return place[apart.min(axis=1) > 4.0] if len(place) else place


def flux(made):
    """The pixels are the scene's, in nanojanskys."""
    image, _ = made.truth
    found = made.coadd.image.astype(float) * made.coadd.nanojansky_per_count
    found = found[:SIZE]
    bright = (image > 30.0) & ~made.coadd.bad[:SIZE] & np.isclose(found, found)
    level = np.median(found[~made.coadd.bad[:SIZE]])
    assert bright.sum() > 1000
    ratio = np.sum((found - level)[bright] * image[bright]) / np.sum(image[bright] ** 2)
    assert ratio == pytest.approx(1.0, abs=0.01)


def header_of(made):
    with fits.open(made.path) as hdus:
        headers = [hdu.header.copy() for hdu in hdus if hdu.is_image and "CTYPE1" in hdu.header]
    return headers[0]


def sky(made, **mended):
    """Sky positions and pixel scale are those of astropy's own reading of the header."""
    header = header_of(made)
    header.update(mended)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wcs = WCS(header).celestial
        x, y = np.array([3.0, 370.0, 191.5]), np.array([350.0, 20.0, 191.5])
        truth = wcs.pixel_to_world(x, y).icrs
    x0, y0 = made.coadd.xy0
    ours = SkyCoord(*made.coadd.sky(x + x0, y + y0), unit="deg")
    assert np.max(truth.separation(ours).arcsec) < 1e-3
    # A pixel across and a pixel up from the middle.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        steps = [
            wcs.pixel_to_world(191.0, 191.5).separation(wcs.pixel_to_world(192.0, 191.5)).arcsec,
            wcs.pixel_to_world(191.5, 191.0).separation(wcs.pixel_to_world(191.5, 192.0)).arcsec,
        ]
    assert made.coadd.pixel_scale == pytest.approx(np.sqrt(np.prod(steps)), rel=1e-4)


def fk5(made):
    sky(made, RADESYS="FK5", EQUINOX=2000.0)


def scale(made):
    assert made.coadd.pixel_scale == pytest.approx(SCALE, rel=1e-4)


def silent(made):
    """Everything was in the file but noise and PSF."""
    assert set(made.coadd.remarks) <= {"PSF", "noise"}


def told(*words):
    """A remark has these words, and an option."""

    def check(made):
        assert all(word in made.remarks for word in words), made.coadd.remarks
        assert all("\n" not in remark for remark in made.coadd.remarks.values())

    return check


def no_flux(made):
    assert np.isnan(made.coadd.zero_point)


def band(name):
    def check(made):
        assert made.coadd.band == name

    return check


def noise(value):
    """The variance of single pixels, in nanojanskys squared, is the one that was drawn."""

    def check(made):
        scaled = made.coadd.variance[~made.coadd.bad] * made.coadd.nanojansky_per_count**2
        assert np.median(scaled) == pytest.approx(value, rel=0.02)

    return check


def nothing(within):
    """No peak in a place that holds no light."""

    def check(made):
        assert len(made.strangers(within)) == 0
        assert len(made.peaks) > 20

    return check


def bad(share):
    def check(made):
        assert made.coadd.bad.mean() == pytest.approx(share, abs=1e-3)

    return check


def refused(*words):
    """One sentence, with the file's name, and what to do."""

    def check(made):
        with pytest.raises(BadInputError) as caught:
            made.coadd  # noqa: B018
        sentence = str(caught.value)
        assert sentence.startswith(str(made.path)) and sentence.endswith(".")
        assert all(word in sentence for word in words) and "\n" not in sentence

    return check


def with_psf(made):
    """The scene, read with the case's file as its PSF."""
    header = made.lib.tan()
    header["BUNIT"] = "nJy"
    fits.writeto(made.path, made.truth[0].astype("f4"), header, overwrite=True)
    made.coadd = read_image(made.path, ImageOptions(psf=read_psf(made.psf_path)))


def psf_used(made):
    """The PSF of the coadd is as wide as that of the scene."""
    with_psf(made)
    assert psf_fwhm(made.coadd.psf.middle) * SCALE == pytest.approx(0.71, abs=0.03)


def psf_judged(made):
    """It is refused in a sentence that says what to give, or put right and that told."""
    try:
        psf_used(made)
    except BadInputError as error:
        assert str(made.psf_path) in str(error) and "give" in str(error)
        assert str(error).endswith(".") and "\n" not in str(error)
    else:
        assert "PSF" in made.coadd.remarks


def unbiased(made):
    """With it as the PSF, peaks lie where the objects do."""
    with_psf(made)
    truth = made.truth[1]
    apart = made.peaks[:, None] - truth[:, :2]
    nearest = np.argmin(np.hypot(*apart.transpose(2, 0, 1)), axis=0)
    offsets = apart[nearest, np.arange(len(truth))]
    assert np.all(np.abs(np.median(offsets, axis=0)) < 0.2)


def no_psf(made):
    """That of the file is not used: it is one of stars, and that is told."""
    assert made.coadd.psf is not None
    assert "PSF" in made.coadd.remarks


def one_plane(made):
    made.coadd = read_image(made.path, ImageOptions(plane="i"))
    assert made.coadd.band == "i"
    for check in (flux, sky):
        check(made)


def second_chip(made):
    second = read_image(made.path, ImageOptions(hdu="SCI,2"))
    assert second.origins["variance"] == "HDU ERR,2, squared"
    ra = made.coadd.sky([191.5], [191.5])[0]
    assert second.sky([191.5], [191.5])[0] - ra == pytest.approx(0.1, abs=1e-6)


def beyond_diamond(x, y):
    return np.abs(x - 192) + np.abs(y - 192) > 190


def blank_sky(made):
    """What is left of the sky in blank pixels is far below the noise."""
    left = subtract_background(made.coadd).image[made.truth[0] < 2.0 * SIGMA]
    exact = made.truth[0][made.truth[0] < 2.0 * SIGMA]
    assert abs(np.mean(left) - np.mean(exact)) < 0.1 * SIGMA


def one_object_a_core(made):
    """A star without its core is one peak, not a ring of them."""
    stars = made.truth[1][made.truth[1][:, 4] == 1][:10, :2]
    near = np.hypot(*(made.peaks[:, None] - stars).transpose(2, 0, 1)) < 8.0
    assert np.all(near.sum(axis=0) == 1)


def cells(made):
    """The planes have their names, and the PSF its cells."""
    assert {"INEXACT_PSF", "REJECTED", "NO_DATA"} <= set(made.coadd.mask_planes)
    assert made.coadd.bad.mean() < 0.01
    assert made.coadd.xy0 == (3000, 6000)
    assert "stars" not in made.coadd.origins["psf"]
    flux(made)


def big_light(made):
    image = made.coadd.image - np.median(made.coadd.image[:100])
    assert image.sum() * made.coadd.nanojansky_per_count == pytest.approx(2.0e6, rel=0.1)


def runs(made):
    assert len(made.peaks) > 100


def no_wcs(made):
    assert made.coadd.wcs is None
    assert np.isnan(made.coadd.pixel_scale)


right = (flux, sky, scale, silent)

CHECKS = {
    "cell_coadds_table": (refused("lsst.cell_coadds", "stitch"),),
    "decam_mef": (flux, sky, told("3 of 4", "N4", "--hdu")),
    "des_tile": (flux, sky, silent, band("i"), bad(0.25), nothing(lambda x, y: x < 96)),
    "grizli_photfnu": (flux, sky, scale),
    "int_step_third_sigma": (flux, blank_sky),
    "jwst_dq": (
        told("DQ"),
        bad(40 * 40 / SIZE**2),
        nothing(lambda x, y: (abs(y - 120) < 24) & (abs(x - 220) < 24)),
    ),
    "jwst_i2d": (flux, sky, silent, band("F150W"), noise(SIGMA**2)),
    "legacy_cutout_cube": (refused("4 bands (g, r, i, z)", "--plane"), one_plane),
    "legacy_image": (*right, band("i")),
    "lsst_cellcoadd": (cells,),
    "nan_cores": (one_object_a_core,),
    "plain_njy": right,
    "ps1_asinh": (flux, sky, silent, band("i")),
    "ps1_linear_pc001": right,
    "psf_cube": (psf_judged,),
    "psf_even": (psf_judged,),
    "psf_grid": (psf_judged,),
    "psf_hdu_even": (flux, sky, no_psf),
    "psf_over4": (psf_used,),
    "psf_psfex": (psf_judged,),
    "rms_named": (sky, noise(SIGMA**2), nothing(lambda x, y: x < 90)),
    "sci_twice": (flux, sky, told("1 of 2", "SCI,2", "--hdu"), second_chip),
    "sci_wht_nanfree": (flux, sky, noise(SIGMA**2), nothing(lambda x, y: x < 136)),
    "sdss_frame": (*right, band("i")),
    "sentinel_999": (flux, sky, nothing(beyond_diamond)),
    "uint16_raw": (flux, sky),
    "unit_AB_nJy": right,
    "unit_Jy_pixel": right,
    "unit_magAB": (no_flux, told("mag(AB)", "--zero-point")),
    "unit_muJy": right,
    "unit_nJy_pixel": right,
    "unit_nanomaggies": right,
    "variance_is_weight": (flux, told("variance"), noise(SIGMA**2)),
    "wcs_3d_one": right,
    "wcs_car_dec60": (flux, sky, told('0.2" x 0.1"', "0.1414")),
    "wcs_epoch_b1950": right,
    "wcs_radesys_garbage": (flux, fk5, scale, silent),
    "zero_padded": (flux, sky, nothing(beyond_diamond)),
    "zp_conflict": (flux, sky, told("23.90", "30.00", "--zero-point")),
    "zp_magzpt": (flux, sky),
    "ok/base_njy": (*right, band("i"), noise(SIGMA**2)),
    "ok/big_galaxy": (sky, big_light),
    "ok/comp_int_blank_late": (flux, bad(300 / (8 * SIZE))),
    "ok/crowded": (runs,),
    "ok/err_zero_pixels": (flux, sky, noise(SIGMA**2), bad(0.297)),
    "ok/grizli_10njy": (*right, band("F150W-CLEAR")),
    "ok/hsc_cutout": (flux, sky, silent, band("i"), noise(SIGMA**2)),
    "ok/nan_padded": (flux, sky),
    "ok/nan_quantised": (flux, sky),
    "ok/plain_njy": right,
    "ok/psf_neg": (psf_used,),
    "ok/psf_shift": (unbiased,),
    "ok/scaled_int_blank": (flux, sky, bad(50 / SIZE)),
    "ok/unit_1e_9_Jy": right,
    "ok/unit_erg_s_cm_2_Hz": right,
    "ok/unit_nanoJansky": right,
    "ok/unit_uJy": right,
    "ok/wcs_arcsec_units": right,
    "ok/wcs_crota": right,
    "ok/wcs_equinox1950": right,
    "ok/wcs_galactic": right,
    "ok/wcs_scamp_tanpv": (flux, sky, silent),
    "ok/wcs_singular_cdelt0": (flux, no_wcs, told("no sky coordinates", "--pixel-scale")),
    "ok/wcs_sip": (flux, sky, silent),
    "ok/wcs_swapped_axes": right,
    "ok/wcs_tpv": (flux, sky, silent),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The scripts, copied to where they may write; their library can be imported."""
    if not CASES.is_dir():
        pytest.skip("the shared cases are not beside this checkout")
    folder = tmp_path_factory.mktemp("cases")
    for file in (CASES / "lib.py", *CASES.glob("*/make.py"), *CASES.glob("ok/*/make.py")):
        target = folder / file.relative_to(CASES)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    before = list(sys.path)
    sys.path.insert(0, str(folder))
    yield folder
    sys.path[:] = before
    sys.modules.pop("lib", None)


@pytest.fixture
def make(folder, monkeypatch):
    """Write the file of a case."""

    def make(name):
        script = folder / name / "make.py"
        monkeypatch.setattr(sys, "argv", [str(script)])
        with warnings.catch_warnings():
            # What the files of the field hold is not what astropy would write.
            warnings.simplefilter("ignore")
            runpy.run_path(str(script), run_name="__main__")
        return Made(script.parent, sys.modules["lib"])

    return make


@pytest.mark.parametrize("name", CHECKS)
def test_what_comes_out_is_what_is_expected(make, name):
    made = make(name)
    for check in CHECKS[name]:
        check(made)


def test_every_case_is_held(folder):
    there = {str(file.parent.relative_to(folder)) for file in folder.rglob("make.py")}
    assert there == set(CHECKS)
