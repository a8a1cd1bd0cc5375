"""FITS files by chance: whatever is in the file, one sentence or a coadd comes out."""

import gzip
import io

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meas_blends.data.coadd import Coadd
from meas_blends.data.fits import read_band, read_coadd, write_coadd
from meas_blends.errors import BadInputError

BY_CHANCE = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

#: Cards that some reader believes, ours or astropy's.
KEYS = (
    "SIMPLE XTENSION BITPIX NAXIS NAXIS1 NAXIS2 NAXIS3 PCOUNT GCOUNT GROUPS EXTEND BSCALE BZERO"
    " BLANK EXTNAME EXTTYPE AR_HDU PSF_ID SKYWCS_ID TFIELDS TFORM1 TTYPE1 THEAP ZIMAGE ZBITPIX"
    " ZNAXIS ZNAXIS1 ZNAXIS2 ZTILE1 ZTILE2 ZCMPTYPE ZQUANTIZ ZDITHER0 MAGZERO BUNIT BAND FILTER"
    " LTV1 LTV2 PIXSCALE CTYPE1 CTYPE2 CRVAL1 CRPIX2 CD1_1 CD1_2 CDELT1 PC1_1 RADESYS EQUINOX"
    " A_ORDER A_2_0 LONPOLE WCSAXES MP_BAD FLUXMAG0 END"
).split()
VALUES = st.one_of(
    st.sampled_from(
        ["T", "F", "0", "-1", "1", "2", "7", "16", "-32", "-64", "999", "1000000000", "1E400"]
    ),
    st.sampled_from(["NaN", "'NaN'", "'RA---TAN'", "'FREQ'", "'IMAGE'", "'x", "''", "", "/", "(1"]),
    st.integers(-(2**70), 2**70).map(str),
    st.floats().map(repr),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60),
)


def content(hdus):
    file = io.BytesIO()
    hdus.writeto(file)
    return file.getvalue()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Whole files to damage: our layout, a tile-compressed one, an Exposure's."""
    rng = np.random.default_rng(1)
    image = rng.normal(size=(12, 14)).astype(np.float32)
    mask = np.zeros((12, 14), np.int32)
    own = tmp_path_factory.mktemp("fits") / "own.fits"
    write_coadd(
        Coadd(image, np.ones_like(image), mask, psf=np.ones((3, 3)), zero_point=27.0, xy0=(5, 6)),
        own,
    )
    tiles = fits.CompImageHDU(image, compression_type="GZIP_1", name="IMAGE", tile_shape=(4, 14))
    primary = fits.PrimaryHDU()
    primary.header["AR_HDU"] = 5
    index = [fits.Column(key, "J", array=[1]) for key in ("id", "cat.archive", "row0", "nrows")]
    index += [fits.Column("cat.persistable", "J", array=[0])]
    index += [fits.Column("name", "16A", array=["KernelPsf"])]
    planes = [fits.ImageHDU(plane) for plane in (image, mask, np.ones_like(image))]
    for kind, plane in zip(("IMAGE", "MASK", "VARIANCE"), planes, strict=True):
        plane.header.update(EXTTYPE=kind, CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CD1_1=-1e-4)
        plane.header.update(CRVAL1=10.0, CRVAL2=2.0, CD2_2=1e-4)
    return {
        "own": own.read_bytes(),
        "compressed": content(fits.HDUList([fits.PrimaryHDU(), tiles])),
        "exposure": content(fits.HDUList([primary, *planes, fits.BinTableHDU.from_columns(index)])),
    }


def outcome(path, raw):
    """Read a file: its coadd, or the sentence that says why there is none."""
    path.write_bytes(raw)
    found = []
    for read in (read_coadd, read_band):
        try:
            found.append(read(path))
        except BadInputError as error:
            message = str(error)
            assert message.startswith(f"{path}: ") and message.endswith(".")
            assert "\n" not in message
            found.append(message)
    if isinstance(found[0], Coadd):
        assert found[0].image.ndim == 2
        assert found[0].mask.shape == found[0].shape
        # What is taken for a WCS gives coordinates.
        found[0].sky(np.array([0.0]), np.array([0.0]))
    return found[0]


@st.composite
def cards(draw, raw):
    """Bytes of a file, some of whose cards are others."""
    raw = bytearray(raw)
    starts = [at for at in range(0, len(raw), 80) if raw[at + 8 : at + 10] == b"= "]
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.sampled_from(starts))
        key = draw(st.sampled_from(KEYS))
        if draw(st.booleans()):
            # The value of a card that is there, rather than another card.
            key = raw[at : at + 8].decode().strip()
        card = f"{key:<8}= {draw(VALUES)}"[:80].ljust(80)
        raw[at : at + 80] = card.encode()
    return bytes(raw)


@pytest.mark.parametrize("kind", ["own", "compressed", "exposure"])
@BY_CHANCE
@given(data=st.data())
def test_odd_headers(files, tmp_path, kind, data):
    outcome(tmp_path / "f.fits", data.draw(cards(files[kind])))


@pytest.mark.parametrize("kind", ["own", "compressed", "exposure"])
@BY_CHANCE
@given(data=st.data())
def test_damaged_bytes(files, tmp_path, kind, data):
    raw = bytearray(files[kind])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(1, 8))] = data.draw(st.binary(max_size=12))
    outcome(tmp_path / "f.fits", bytes(raw))


@BY_CHANCE
@given(data=st.data())
def test_files_that_are_cut(files, tmp_path, data):
    raw = files[data.draw(st.sampled_from(sorted(files)))]
    if data.draw(st.booleans()):
        raw = gzip.compress(raw, mtime=0)
    # A plain file ends with padding, which may be cut off and no pixel be lost.
    found = outcome(tmp_path / "f.fits", raw[: data.draw(st.integers(0, len(raw) - 1))])
    assert isinstance(found, str)


@BY_CHANCE
@given(
    shape=st.lists(st.integers(0, 5), min_size=1, max_size=4),
    dtype=st.sampled_from(["u1", "i2", "i4", "i8", "f4", "f8"]),
    seed=st.integers(0, 9),
)
def test_images_of_any_shape(tmp_path, shape, dtype, seed):
    pixels = np.random.default_rng(seed).integers(-5, 5, shape).astype(dtype)
    found = outcome(tmp_path / "f.fits", content(fits.HDUList([fits.PrimaryHDU(pixels)])))
    flat = shape
    while len(flat) > 2 and flat[0] == 1:
        flat = flat[1:]
    if len(flat) == 2 and 0 not in flat:
        assert np.array_equal(found.image, pixels.reshape(flat).astype(np.float32))
    else:
        assert "give" in found
