import numpy as np
import pytest

from meas_blends.blends.maxima import find_maxima
from meas_blends.data.catalogs import FOOTPRINTS, PEAKS
from meas_blends.data.coadd import Coadd
from meas_blends.data.footprints import pixel_lists
from meas_blends.detection.cores import FILLED_CORE, fill_cores, point_plateaus
from meas_blends.detection.find import find_footprints
from meas_blends.detection.matched_filter import MatchedFilter, matched_filter
from meas_blends.detection.psf import gaussian_psf
from meas_blends.run.memory import run_pipeline

SIGMA = 1.8
SIDE = 160
Y, X = np.indices((SIDE, SIDE))


def star(x, y, height, sigma=SIGMA):
    """A star with the wings that real ones have."""
    square = ((X - x) ** 2 + (Y - y) ** 2) / sigma**2
    return height * (0.8 * np.exp(-0.5 * square) + 0.2 * (1.0 + square / 4.0) ** -2.5)


def scene(*sources):
    return np.random.default_rng(1).normal(size=(SIDE, SIDE)) + sum(sources)


def within(x, y, radius):
    return np.hypot(X - x, Y - y) < radius


def coadd_of(image, hole, **fields):
    """Bad pixels are NaN in image and variance, as JWST's saturated cores are."""
    fields.setdefault("psf", gaussian_psf(SIGMA))
    return Coadd(np.where(hole, np.nan, image), np.where(hole, np.nan, 1.0), **fields)


def peaks_of(coadd):
    filtered = matched_filter(coadd)
    _, spans = find_footprints(filtered)
    pixels = pixel_lists(spans, coadd.shape, coadd.xy0)
    return np.unravel_index(find_maxima(filtered, pixels, 5.0).flat, coadd.shape)


def distances(coadd, x, y):
    """How far peaks are from a place."""
    row, column = peaks_of(coadd)
    return np.hypot(column - x, row - y)


@pytest.mark.parametrize("radius", [1.0, 1.5, 3.0, 4.5, 6.0, 9.0])
@pytest.mark.parametrize("centre", [(80.0, 75.0), (70.4, 81.3)])
def test_a_star_without_its_core_is_one_peak_at_its_centre(radius, centre):
    x, y = centre
    height = 2000.0 * np.exp(0.5 * (radius / SIGMA) ** 1.5)
    hole = within(x, y, radius)
    coadd = coadd_of(scene(star(x, y, height)), hole)
    if radius > 2.0:
        # Without it there is a ring of several, as far away as the hole reaches.
        assert np.count_nonzero(distances(coadd, x, y) < radius + 4.0) > 1
    found = distances(fill_cores(coadd), x, y)
    # Farther out noise on the wings may have maxima, as it has beside whole stars.
    assert np.count_nonzero(found < radius + 4.0) == 1
    assert found.min() < 1.0


def test_any_bad_plane_makes_a_hole():
    image, hole = scene(star(80, 75, 5000.0)), within(80, 75, 4)
    image[hole] = 1e6
    mask = np.where(hole, 1, 4).astype(np.int32)
    coadd = Coadd(image, np.ones(image.shape), mask=mask, psf=gaussian_psf(SIGMA))
    filled = fill_cores(coadd)
    assert not filled.bad.any()
    assert np.array_equal(filled.in_planes(FILLED_CORE), hole)
    assert filled.in_planes("INTRP").sum() == (~hole).sum()
    assert filled.image[hole].max() < 1e5
    # Nothing of what was given is changed.
    assert np.all(coadd.image[hole] == np.float32(1e6))
    assert coadd.bad.sum() == hole.sum()


def test_a_dead_pixel_in_a_galaxy_is_no_peak():
    image = scene(star(80, 75, 800.0, sigma=9.0))
    whole = peaks_of(coadd_of(image, np.zeros(image.shape, bool)))
    hole = within(87, 75, 1.2) | within(80, 62, 0.5) | ((Y == 84) & (abs(X - 76) < 2))
    coadd = fill_cores(coadd_of(image, hole))
    assert np.array_equal(coadd.in_planes(FILLED_CORE), hole)
    assert np.abs(coadd.image[hole] - image[hole]).max() < 60
    assert np.array_equal(peaks_of(coadd), whole)


@pytest.mark.parametrize(
    "hole",
    [
        within(30, 120, 3.0),
        within(80, 75, 15.0),
        within(80, 75, 4.0) | ((abs(X - 80) < 2) & (Y > 75)),
        within(140, 75, 30.0),
    ],
    ids=["on the sky", "large", "to the border", "beside light"],
)
def test_other_holes_stay(hole):
    coadd = coadd_of(scene(star(80, 75, 5000.0)), hole)
    assert fill_cores(coadd) is coadd


def test_a_core_at_the_border_stays():
    coadd = coadd_of(scene(star(1, 75, 5000.0)), within(1, 75, 4))
    assert fill_cores(coadd) is coadd


def test_a_mask_without_a_free_bit():
    planes = {f"P{bit}": bit for bit in range(32)}
    coadd = coadd_of(scene(star(80, 75, 5000.0)), within(80, 75, 4), mask_planes=planes)
    assert fill_cores(coadd) is coadd


def test_two_stars_with_a_hole_each_in_one_footprint():
    image = scene(star(70, 75, 9000.0), star(88, 78, 5000.0))
    row, column = peaks_of(fill_cores(coadd_of(image, within(70, 75, 4) | within(88, 78, 3))))
    assert sorted(zip(column.tolist(), row.tolist(), strict=True)) == [(70, 75), (88, 78)]


def test_the_place_in_the_parent_and_windows_change_nothing():
    image, hole = scene(star(80, 75, 5000.0)), within(80, 75, 4)
    whole = fill_cores(coadd_of(image, hole))
    part = fill_cores(coadd_of(image, hole, xy0=(50, 7)).window(slice(40, 110), slice(30, 130)))
    assert np.array_equal(part.image, whole.image[40:110, 30:130], equal_nan=True)
    assert part.xy0 == (80, 47)


def test_strips_of_rows_change_nothing(monkeypatch):
    coadd = coadd_of(scene(star(80, 75, 5000.0)), within(80, 75, 4))
    whole = fill_cores(coadd)
    monkeypatch.setattr("meas_blends.data.tiles._STRIP_PIXELS", 5 * SIDE)
    assert np.array_equal(fill_cores(coadd).image, whole.image)


@pytest.mark.parametrize("finder", ["local_maxima", "gp"])
def test_through_the_tasks(finder):
    image = scene(star(60, 60, 9000.0), star(110, 100, 200.0))
    hole = within(60, 60, 4) | within(20, 130, 4)
    coadd = coadd_of(image, hole, zero_point=31.4, band="i", pixel_scale=0.2)
    made = run_pipeline(coadd, "blends#find", [f"classify:peak_finder.name={finder}"])
    footprints, peaks = made["blend_footprints"], made["blend_peaks"]
    assert len(footprints) == len(peaks) == 2
    first, second = footprints[np.argsort(footprints["x"])]
    assert first["flags"] & FOOTPRINTS.flag("FILLED_CORE")
    assert first["flags"] & FOOTPRINTS.flag("BAD_PIXELS")
    assert not second["flags"] & FOOTPRINTS.flag("FILLED_CORE")
    # Found, but not measured.
    assert first["nPixelsBad"] == within(60, 60, 4).sum()
    assert first["flux"] < image[within(60, 60, 30) & ~hole].sum() * 1.05
    core = peaks[np.argsort(peaks["f_x"])][0]
    assert np.hypot(core["f_x"] - 60, core["f_y"] - 60) < 0.5
    assert core["flags"] == PEAKS.flag("FILLED_CORE") | PEAKS.flag("SATURATED_STAR")


@pytest.mark.parametrize("cap", [1000.0, 300.0, 30.0])
@pytest.mark.parametrize("spread", [0.0, 0.003])
def test_the_flat_top_of_a_saturated_star_is_one_peak(cap, spread):
    image = np.minimum(scene(star(80, 75, 3e5)), cap)
    image *= 1.0 + spread * np.random.default_rng(3).normal(size=image.shape)
    mask = np.where(image > 0.97 * cap, 2, 0).astype(np.int32)
    coadd = Coadd(image, np.ones(image.shape), mask=mask, psf=gaussian_psf(SIGMA))
    pointed = point_plateaus(coadd, coadd.image)
    found = MatchedFilter.fit(coadd, image=pointed).window()
    assert np.array_equal(found.coadd.image, coadd.image)
    _, spans = find_footprints(found)
    pixels = pixel_lists(spans, coadd.shape, coadd.xy0)
    row, column = np.unravel_index(find_maxima(found, pixels, 5.0).flat, coadd.shape)
    near = np.hypot(column - 80, row - 75) < np.sqrt(np.count_nonzero(mask) / np.pi)
    assert np.count_nonzero(near) == 1


def test_without_flat_tops_nothing_is_copied():
    image = scene(star(80, 75, 5000.0))
    mask = np.where(within(80, 75, 6), 2, 0).astype(np.int32)
    coadd = Coadd(image, np.ones(image.shape), mask=mask, psf=gaussian_psf(SIGMA))
    assert point_plateaus(coadd, coadd.image) is coadd.image
