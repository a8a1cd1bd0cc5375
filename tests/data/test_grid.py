import numpy as np
import pytest
from astropy.wcs import WCS

from meas_blends.data.coadd import Coadd
from meas_blends.data.grid import check_same_grid
from meas_blends.errors import BadInputError


def wcs(ra=0.0001, shift=0.0):
    """Tangent plane of 0.2 arcsec pixels near the zero of right ascension."""
    made = WCS(naxis=2)
    made.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    made.wcs.crval = [ra, 2.0]
    made.wcs.crpix = [20.0 + shift, 20.0]
    made.wcs.cdelt = [-0.2 / 3600, 0.2 / 3600]
    return made


def coadd(name="a.fits", shape=(40, 50), **fields):
    return Coadd(np.zeros(shape), name=name, **fields)


def test_bands_of_one_grid():
    check_same_grid(coadd(wcs=wcs()), coadd("b.fits", wcs=wcs(shift=0.05)))
    # Where only one has a WCS, shape and origin must do.
    check_same_grid(coadd(wcs=wcs()), coadd("b.fits"))
    check_same_grid(coadd(), coadd("b.fits"))


def test_the_zero_of_right_ascension_is_no_distance():
    check_same_grid(coadd(wcs=wcs(ra=0.0)), coadd("b.fits", wcs=wcs(ra=360.0)))


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"shape": (40, 51)}, r"b\.fits: has 51 x 40 pixels and a\.fits 50 x 40; bands of one"),
        ({"xy0": (3, 0)}, r"b\.fits: has its first pixel at \(3, 0\) and a\.fits at \(0, 0\)"),
        ({"wcs": wcs(shift=2.0)}, r"b\.fits: has another WCS than a\.fits"),
    ],
)
def test_other_grids_are_told(other, message):
    with pytest.raises(BadInputError, match=message):
        check_same_grid(coadd(wcs=wcs()), coadd("b.fits", **other))
