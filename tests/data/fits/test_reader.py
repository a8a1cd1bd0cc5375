import bz2
import gzip
import lzma

import numpy as np
import pytest
from astropy.io import fits

from meas_blends.data.coadd import Coadd
from meas_blends.data.fits import read_coadd, write_coadd
from meas_blends.errors import BadInputError


def refusal(path):
    """The one sentence that says why a file cannot be read."""
    with pytest.raises(BadInputError) as caught:
        read_coadd(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert message.endswith(".")
    assert "\n" not in message
    return message


@pytest.fixture
def whole(tmp_path):
    rng = np.random.default_rng(1)
    write_coadd(
        Coadd(rng.normal(size=(60, 50)), variance=np.ones((60, 50))), tmp_path / "whole.fits"
    )
    return tmp_path / "whole.fits"


def test_missing_file_and_folder(tmp_path):
    assert "no such file" in refusal(tmp_path / "nowhere.fits")
    assert "a folder, not a file" in refusal(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"not FITS at all", b"SIMPLE  =", b"\x1f\x8b\x00", bytes(5000)]
)
def test_what_is_not_fits(tmp_path, content):
    path = tmp_path / "wrong.fits"
    path.write_bytes(content)
    refusal(path)


def test_the_words_for_what_is_not_fits(tmp_path, whole):
    other = tmp_path / "other.fits"
    for content, words in (
        (b"x y flux", "not a FITS file"),
        (gzip.compress(whole.read_bytes())[:9000], "cut short"),
        (bz2.compress(whole.read_bytes())[:9000], "cut short"),
        (b"PK\x03\x04junk", "cut short or damaged"),
    ):
        other.write_bytes(content)
        assert words in refusal(other)


@pytest.mark.parametrize("share", [0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.97])
def test_truncated_file(whole, share):
    content = whole.read_bytes()
    whole.write_bytes(content[: int(share * len(content))])
    refusal(whole)


@pytest.mark.parametrize("share", [0.1, 0.4, 0.6, 0.95, 0.999])
@pytest.mark.parametrize("module", [gzip, bz2, lzma])
def test_truncated_compressed_file(whole, tmp_path, module, share):
    # Never an image without the variance and the mask that were cut off.
    content = module.compress(whole.read_bytes())
    path = tmp_path / "cut.fits.gz"
    path.write_bytes(content[: int(share * len(content))])
    assert "cut short" in refusal(path)


def test_damaged_compressed_image(tmp_path):
    rng = np.random.default_rng(1)
    path = tmp_path / "rice.fits"
    hdu = fits.CompImageHDU(rng.normal(size=(100, 100)).astype(np.float32), name="IMAGE")
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path)
    content = bytearray(path.read_bytes())
    content[-8000:-1000:2] = bytes(3500)
    path.write_bytes(bytes(content[: len(content) - 2880]))
    refusal(path)


def test_gzip_and_compressed_hdus(whole, tmp_path):
    path = tmp_path / "whole.fits.gz"
    path.write_bytes(gzip.compress(whole.read_bytes()))
    assert np.array_equal(read_coadd(path).image, read_coadd(whole).image)


def test_file_is_closed(whole):
    coadd = read_coadd(whole)
    whole.write_bytes(b"")
    assert coadd.image.std() == pytest.approx(1.0, rel=0.1)


def test_a_catalogue_is_no_image(shared_data):
    assert "holds no image" in refusal(shared_data / "real" / "lsst_deepCoadd_meas_HSC.fits")


def test_real_frame_of_16_bits(shared_data):
    coadd = read_coadd(shared_data / "real" / "emmi_256.fits")
    assert coadd.shape == (256, 256)
    assert coadd.image.max() == pytest.approx(98528.234, rel=0.01)
    assert coadd.wcs is None
    assert np.isnan(coadd.zero_point)
