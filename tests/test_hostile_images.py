"""Damaged, strange and hostile images through the command: a sentence, or the right result."""

import json
import logging
from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from click.testing import CliRunner

from meas_blends.cli import main
from meas_blends.data.tables import read_table

SIZE = 96
#: Centres of the sources, in pixels of the array.
CENTRES = np.array([[20.0, 30.0], [60.0, 70.0], [80.0, 20.0]])


def scene():
    """Noise of one count with three stars of a FWHM of 4.7 pixels."""
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:SIZE, :SIZE]
    image = rng.normal(size=(SIZE, SIZE))
    for centre_x, centre_y in CENTRES:
        image += 30.0 * np.exp(-((x - centre_x) ** 2 + (y - centre_y) ** 2) / 8.0)
    return image.astype(np.float32)


IMAGE = scene()
ONES = np.ones_like(IMAGE)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """An empty working folder; what the command does to the logs is undone."""
    monkeypatch.chdir(tmp_path)
    yield
    logging.captureWarnings(False)


def write(*hdus, primary=None):
    fits.HDUList([primary or fits.PrimaryHDU(), *hdus]).writeto("a.fits")


def plane(pixels, name="IMAGE", **cards):
    hdu = fits.ImageHDU(pixels, name=name)
    hdu.header.update(cards)
    return hdu


def run(*options):
    arguments = ["run", "a.fits", "-p", "blends#find", "-o", "out", "--no-picture"]
    return CliRunner().invoke(
        main, [*arguments, "-c", "classify:peak_finder.name=local_maxima", *options]
    )


def refusal():
    """The sentence about a file that cannot be used."""
    result = run()
    assert result.exit_code == 1
    assert "bug" not in result.output and "Traceback" not in result.output
    assert list(Path("out").rglob("*.parquet")) == []
    return json.loads(Path("out/a/run.json").read_text())["error"]


def peaks():
    result = run()
    assert result.exit_code == 0, result.output
    return read_table("out/a/peaks.parquet")


def assert_all_found(table):
    found = np.column_stack([table["f_x"], table["f_y"]])
    distances = np.hypot(*(found[:, None] - CENTRES).transpose(2, 0, 1))
    assert len(table) == len(CENTRES)
    assert distances.min(axis=0).max() < 0.6


def origin(part):
    return json.loads(Path("out/a/run.json").read_text())["coadd"]["origins"][part]


def set_cards(**values):
    """Overwrite the values of cards in the file."""
    raw = Path("a.fits").read_bytes()
    for key, value in values.items():
        at = raw.index(f"{key:<8}= ".encode())
        raw = raw[:at] + f"{key:<8}= {value:>20}".encode() + raw[at + 30 :]
    Path("a.fits").write_bytes(raw)


@pytest.mark.parametrize(
    ("cards", "words"),
    [
        ({"NAXIS": 10**9}, "NAXIS of HDU 0 is 1000000000, which cannot be"),
        ({"NAXIS1": 2**31, "NAXIS2": 2**31}, "takes"),
        ({"NAXIS1": 200_000, "NAXIS2": 200_000}, "cut short"),
        ({"NAXIS1": -96}, "NAXIS1 of HDU 0 is -96"),
        ({"NAXIS2": "'many'"}, "NAXIS2 of HDU 0 is 'many'"),
        ({"BITPIX": 7}, "BITPIX of HDU 0 is 7"),
        ({"BITPIX": -64}, "cut short"),
    ],
)
def test_headers_that_promise_what_is_not_there(cards, words):
    write(primary=fits.PrimaryHDU(IMAGE))
    set_cards(**cards)
    assert words in refusal()


@pytest.mark.parametrize(
    ("hdus", "words"),
    [
        ([plane(np.stack([IMAGE] * 3))], "3 dimensions (3, 96, 96); give one 2-D image"),
        (
            [plane(np.stack([IMAGE] * 3), "SCI"), plane(np.stack([ONES] * 3), "VARIANCE")],
            "HDU SCI has 3 dimensions",
        ),
        ([plane(IMAGE[0])], "1 dimension (96,)"),
        ([plane(IMAGE), plane(ONES[:50], "VARIANCE")], "the variance has shape (50, 96)"),
        ([plane(IMAGE), plane(np.zeros((3, SIZE, SIZE), np.int32), "MASK")], "HDU MASK has 3"),
        ([plane(IMAGE, MAGZERO=1e5)], "a zero point of 100000 mag"),
        ([plane(IMAGE, LTV1=-1e300, LTV2=0.0)], "parent pixel (1e+300, 0)"),
        ([fits.BinTableHDU.from_columns([fits.Column("a", "D", array=[1.0])])], "holds no image"),
        ([], "holds no image"),
    ],
)
def test_files_of_other_things_than_an_image(hdus, words):
    write(*hdus)
    assert words in refusal()


@pytest.mark.parametrize(
    ("psf", "words"),
    [
        (plane(-np.ones((5, 5)), "PSF"), "the PSF image sums to -25"),
        (plane(np.ones((6, 6)), "PSF"), "shape (6, 6)"),
    ],
)
def test_a_psf_that_is_none_does_not_refuse_the_image(psf, words):
    write(plane(IMAGE), psf)
    assert_all_found(peaks())
    assert words in json.loads(Path("out/a/run.json").read_text())["coadd"]["remarks"]["PSF"]


def test_the_first_2d_image_counts_whatever_stands_before_it():
    write(plane(np.stack([IMAGE] * 3), "CUBE"), plane(IMAGE, "FLAT"))
    assert_all_found(peaks())


@pytest.mark.parametrize("level", [0.0, 5.0])
def test_a_flat_image_has_no_footprints(level):
    write(plane(np.full_like(IMAGE, level)))
    assert len(peaks()) == 0


def assert_no_work():
    """Nothing to do is no failure, and leaves no table."""
    result = run()
    assert result.exit_code == 0, result.output
    assert "task 'detect': no work" in result.output
    assert "done before" not in result.output
    assert list(Path("out").rglob("*.parquet")) == []


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_image_without_a_number_is_no_work(value):
    write(plane(np.full_like(IMAGE, value)))
    assert_no_work()


@pytest.mark.parametrize("with_variance", [True, False])
def test_an_image_that_is_all_masked_is_no_work(with_variance):
    variance = [plane(ONES, "VARIANCE")] if with_variance else []
    write(plane(IMAGE), plane(np.ones((SIZE, SIZE), np.int32), "MASK"), *variance)
    assert_no_work()


@pytest.mark.parametrize("value", [-1.0, 0.0, np.nan, np.inf])
def test_a_variance_that_cannot_be_is_estimated(value):
    write(plane(IMAGE), plane(ONES * np.float32(value), "VARIANCE"))
    assert_all_found(peaks())
    assert "estimated" in origin("variance")


def test_where_the_variance_is_negative_there_is_no_light():
    variance = ONES.copy()
    variance[:, :48] = -1.0
    write(plane(IMAGE), plane(variance, "VARIANCE"))
    table = peaks()
    assert len(table) == 2
    assert np.all(table["f_x"] > 48)


@pytest.mark.parametrize("kind", ["u1", "i2", "i8", "f8"])
def test_pixels_of_any_kind(kind):
    pixels = np.clip(IMAGE * 5 + 40, 0, 250).astype(kind)
    write(plane(pixels))
    assert_all_found(peaks())


def rotated(degrees, flipped=False):
    """Cards of a WCS whose axes are turned."""
    turn = np.radians(degrees)
    sine, cosine = 5.5e-5 * np.sin(turn), 5.5e-5 * np.cos(turn)
    side = 1.0 if flipped else -1.0
    return {
        "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 150.0, "CRVAL2": 2.0,
        "CRPIX1": 40.0, "CRPIX2": 50.0, "CD1_1": side * cosine, "CD1_2": -side * sine,
        "CD2_1": sine, "CD2_2": cosine,
    }  # fmt: skip


CELESTIAL = {
    "rotated": rotated(37.0),
    "flipped": rotated(120.0, flipped=True),
    "galactic": {**rotated(10.0), "CTYPE1": "GLON-TAN", "CTYPE2": "GLAT-TAN"},
    "axes exchanged": {
        **rotated(90.0), "CTYPE1": "DEC--TAN", "CTYPE2": "RA---TAN", "CRVAL1": 2.0, "CRVAL2": 150.0
    },
    "B1950": {**rotated(0.0), "RADESYS": "FK4", "EQUINOX": 1950.0},
    "at the pole": {**rotated(200.0), "CRVAL2": 90.0},
}  # fmt: skip


@pytest.mark.parametrize("cards", CELESTIAL.values(), ids=CELESTIAL)
def test_sky_coordinates_of_any_celestial_wcs(cards):
    write(plane(IMAGE, **cards))
    table = peaks()
    assert_all_found(table)
    there = WCS(fits.Header(cards)).pixel_to_world(table["f_x"], table["f_y"]).icrs
    ours = SkyCoord(table["coord_ra"], table["coord_dec"], unit="deg")
    assert np.max(there.separation(ours).arcsec) < 1e-6


@pytest.mark.parametrize(
    "cards",
    [
        {"RADESYS": "KLINGON"},
        {"CTYPE1": "FREQ"},
        {"CD1_1": 1e-5, "CD1_2": 1e-5, "CD2_1": 1e-5, "CD2_2": 1e-5},
        {"CRVAL1": 1e30},
        {"CD1_1": 0.0, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": 0.0},
    ],
)
def test_a_wcs_that_is_none_gives_no_coordinates(cards):
    write(plane(IMAGE, **{**rotated(0.0), **cards}))
    table = peaks()
    assert_all_found(table)
    assert np.all(np.isnan(table["coord_ra"]))
    assert origin("wcs").startswith("none")
