import numpy as np
import pytest
from astropy.io.fits import Header

from meas_blends.data.fits.header import band_name, number, pixel_origin, text_number


@pytest.mark.parametrize("value", ["27", True, None])
def test_number_takes_numbers_only(value):
    first, second = Header({"MAGZERO": value}), Header({"MAGZERO": 25})
    assert np.isnan(number([first], "MAGZERO"))
    assert number([first, second], "MAGZERO") == 25.0


@pytest.mark.parametrize(
    ("value", "expected"),
    [("27", 27.0), (" 27.5 mag", 27.5), ("2.5D1", 25.0), (26, 26.0), (True, np.nan),
     ("about 27", np.nan), ("27mag", np.nan), ("", np.nan), (None, np.nan)],
)  # fmt: skip
def test_numbers_as_text(value, expected):
    assert text_number([Header({"ZP": value})], "ZP") == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("cards", "band"),
    [
        ({"FILTER": "HSC-I"}, "i"),
        ({"FILTER": "HSC-I2 "}, "i"),
        ({"FILTER": "NB0921"}, "NB0921"),
        ({"FILTER": "HSC-R", "BAND": "g"}, "g"),
        ({"FILTER": "i DECam SDSS c0003 7835.0 1470.0"}, "i"),
        ({"FILTER": "Y DECam c0005 10095.0 1130.0"}, "y"),
        ({"FILTER": "r.MP9602"}, "r.MP9602"),
        ({"HIERARCH FPA.FILTERID": "z.00000"}, "z"),
        ({"FILTER1": "CLEAR1L", "FILTER2": "F814W"}, "F814W"),
        ({"FILTER": "F150W"}, "F150W"),
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
