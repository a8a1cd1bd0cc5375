"""Celestial WCSs out of headers of all ages, against astropy's own reading."""

import numpy as np
import pytest
from astropy.coordinates import FK4, FK5, SkyCoord
from astropy.io.fits import Header

from meas_blends.data.fits.sky import read_wcs

TAN = {
    "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 10.0, "CRVAL2": -30.0,
    "CRPIX1": 5.0, "CRPIX2": 6.0, "CDELT1": -1e-4, "CDELT2": 1e-4,
}  # fmt: skip


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


def place(cards, x=4.0, y=5.0):
    """ICRS position of an array pixel, by default the reference pixel."""
    wcs = read_wcs([Header(cards)], (10, 12))
    assert wcs is not None
    assert wcs.naxis == 2
    return wcs.pixel_to_world(x, y).icrs


B1950 = SkyCoord(10.0, -30.0, unit="deg", frame=FK4(equinox="B1950")).icrs
J2000 = SkyCoord(10.0, -30.0, unit="deg", frame=FK5(equinox="J2000")).icrs
ICRS = SkyCoord(10.0, -30.0, unit="deg")


@pytest.mark.parametrize(
    ("cards", "truth"),
    [
        ({"EPOCH": 1950.0}, B1950),
        ({"EPOCH": "1950"}, B1950),
        ({"EQUINOX": "B1950.0"}, B1950),
        ({"EQUINOX": "1950.0"}, B1950),
        ({"RADESYS": "B1950"}, B1950),
        ({"RADECSYS": "FK4", "EQUINOX": 1950.0}, B1950),
        ({"EPOCH": 1950.0, "EQUINOX": 2000.0}, J2000),
        ({"EPOCH": 2000.0}, J2000),
        ({"EQUINOX": "J2000.0"}, J2000),
        ({"EQUINOX": "J2000", "RADESYS": "J2000"}, J2000),
        ({"RADESYS": "fk5 ", "EQUINOX": "2000"}, J2000),
        ({"RADESYS": "Gaia"}, ICRS),
        ({"RADESYS": "icrs", "EQUINOX": "of date"}, ICRS),
        ({"RADESYS": " ICRS"}, ICRS),
        ({}, ICRS),
    ],
)
def test_the_reference_system_is_the_one_that_is_meant(cards, truth):
    assert place({**TAN, **cards}).separation(truth).arcsec < 1e-6


@pytest.mark.parametrize(
    "cards",
    [
        {"PC001001": -1.0, "PC001002": 0.0, "PC002001": 0.0, "PC002002": 1.0, "CDELT1": 1e-4},
        {"CD001001": -1e-4, "CD001002": 0.0, "CD002001": 0.0, "CD002002": 1e-4},
        {"CROTA2": 0.0},
        {"WCSAXES": 3, "CTYPE3": "WAVE", "CRVAL3": 7e-7, "CRPIX3": 1.0, "CDELT3": 1e-7},
        {"CTYPE3": "FREQ", "CRVAL3": 1e9, "CRPIX3": 1.0, "CDELT3": 1e6, "CUNIT3": "Hz",
         "CTYPE4": "STOKES", "CRVAL4": 1.0, "CRPIX4": 1.0, "CDELT4": 1.0},
        {"OBSGEO-X": "unknown", "MJD-OBS": "never", "DATE-OBS": "yesterday"},
        {"CPDIS1": "LOOKUP", "CPERR1": 0.1},
        {"HISTORY": "CTYPE1", "CTYPE1P": 5.0, "WCSNAMEO": "x", "CRVAL1O": "text"},
    ],
)  # fmt: skip
def test_old_and_surplus_cards_do_no_harm(cards):
    cards = {**TAN, **cards}
    if "CD001001" in cards:
        del cards["CDELT1"], cards["CDELT2"]
    plain = read_wcs([Header(TAN)]).pixel_to_world(9.0, 1.0)
    assert place(cards, 9.0, 1.0).separation(plain).arcsec < 1e-6


def test_a_sky_on_other_axes_than_the_images_is_none():
    cards = {"CTYPE1": "WAVE", "CRVAL1": 7e-7, "CRPIX1": 1.0, "CDELT1": 1e-7, "CUNIT1": "m"}
    for axis, kind in (("2", "RA---TAN"), ("3", "DEC--TAN")):
        cards |= {f"CTYPE{axis}": kind, f"CRVAL{axis}": 10.0, f"CDELT{axis}": 1e-4}
    assert read_wcs([Header(cards)], (10, 12)) is None


def test_the_middle_counts_where_a_corner_is_off_the_sky():
    # The whole sky in one image: its corners are nowhere.
    cards = {"CTYPE1": "RA---AIT", "CTYPE2": "DEC--AIT", "CRVAL1": 0.0, "CRVAL2": 0.0,
             "CRPIX1": 180.5, "CRPIX2": 90.5, "CDELT1": -1.0, "CDELT2": 1.0}  # fmt: skip
    assert read_wcs([Header(cards)], (180, 360)) is not None
    assert read_wcs([Header(cards)]) is None
