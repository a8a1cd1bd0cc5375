"""Footprints of scenes whose answer is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from meas_blends.data.catalogs import FOOTPRINTS
from meas_blends.data.coadd import Coadd
from meas_blends.detection.find import find_footprints, grow
from meas_blends.detection.matched_filter import matched_filter
from meas_blends.detection.psf import gaussian_psf

SIGMA = 1.8
NOISE = 2.0


def scene(sources, shape=(64, 80), noise=None, **fields):
    """Gaussian point sources of (x, y, S/N), noiseless unless noise is given."""
    y, x = np.indices(shape)
    image = np.zeros(shape)
    # A point source's flux error under the matched filter of white noise.
    flux_error = NOISE * np.sqrt(4 * np.pi) * SIGMA
    for x0, y0, significance in sources:
        profile = np.exp(-0.5 * ((x - x0) ** 2 + (y - y0) ** 2) / SIGMA**2)
        image += significance * flux_error * profile / (2 * np.pi * SIGMA**2)
    if noise is not None:
        image += noise.normal(0, NOISE, shape)
    variance = np.full(shape, NOISE**2)
    return Coadd(image, variance, psf=gaussian_psf(SIGMA), zero_point=27.0, **fields)


def find(coadd, **options):
    return find_footprints(matched_filter(coadd), **options)


@given(
    arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.booleans()),
    st.integers(0, 15),
)
def test_growing_is_dilation_by_a_disk(mask, radius):
    y, x = np.indices(mask.shape)
    on_y, on_x = np.nonzero(mask)
    distance2 = (y[..., None] - on_y) ** 2 + (x[..., None] - on_x) ** 2
    np.testing.assert_array_equal(grow(mask, radius), (distance2 <= radius**2).any(axis=-1))


def test_point_source_just_above_and_just_below_the_threshold():
    footprints, _ = find(scene([(20, 30, 5.1), (60, 30, 4.9)]))
    assert len(footprints) == 1
    assert footprints["x"][0] == pytest.approx(20, abs=0.01)
    assert footprints["significance"][0] == pytest.approx(5.1, rel=0.01)


def test_grown_radius():
    footprints, spans = find(scene([(40, 30, 5.05)]), grow_sigma=2.4)
    # One or few pixels pass; the disk adds int(2.4 sigma + 0.5) on each side.
    assert footprints["x1"][0] - footprints["x0"][0] >= 2 * int(2.4 * SIGMA + 0.5)
    bare, _ = find(scene([(40, 30, 5.05)]), grow_sigma=0.0)
    assert footprints["x0"][0] == bare["x0"][0] - 4
    assert len(spans) == footprints["y1"][0] - footprints["y0"][0] + 1


def test_footprints_that_touch_after_growth_are_merged():
    pair = [(30, 30, 20), (42, 30, 20)]
    assert len(find(scene(pair), grow_sigma=0.0)[0]) == 2
    assert len(find(scene(pair), grow_sigma=2.4)[0]) == 1


def test_flux_error_and_units():
    footprints, _ = find(scene([(40, 30, 200)]), grow_sigma=6)
    flux_error = NOISE * np.sqrt(4 * np.pi) * SIGMA
    nanojansky = 10 ** (0.4 * (31.4 - 27.0))
    assert footprints["flux"][0] == pytest.approx(200 * flux_error * nanojansky, rel=1e-3)
    expected = NOISE * np.sqrt(footprints["footprintArea"][0]) * nanojansky
    assert footprints["fluxErr"][0] == pytest.approx(expected, rel=1e-5)
    assert str(footprints["flux"].unit) == "nJy"


def test_without_a_zero_point_fluxes_are_flagged():
    coadd = scene([(40, 30, 50)])
    coadd.zero_point = float("nan")
    footprints, _ = find(coadd)
    assert np.isnan(footprints["flux"][0])
    assert FOOTPRINTS.decode(footprints["flags"][0]) == ["NO_ZERO_POINT"]


def test_parent_pixels():
    sources = [(20.3, 30.6, 40)]
    here, spans = find(scene(sources))
    there, moved = find(scene(sources, xy0=(1000, -200)))
    for column, offset in (("x", 1000), ("x0", 1000), ("x1", 1000), ("y", -200), ("y0", -200)):
        assert there[column][0] == pytest.approx(here[column][0] + offset)
    np.testing.assert_array_equal(moved["x0"], spans["x0"] + 1000)
    np.testing.assert_array_equal(moved["y"], spans["y"] - 200)


def test_a_source_on_every_border_is_found_and_flagged():
    ny, nx = 64, 80
    footprints, _ = find(scene([(0, 32, 50), (nx - 1, 32, 50), (40, 0, 50), (40, ny - 1, 50)]))
    assert len(footprints) == 4
    assert all("EDGE" in FOOTPRINTS.decode(flags) for flags in footprints["flags"])


def test_bad_and_saturated_pixels_are_flagged_and_not_summed():
    coadd = scene([(40, 30, 100), (15, 15, 100)])
    whole = find(coadd)[0]
    coadd.image[30, 40] = np.nan
    coadd.mask[15, 15] |= 1 << coadd.mask_planes["SAT"]
    footprints, _ = find(coadd)
    low, high = footprints  # (15, 15) lies in a lower row, so it comes first
    assert FOOTPRINTS.decode(low["flags"]) == ["SATURATED"]
    assert FOOTPRINTS.decode(high["flags"]) == ["BAD_PIXELS"]
    assert high["nPixelsBad"] == 1
    assert np.isfinite(high["flux"])
    assert high["flux"] < whole["flux"][1]


def test_no_source_gives_empty_tables_with_all_columns():
    footprints, spans = find(scene([]))
    assert len(footprints) == len(spans) == 0
    assert footprints.colnames == FOOTPRINTS.make().colnames


@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (3, 3)])
def test_tiny_images(shape):
    footprints, _ = find(scene([(0, 0, 100)], shape=shape))
    assert len(footprints) == 1


def test_nothing_usable():
    coadd = scene([(40, 30, 100)])
    coadd.image[:] = np.nan
    assert len(find(coadd)[0]) == 0


def test_false_detections_are_as_rare_as_gaussian_noise_says():
    footprints, _ = find(scene([], shape=(1024, 1024), noise=np.random.default_rng(3)))
    assert len(footprints) <= 2


def test_min_area():
    faint = scene([(40, 30, 5.05)])
    assert len(find(faint, min_area=1)[0]) == 1
    assert len(find(faint, min_area=30)[0]) == 0


def test_more_pixels_in_one_object_than_sep_allows_by_default():
    shape = (1100, 1100)
    coadd = Coadd(np.full(shape, 100.0), np.ones(shape), psf=gaussian_psf(SIGMA))
    footprints, _ = find(coadd)
    assert list(footprints["footprintArea"]) == [1100 * 1100]


def test_strips_of_rows_change_nothing(monkeypatch):
    rng = np.random.default_rng(8)
    sources = np.column_stack([rng.uniform(0, 200, (60, 2)), rng.uniform(3, 60, 60)])
    coadd = scene(sources, (200, 200), rng)
    whole = find(coadd, min_area=3)
    monkeypatch.setattr("meas_blends.data.tiles._STRIP_PIXELS", 1000)
    stripped = find(coadd, min_area=3)
    assert len(whole[0]) > 20
    for one, other in zip(whole, stripped, strict=True):
        for name in one.colnames:
            np.testing.assert_array_equal(one[name], other[name])
