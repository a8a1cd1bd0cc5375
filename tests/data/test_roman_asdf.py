"""Images of Roman in ASDF, as plain trees."""

import math

import numpy as np
import pytest

from meas_blends.data.fits import read_band, read_coadd
from meas_blends.data.image_names import image_stem
from meas_blends.data.roman_asdf import is_asdf
from meas_blends.errors import BadInputError

SCALE = 0.055
AREA = math.radians(SCALE / 3600.0) ** 2
IMAGE = np.random.default_rng(1).normal(0.0, 3.0, (30, 40))
WCSINFO = {
    "ra_ref": 150.0, "dec_ref": 2.0, "x_ref": 30.0, "y_ref": 25.0, "pixel_scale": SCALE,
    "rotation_matrix": [[-1.0, 0.0], [0.0, 1.0]], "projection": "TAN",
}  # fmt: skip
META = {"instrument": {"name": "WFI", "optical_element": "F158"}}


@pytest.fixture
def write(tmp_path):
    asdf = pytest.importorskip("asdf", reason="asdf is not installed")

    def write(tree, name="roman"):
        asdf.AsdfFile({name: tree}).write_to(tmp_path / "r.asdf")
        return tmp_path / "r.asdf"

    return write


def mosaic(**more):
    scale = 1e-15 / AREA
    return {
        "meta": {**META, "wcsinfo": WCSINFO},
        "data": (IMAGE * scale).astype("f4"),
        "err": np.full(IMAGE.shape, 3.0 * scale, "f2"),
        "weight": np.full(IMAGE.shape, 7.0, "f4"),
        **more,
    }


def test_a_mosaic(write):
    path = write(mosaic())
    assert is_asdf(path)
    coadd = read_coadd(path)
    assert np.allclose(coadd.image * coadd.nanojansky_per_count, IMAGE, atol=1e-3)
    variance = coadd.variance * coadd.nanojansky_per_count**2
    assert variance == pytest.approx(np.full(IMAGE.shape, 9.0), rel=2e-3)
    ra, dec = coadd.sky([30.0, 31.0], [25.0, 25.0])
    assert (ra[0], dec[0]) == (pytest.approx(150.0), pytest.approx(2.0))
    assert ra[1] < ra[0]
    assert coadd.pixel_scale == pytest.approx(SCALE, rel=1e-6)
    assert (coadd.band, read_band(path)) == ("F158", "F158")
    assert not coadd.remarks
    assert image_stem(path) == "r"


def test_an_exposure_whose_wcs_cannot_be_evaluated_is_told(write):
    quality = np.zeros(IMAGE.shape, "u4")
    quality[:, :5], quality[:, 5:8] = 1, 4
    photometry = {"conversion_megajanskys": 0.5, "pixel_area": AREA}
    tree = {
        "meta": {**META, "photometry": photometry, "wcs": {"steps": []}},
        "data": (IMAGE * 1e-15 / AREA / 0.5).astype("f4"),
        "dq": quality,
    }
    coadd = read_coadd(write(tree))
    assert np.allclose(coadd.image * coadd.nanojansky_per_count, IMAGE, atol=1e-3)
    assert np.array_equal(coadd.bad, quality == 1)
    assert "gwcs" in coadd.remarks["WCS"]
    assert "pixel scale" in coadd.remarks


def test_what_the_user_gives(write, tmp_path):
    from astropy.io import fits

    fits.writeto(tmp_path / "m.fits", np.eye(30, 40, dtype="i4"))
    coadd = read_coadd(write(mosaic()), 25.0, mask=tmp_path / "m.fits")
    assert coadd.zero_point == 25.0
    assert np.array_equal(coadd.in_planes("SAT"), np.zeros((30, 40), bool))
    assert np.array_equal(coadd.bad, np.eye(30, 40, dtype=bool))
    with pytest.raises(BadInputError, match="read as a whole; leave out --hdu"):
        read_coadd(write(mosaic()), hdu="1")


def test_what_is_none_gets_one_sentence(write, tmp_path):
    path = write(mosaic())
    content = path.read_bytes()
    cut = tmp_path / "cut.asdf"
    cut.write_bytes(content[: len(content) // 8])
    for wrong, words in (
        (write({"a": 1}, "jwst"), "something else than Roman"),
        (cut, "cut.asdf: "),
    ):
        with pytest.raises(BadInputError, match=words) as caught:
            read_coadd(wrong)
        assert str(caught.value).endswith(".") and "\n" not in str(caught.value)
    with pytest.raises(BadInputError, match="holds no 2-D Roman image"):
        read_coadd(write({"meta": META, "data": np.zeros(5)}))


def test_without_asdf_the_extra_is_named(tmp_path, monkeypatch):
    import sys

    (tmp_path / "r.asdf").write_bytes(b"#ASDF 1.0.0\n")
    monkeypatch.setitem(sys.modules, "asdf", None)
    with pytest.raises(BadInputError, match=r"pip install 'meas_blends\[roman\]'"):
        read_coadd(tmp_path / "r.asdf")
