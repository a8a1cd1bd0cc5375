from pathlib import Path

import pytest

from meas_blends.data.image_names import band_rank, image_stem, split_name


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("a.fits", "a"),
        ("a.b.FITS", "a.b"),
        ("a.fits.gz", "a"),
        ("a.fit.fz", "a"),
        ("a.fits.xz", "a"),
        ("a.dat", "a.dat"),
        (".fits", ".fits"),
    ],
)
def test_stems(name, stem):
    assert image_stem(Path("x") / name) == stem


@pytest.mark.parametrize(
    ("name", "band", "expected"),
    [
        ("cosmos_g", "", ("cosmos", "g")),
        ("cosmos-i", "", ("cosmos", "i")),
        ("r.cosmos", "", ("cosmos", "r")),
        ("calexp-HSC-I-9813-4,4", "", ("calexp-HSC-9813-4,4", "i")),
        ("HSC-R", "r", ("HSC", "r")),
        ("g", "", ("patch", "g")),
        # The header decides which of two letters it is.
        ("field_g_deep_r", "g", ("field_deep_r", "g")),
        ("field_g_deep_r", "", ("field_g_deep", "r")),
        ("cosmos_VIS", "VIS", ("cosmos", "VIS")),
        ("cosmos_i", "i SDSS c6007", ("cosmos", "i SDSS c6007")),
        ("coadd", "r", ("coadd", "r")),
        ("grizzly", "", ("grizzly", "")),
    ],
)
def test_names_without_their_band(name, band, expected):
    assert split_name(name, band) == expected


def test_bands_go_from_blue_to_red_and_then_the_others():
    names = ["VIS", "y", "g", "i.MP9702", "u", "z"]
    assert sorted(names, key=band_rank) == ["u", "g", "i.MP9702", "z", "y", "VIS"]
