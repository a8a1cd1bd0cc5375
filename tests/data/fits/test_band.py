import numpy as np
import pytest
from astropy.io import fits

from meas_blends.data.fits import read_band, read_coadd
from meas_blends.errors import BadInputError


@pytest.mark.parametrize(
    ("cards", "band"),
    [({"BAND": "r"}, "r"), ({"FILTER": "HSC-I2"}, "i"), ({"FILTER": "none"}, ""), ({}, "")],
)
def test_the_header_tells_the_band(tmp_path, cards, band):
    fits.writeto(tmp_path / "a.fits", np.zeros((4, 4)), fits.Header(cards))
    assert read_band(tmp_path / "a.fits") == band


def test_the_primary_header_of_an_extension_counts(tmp_path):
    primary = fits.PrimaryHDU(header=fits.Header({"FILTER": "g"}))
    fits.HDUList([primary, fits.ImageHDU(np.zeros((4, 4)))]).writeto(tmp_path / "a.fits")
    assert read_band(tmp_path / "a.fits") == "g"


def test_an_exposure_of_the_pipelines(shared_data):
    for name in ("lsst_deepCoadd_meas_HSC.fits", "lsst_exposure_hsc_r_m31.fits"):
        path = shared_data / "real" / name
        try:
            band = read_coadd(path).band
        except BadInputError:
            # A catalogue, not an image.
            continue
        assert read_band(path) == band
        assert band == "r"


def test_a_file_that_is_no_fits(tmp_path):
    (tmp_path / "a.fits").write_text("no")
    with pytest.raises(BadInputError, match="not a FITS file"):
        read_band(tmp_path / "a.fits")
