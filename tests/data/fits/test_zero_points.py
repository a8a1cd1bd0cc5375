"""Where files say how much light a count is."""

import math

import pytest
from astropy.io.fits import Header

from meas_blends.data.fits.zero_points import (
    GENERAL_ZERO_POINTS,
    Calibration,
    find_zero_point,
)

AREA = math.radians(0.2 / 3600.0) ** 2
MEGA = 31.4 - 2.5 * math.log10(1e15 * AREA)


def find(cards, area=float("nan")):
    return find_zero_point(Calibration([Header(cards)], area), GENERAL_ZERO_POINTS)


@pytest.mark.parametrize(
    ("cards", "expected"),
    [
        *[({key: 27.5}, 27.5) for key in ("MAGZERO", "MAGZPT", "MAGZP", "ZEROPNT", "PHOTZP",
                                          "MAGZEROP", "MAG0", "ZEROPT",
                                          "HIERARCH ZEROPOINT")],
        ({"MAGZERO": "27.5"}, 27.5),
        ({"MAGZERO": "27.5 mag"}, 27.5),
        ({"FLUXMAG0": 63095734448.0194}, 27.0),
        ({"FLUXMAG0": "63095734448.0194"}, 27.0),
        ({"BUNIT": "ELECTRONS/S", "PHOTFNU": 1.5e-7}, 8.9 - 2.5 * math.log10(1.5e-7)),
        ({"BUNIT": "ELECTRONS", "PHOTFNU": 1.5e-7, "EXPTIME": 100.0},
         8.9 - 2.5 * math.log10(1.5e-7) + 5.0),
        # ACS F814W, 25.94 in its handbook.
        ({"BUNIT": "ELECTRONS/S", "PHOTFLAM": 7.0333e-20, "PHOTPLAM": 8045.0}, 25.94),
        ({"BUNIT": "ELECTRONS", "PHOTFLAM": 7.0333e-20, "PHOTPLAM": 8045.0, "EXPTIME": 100.0},
         30.94),
        ({"HIERARCH FPA.ZP": 25.0, "EXPTIME": 1000.0}, 32.5),
        ({"BUNIT": "MJy/sr", "PIXAR_SR": AREA}, MEGA),
        ({"BUNIT": "MJy/sr", "PIXAR_A2": 0.04}, MEGA),
        ({"BUNIT": "DN/s", "PHOTMJSR": 2.0, "PIXAR_SR": AREA}, MEGA - 2.5 * math.log10(2.0)),
    ],
)  # fmt: skip
def test_cards(cards, expected):
    value, origin, remarks = find(cards)
    assert value == pytest.approx(expected, abs=0.01)
    assert origin != "unknown"
    assert not remarks


def test_a_brightness_takes_the_area_of_the_wcs_and_says_so():
    value, origin, remarks = find({"BUNIT": "MJy/sr"}, AREA)
    assert value == pytest.approx(MEGA)
    assert "WCS" in origin and "WCS" in remarks["zero point"]


def test_an_area_that_the_wcs_contradicts_is_told():
    value, _, remarks = find({"BUNIT": "MJy/sr", "PIXAR_SR": AREA}, 4.0 * AREA)
    assert value == pytest.approx(MEGA)
    assert "0.25 times the area" in remarks["zero point"]


@pytest.mark.parametrize(
    ("cards", "words"),
    [
        ({}, "no zero point in the file"),
        ({"BUNIT": "adu"}, "no zero point in the file"),
        ({"MAGZERO": "unknown"}, "no zero point in the file"),
        ({"BUNIT": "MJy/sr"}, "nothing says how large a pixel is"),
        ({"BUNIT": "mag(AB)"}, "magnitudes are no linear image"),
        ({"BUNIT": "mag", "MAGZERO": 25.0}, "magnitudes are no linear image"),
        # The zero point of ST magnitudes is in every file of Hubble's.
        ({"PHOTZPT": -21.1}, "no zero point in the file"),
    ],
)
def test_none_is_told_with_the_option_that_gives_one(cards, words):
    value, origin, remarks = find(cards)
    assert math.isnan(value)
    assert origin == "unknown"
    assert words in remarks["zero point"]
    assert "--zero-point MAG" in remarks["zero point"]


def test_a_card_of_vega_magnitudes_is_none_and_told():
    header = Header()
    header["MAGZP"] = (20.73, "[mag] zero point, Vega system")
    value, _, remarks = find_zero_point(Calibration([header]), GENERAL_ZERO_POINTS)
    assert math.isnan(value)
    assert "MAGZP, of Vega magnitudes" in remarks["zero point"]


@pytest.mark.parametrize(
    ("cards", "used", "other"),
    [
        ({"BUNIT": "uJy", "MAGZERO": 30.0}, 23.9, "30.00"),
        ({"MAGZPT": 25.0, "PHOTZP": 27.0}, 25.0, "27.00"),
        ({"MAGZERO": 25.0, "FLUXMAG0": 1e12}, 25.0, "30.00"),
    ],
)
def test_a_contradiction_is_told_with_what_was_used(cards, used, other):
    value, _, remarks = find(cards)
    assert value == pytest.approx(used)
    assert f"{used:.2f}" in remarks["zero point"] and other in remarks["zero point"]


def test_cards_that_agree_are_no_contradiction():
    assert not find({"BUNIT": "nJy", "MAGZERO": 31.4, "MAGZPT": "31.40"})[2]


@pytest.mark.parametrize(
    ("cards", "told"),
    [
        ({"BUNIT": "adu", "MAGZERO": 25.0, "EXPTIME": 100.0}, "--zero-point 30.00"),
        ({"MAGZERO": 25.0, "EXPTIME": 100.0}, "--zero-point 30.00"),
        ({"BUNIT": "adu/s", "MAGZERO": 25.0, "EXPTIME": 100.0}, ""),
        ({"BUNIT": "nJy", "EXPTIME": 100.0}, ""),
        ({"MAGZERO": 25.0, "EXPTIME": 1.0}, ""),
        ({"HIERARCH FPA.ZP": 25.0}, "no EXPTIME"),
    ],
)
def test_the_exposure_time_is_told_where_it_may_matter(cards, told):
    remarks = find(cards)[2]
    assert told in remarks.get("exposure time", "")
    assert bool(remarks) == bool(told)
