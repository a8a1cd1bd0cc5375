"""Files that open, and the sentence for each that does not."""

import bz2
import gzip
import lzma
import warnings

import numpy as np
import pytest
from astropy.io import fits

from meas_blends.data.fits.opening import open_fits
from meas_blends.errors import BadInputError

RAMP = np.arange(6000.0).reshape(60, 100)
CUT = "the file is cut short or damaged; copy it anew."


@pytest.fixture
def path(tmp_path):
    """A whole file of two images."""
    fits.HDUList([fits.PrimaryHDU(RAMP), fits.ImageHDU(RAMP + 1)]).writeto(tmp_path / "f.fits")
    return tmp_path / "f.fits"


def refusal(path, inside=None):
    """What is said of a file, after its name; ``inside`` is raised while it is read."""
    with pytest.raises(BadInputError) as caught, open_fits(path):
        assert inside is not None, "the file must not be given out"
        raise inside
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


@pytest.mark.parametrize("module", [None, gzip, bz2, lzma])
def test_plain_and_compressed_files(path, module):
    if module:
        # By its content, not by its name.
        path.write_bytes(module.compress(path.read_bytes()))
    with open_fits(str(path)) as hdus:
        assert len(hdus) == 2
        assert np.array_equal(hdus[1].data, RAMP + 1)


def test_blank_pixels_of_an_unsigned_image_are_nan(tmp_path):
    hdu = fits.PrimaryHDU(np.arange(4, dtype=np.int16).reshape(2, 2))
    hdu.header.update(BZERO=32768, BLANK=3)
    hdu.writeto(tmp_path / "f.fits")
    with open_fits(tmp_path / "f.fits") as hdus:
        expected = [[32768, 32769], [32770, np.nan]]
        assert np.array_equal(hdus[0].data, expected, equal_nan=True)


def test_what_is_not_there(tmp_path):
    (tmp_path / "empty.fits").touch()
    ask = "give the path of a FITS image."
    assert refusal(tmp_path / "no.fits") == f"no such file; {ask}"
    assert refusal(tmp_path) == f"a folder, not a file; {ask}"
    assert refusal(tmp_path / "empty.fits") == "the file is empty; copy it anew."


def test_another_kind_of_file(path):
    path.write_bytes(b"x y flux\n1 2 3\n")
    assert refusal(path) == "not a FITS file; give a FITS image."


@pytest.mark.parametrize("module", [None, gzip, bz2, lzma])
def test_a_file_that_is_cut_is_not_given_out(path, module):
    content = path.read_bytes()
    content = module.compress(content) if module else content
    path.write_bytes(content[: int(0.9 * len(content))])
    assert refusal(path) == CUT


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("odd header.\nand more"), "odd header"),
        (KeyError(), "KeyError"),
        (PermissionError(13, "Permission denied"), "Permission denied"),
    ],
)
def test_an_error_while_it_is_read_becomes_one_sentence(path, error, reason):
    expected = f"not a readable FITS file ({reason}); give a whole FITS image."
    assert refusal(path, error) == expected


def test_an_error_after_a_warning_of_missing_parts(path):
    with pytest.raises(BadInputError, match="cut short"), open_fits(path):
        warnings.warn("File may have been truncated", stacklevel=1)
        raise TypeError("buffer is too small")


@pytest.mark.parametrize("error", [BadInputError("mask: wrong."), ZeroDivisionError("by zero")])
def test_other_errors_pass_as_they_are(path, error):
    with pytest.raises(type(error)) as caught, open_fits(path):
        raise error
    assert caught.value is error
