"""Units of pixels in the words of many surveys."""

import math

import pytest

from meas_blends.data.fits.flux_units import UnitKind, read_unit


@pytest.mark.parametrize(
    ("text", "magnitude"),
    [
        ("nJy", 31.4),
        ("nJy/pixel", 31.4),
        ("nJy pixel-1", 31.4),
        ("nJy / pix", 31.4),
        ("nJy per pixel", 31.4),
        ("AB nJy", 31.4),
        ("nJy (AB)", 31.4),
        ("NJY", 31.4),
        ("nanoJansky", 31.4),
        ("10*nanoJansky", 28.9),
        ("10.0*nanoJansky", 28.9),
        ("10 nJy", 28.9),
        ("1e-9 Jy", 31.4),
        ("1.0E-09 Jy", 31.4),
        ("uJy", 23.9),
        ("microJy", 23.9),
        ("muJy", 23.9),
        ("micro-Jansky", 23.9),
        ("µJy", 23.9),
        ("mJy", 16.4),
        ("Jy", 8.9),
        ("Jy/pixel", 8.9),
        ("Jansky", 8.9),
        ("janskys", 8.9),
        ("nanomaggy", 22.5),
        ("nanomaggies", 22.5),
        ("nMgy", 22.5),
        ("maggies", 0.0),
        ("erg/s/cm^2/Hz", -48.6),
        ("erg / (s cm2 Hz)", -48.6),
    ],
)
def test_units_of_flux(text, magnitude):
    unit = read_unit(text)
    assert unit.kind is UnitKind.FLUX
    assert 31.4 - 2.5 * math.log10(unit.nanojansky) == pytest.approx(magnitude, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "nanojansky"),
    [
        ("MJy/sr", 1e15),
        ("MJy sr-1", 1e15),
        ("MJY/SR", 1e15),
        ("MJy / steradian", 1e15),
        ("uJy/arcsec^2", 1e3 * math.degrees(3600.0) ** 2),
        ("uJy / arcsec2", 1e3 * math.degrees(3600.0) ** 2),
        ("nanomaggy/arcsec2", 10**3.56 * math.degrees(3600.0) ** 2),
    ],
)
def test_units_of_brightness(text, nanojansky):
    unit = read_unit(text)
    assert unit.kind is UnitKind.BRIGHTNESS
    assert unit.nanojansky == pytest.approx(nanojansky, rel=1e-9)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("mag(AB)", UnitKind.MAGNITUDE),
        ("mag", UnitKind.MAGNITUDE),
        ("ABmag", UnitKind.MAGNITUDE),
        ("AB mag", UnitKind.MAGNITUDE),
        ("mag/arcsec2", UnitKind.MAGNITUDE),
        ("magnitudes", UnitKind.MAGNITUDE),
        ("adu", UnitKind.COUNTS),
        ("ADU", UnitKind.COUNTS),
        ("DN", UnitKind.COUNTS),
        ("COUNTS", UnitKind.COUNTS),
        ("e-", UnitKind.COUNTS),
        ("electrons", UnitKind.COUNTS),
        ("ELECTRONS/S", UnitKind.RATE),
        ("e-/s", UnitKind.RATE),
        ("electron s-1", UnitKind.RATE),
        ("DN/s", UnitKind.RATE),
        ("counts/sec", UnitKind.RATE),
        ("cps", UnitKind.RATE),
        ("", UnitKind.UNKNOWN),
        ("?!", UnitKind.UNKNOWN),
        ("mJy/beam", UnitKind.UNKNOWN),
        ("erg/s/cm2/Angstrom", UnitKind.UNKNOWN),
        ("dex", UnitKind.UNKNOWN),
    ],
)
def test_what_gives_no_flux(text, kind):
    unit = read_unit(text)
    assert unit.kind is kind
    assert math.isnan(unit.nanojansky)
