"""What a header promises is checked before it is believed."""

import gzip
import io

import numpy as np
import pytest
from astropy.io import fits

from meas_blends.data.fits import read_coadd
from meas_blends.data.fits.structure import check_structure
from meas_blends.errors import BadInputError

PIXELS = np.arange(600.0, dtype=np.float32).reshape(20, 30)


def header(*cards):
    """One header of these cards, as bytes."""
    text = "".join(card.ljust(80) for card in (*cards, "END"))
    return text.ljust(-(-len(text) // 2880) * 2880).encode("latin-1")


def primary(**values):
    sizes = {"BITPIX": -32, "NAXIS": 2, "NAXIS1": 30, "NAXIS2": 20, **values}
    cards = [f"{key:<8}= {value:>20}" for key, value in sizes.items() if value is not None]
    return header(f"{'SIMPLE':<8}= {'T':>20}", *cards) + PIXELS.tobytes().ljust(2880, b"\0")


def whole():
    tiles = fits.CompImageHDU(PIXELS, compression_type="GZIP_1", tile_shape=(5, 30))
    table = fits.BinTableHDU.from_columns([fits.Column("a", "PE()", array=[[1.0], [2.0, 3.0]])])
    for hdus in (
        [fits.PrimaryHDU(PIXELS), fits.ImageHDU(PIXELS.astype(np.int16)), tiles, table],
        [fits.PrimaryHDU(), fits.ImageHDU()],
    ):
        file = io.BytesIO()
        fits.HDUList(hdus).writeto(file)
        yield file.getvalue()
    # Random groups: three of one parameter and 4 x 5 numbers.
    yield primary(NAXIS=3, NAXIS1=0, NAXIS2=4, NAXIS3=5, GROUPS="T", PCOUNT=1, GCOUNT=3)


@pytest.mark.parametrize("content", list(whole()))
def test_the_end_of_a_whole_file(content):
    assert check_structure(io.BytesIO(content), "f") == len(content)
    # What follows is not ours to judge.
    assert check_structure(io.BytesIO(content + b"junk" * 2000), "f") == len(content)


def test_what_is_not_fits_ends_at_once():
    assert check_structure(io.BytesIO(b"x y flux\n" * 1000), "f") == 0
    assert check_structure(io.BytesIO(b""), "f") == 0


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"NAXIS": 10**9}, "NAXIS of HDU 0 is 1000000000, which cannot be"),
        ({"NAXIS": None}, "NAXIS of HDU 0 is missing"),
        ({"NAXIS1": -30}, "NAXIS1 of HDU 0 is -30"),
        ({"NAXIS2": 20.5}, "NAXIS2 of HDU 0 is 20.5"),
        ({"NAXIS2": "'twenty'"}, "NAXIS2 of HDU 0 is 'twenty'"),
        ({"BITPIX": 7}, "BITPIX of HDU 0 is 7"),
        ({"PCOUNT": -1}, "PCOUNT of HDU 0 is -1"),
        ({"GCOUNT": 2**62}, "by its header HDU 0 takes"),
        ({"NAXIS1": 2**40, "NAXIS2": 2**40}, "by its header HDU 0 takes"),
    ],
)
def test_sizes_that_cannot_be(tmp_path, values, words):
    path = tmp_path / "f.fits"
    for content in (primary(**values), gzip.compress(primary(**values))):
        path.write_bytes(content)
        with pytest.raises(BadInputError, match=words) as caught:
            read_coadd(path)
        assert str(caught.value).startswith(f"{path}: ")


def test_a_header_without_end(tmp_path):
    path = tmp_path / "f.fits"
    path.write_bytes(primary()[:80].ljust(33 * 2**20))
    with pytest.raises(BadInputError, match="header of HDU 0 does not end within 32 MB"):
        read_coadd(path)


def compressed(tmp_path, tile_shape=(5, 30), **values):
    """A compressed image that says other sizes than it has."""
    tiles = fits.CompImageHDU(PIXELS, compression_type="GZIP_1", tile_shape=tile_shape)
    fits.HDUList([fits.PrimaryHDU(), tiles]).writeto(tmp_path / "f.fits")
    raw = (tmp_path / "f.fits").read_bytes()
    for key, value in values.items():
        at = raw.index(f"{key:<8}= ".encode())
        raw = raw[:at] + f"{key:<8}= {value:>20}".encode() + raw[at + 30 :]
    (tmp_path / "f.fits").write_bytes(raw)
    return tmp_path / "f.fits"


def test_a_compressed_image_of_other_tiles_than_it_has(tmp_path):
    with pytest.raises(BadInputError, match="should have 50000 tiles and has 4; copy"):
        read_coadd(compressed(tmp_path, ZNAXIS2=250_000))


def test_a_compressed_image_larger_than_memory(tmp_path):
    huge = {key: 10**8 for key in ("ZNAXIS1", "ZNAXIS2", "ZTILE1", "ZTILE2")}
    with pytest.raises(BadInputError, match="GB, more than this machine's memory; cut it"):
        read_coadd(compressed(tmp_path, tile_shape=(20, 30), **huge))


def test_what_follows_the_image_in_a_compressed_file_is_not_expanded(tmp_path):
    path = tmp_path / "f.fits.gz"
    with gzip.open(path, "wb") as file:
        file.write(primary())
        for _ in range(30):
            file.write(bytes(10**6))
    assert np.array_equal(read_coadd(path).image.shape, PIXELS.shape)


def test_a_compressed_file_larger_than_memory(tmp_path, monkeypatch):
    path = tmp_path / "f.fits.gz"
    path.write_bytes(gzip.compress(primary()))
    monkeypatch.setattr("meas_blends.data.fits.opening.physical_memory", lambda: 5000)
    with pytest.raises(BadInputError, match=r"uncompressed it takes .* GB, more than"):
        read_coadd(path)
