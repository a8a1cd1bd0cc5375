import numpy as np
import pytest
from astropy.io.fits import Header

from meas_blends.data.fits.header import band_name, number, pixel_origin, read_wcs

TAN = {
    "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 10.0, "CRVAL2": -30.0,
    "CRPIX1": 5.0, "CRPIX2": 6.0, "CDELT1": -1e-4, "CDELT2": 1e-4,
}  # fmt: skip


@pytest.mark.parametrize("value", ["27", True, None])
def test_number_takes_numbers_only(value):
    first, second = Header({"MAGZERO": value}), Header({"MAGZERO": 25})
    assert np.isnan(number([first], "MAGZERO"))
    assert number([first, second], "MAGZERO") == 25.0


@pytest.mark.parametrize(
    ("cards", "band"),
    [
        ({"FILTER": "HSC-I"}, "i"),
        ({"FILTER": "HSC-I2 "}, "i"),
        ({"FILTER": "NB0921"}, "NB0921"),
        ({"FILTER": "HSC-R", "BAND": "g"}, "g"),
        ({"FILTER": "_unknown_"}, ""),
        ({}, ""),
    ],
)
def test_band(cards, band):
    assert band_name([Header(cards)]) == band


LINEAR = {"CTYPE1A": "LINEAR", "CTYPE2A": "LINEAR", "CRVAL1A": 720, "CRVAL2A": 460}


@pytest.mark.parametrize(
    ("cards", "origin"),
    [
        ({}, None),
        ({"LTV1": -720.0, "LTV2": -460.0}, (720, 460)),
        ({"LTV1": -720.0}, None),
        (LINEAR, (720, 460)),
        ({**LINEAR, "CRPIX1A": 1.0, "CRPIX2A": 3.0}, (720, 458)),
        ({**LINEAR, "CTYPE1A": "RA---TAN", "CTYPE2A": "DEC--TAN"}, None),
        ({**LINEAR, "LTV1": 1.0, "LTV2": 1.0}, (720, 460)),
    ],
)
def test_pixel_origin(cards, origin):
    assert pixel_origin([Header(cards)]) == origin


def test_wcs_puts_the_reference_pixel_where_it_is():
    wcs = read_wcs([Header({"SIMPLE": True}), Header(TAN)])
    sky = wcs.pixel_to_world(4.0, 5.0)
    assert (sky.ra.deg, sky.dec.deg) == (pytest.approx(10.0), pytest.approx(-30.0))


def test_dates_and_alternates_give_no_warning():
    extra = {"DATE-OBS": "31/08/93", "MJD-OBS": 1.0, "CTYPE1A": "LINEAR", "CTYPE2A": "LINEAR"}
    assert read_wcs([Header({**TAN, **extra, "A_ORDER": 3, "B_ORDER": 3})]) is not None


def test_sip_distortion_counts_where_the_type_says_so():
    sip = {"A_ORDER": 2, "B_ORDER": 2, "A_2_0": 1e-3, "B_0_2": 1e-3}
    plain = read_wcs([Header({**TAN, **sip})])
    types = {"CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP"}
    distorted = read_wcs([Header({**TAN, **sip, **types})])
    # Ten pixels from the reference pixel, the distortion is a tenth of a pixel.
    shift = plain.pixel_to_world(14.0, 15.0).separation(distorted.pixel_to_world(14.0, 15.0))
    assert shift.deg == pytest.approx(np.hypot(0.1, 0.1) * 1e-4, rel=0.01)


@pytest.mark.parametrize(
    "cards",
    [
        {},
        {"CTYPE1": "", "CTYPE2": "", "CRVAL1": 1.0, "CRVAL2": 1.0},
        {"CTYPE1": "LINEAR", "CTYPE2": "LINEAR"},
        {**TAN, "CDELT1": 0.0, "CDELT2": 0.0},
        {**TAN, "CTYPE2": "DEC--XYZ"},
        {**TAN, "CRVAL1": "10.0"},
        {**TAN, "CRVAL1": 1e300},
        {key: value for key, value in TAN.items() if not key.startswith("CDELT")},
        {**TAN, "CD1_1": 0.0, "CD2_2": 0.0},
    ],
)
def test_a_wcs_that_cannot_be_used_is_none(cards):
    assert read_wcs([Header(cards)]) is None
