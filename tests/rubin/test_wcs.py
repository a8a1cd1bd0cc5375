"""Projections that FITS has no words for."""

import numpy as np
import pytest

NEEDED = "lsst.images, which wants Python 3.12 or later, is not installed: bin/test-rubin has it"
pytest.importorskip("lsst.images", reason=NEEDED)

from meas_blends.rubin.wcs import wcs_of
from rubin_toys import boxed, sip_wcs

BOX = boxed((400, 500), (1000, -30))


class Projection:
    """A distorted projection, as if it were none of FITS."""

    def __init__(self, approximation=None):
        self.approximation = approximation
        self.exact = sip_wcs(1e-5)

    def as_fits_wcs(self, box, allow_approximation=False):
        return self.approximation if allow_approximation else None

    def pixel_to_sky(self, x, y):
        return self.exact.pixel_to_world(x - BOX.x.start, y - BOX.y.start)


def separation(wcs):
    x, y = np.meshgrid(np.linspace(0, 499, 7), np.linspace(0, 399, 9))
    apart = wcs.pixel_to_world(x, y).separation(sip_wcs(1e-5).pixel_to_world(x, y))
    return apart.to_value("arcsec").max()


def test_it_is_sampled_and_fitted():
    wcs, origin = wcs_of(Projection(), BOX)
    assert separation(wcs) < 0.01
    assert "fit to the sky projection" in origin


def test_an_approximation_of_its_own_is_taken_and_its_error_told():
    plain = sip_wcs()
    wcs, origin = wcs_of(Projection(plain), BOX)
    assert wcs is plain
    assert separation(plain) > 0.1
    assert float(origin.split("at most ")[1].split()[0]) == pytest.approx(separation(plain), 0.1)


def test_none_stays_none():
    assert wcs_of(None, BOX) == (None, "none")
