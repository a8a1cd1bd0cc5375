"""The matched filter's value and S/N of known sources."""

import numpy as np
import pytest

from meas_blends.data.coadd import Coadd
from meas_blends.data.psf import CellPsf
from meas_blends.detection.complete import complete_coadd
from meas_blends.detection.matched_filter import MatchedFilter, confusion, matched_filter
from meas_blends.detection.psf import gaussian_psf

SIGMA = 2.0


def point_source(flux, shape=(61, 61), noise=3.0, psf=None):
    y, x = np.indices(shape)
    centre = (shape[0] // 2, shape[1] // 2)
    profile = np.exp(-0.5 * ((x - centre[1]) ** 2 + (y - centre[0]) ** 2) / SIGMA**2)
    image = flux * profile / profile.sum()
    return Coadd(image, np.full(shape, noise**2), psf=gaussian_psf(SIGMA) if psf is None else psf)


@pytest.mark.parametrize("kernel", ["gaussian", "psf"])
def test_significance_of_a_point_source_is_flux_over_its_error(kernel):
    filtered = matched_filter(point_source(500.0), kernel)
    error = 3.0 * np.sqrt(4 * np.pi) * SIGMA
    assert filtered.significance[30, 30] == pytest.approx(500.0 / error, rel=0.01)
    assert filtered.smoothed[30, 30] == pytest.approx(500.0 / (4 * np.pi * SIGMA**2), rel=0.01)
    assert filtered.sigma == pytest.approx(SIGMA, rel=0.01)
    assert filtered.noise_factor == 1.0


@pytest.mark.parametrize("kernel", ["gaussian", "psf"])
def test_white_noise_has_unit_significance(kernel):
    rng = np.random.default_rng(5)
    noise = rng.uniform(1, 4, (400, 1)) * np.ones(400)  # varies from row to row
    coadd = Coadd(rng.normal(0, noise), noise**2, psf=gaussian_psf(SIGMA))
    significance = matched_filter(coadd, kernel).significance[20:-20, 20:-20]
    assert significance.std() == pytest.approx(1.0, abs=0.03)


def test_psf_kernel_keeps_the_orientation_of_the_psf():
    y, x = np.indices((31, 31)) - 15
    psf = np.exp(-0.5 * (x + y) ** 2 / 9 - 0.5 * (x - y) ** 2 / 1.5) * np.where(x > 0, 1, 0.3)
    image = np.zeros((61, 61))
    image[15:46, 15:46] = psf / psf.sum()
    filtered = matched_filter(Coadd(image, np.ones((61, 61)), psf=psf), "psf")
    assert np.unravel_index(filtered.significance.argmax(), (61, 61)) == (30, 30)


def test_correlated_noise_is_allowed_for_where_its_correlation_is_known():
    rng = np.random.default_rng(8)
    white = rng.normal(0, 3, (513, 513))
    image = 0.25 * (white[1:, 1:] + white[1:, :-1] + white[:-1, 1:] + white[:-1, :-1])
    variance = np.full(image.shape, image.var())
    fields = {"psf": gaussian_psf(SIGMA)}
    given = Coadd(image, variance, **fields)
    naive = matched_filter(given, noise="variance")
    corrected = matched_filter(complete_coadd(given), noise="variance")
    assert naive.significance.std() > 1.6
    assert corrected.significance.std() == pytest.approx(1.0, abs=0.05)
    by_psf = matched_filter(complete_coadd(given), "psf", "variance")
    assert by_psf.significance.std() == pytest.approx(1.0, abs=0.05)


def test_noise_by_scatter_counts_correlations_that_the_variance_plane_leaves_out():
    rng = np.random.default_rng(8)
    white = rng.normal(0, 3, (513, 513))
    image = 0.25 * (white[1:, 1:] + white[1:, :-1] + white[:-1, 1:] + white[:-1, :-1])
    coadd = Coadd(image, np.full(image.shape, image.var()), psf=gaussian_psf(SIGMA))
    filtered = matched_filter(coadd, noise="scatter")
    assert filtered.noise_factor > 1.6
    assert filtered.significance.std() == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize("faint", [1.0, 2.0, 3.0, 4.0, 6.0])
def test_confusion_rises_without_a_cliff(faint):
    """A little more light of unseen sources never makes the noise drop."""
    rng = np.random.default_rng(2)
    unit, light = rng.normal(size=40_000), rng.exponential(1.0, 40_000)
    factors = [confusion((unit + by * light).astype("f4")) for by in (faint, faint + 0.02)]
    assert factors[0] >= 1.0
    assert factors[1] == pytest.approx(factors[0], rel=0.03)


def test_noise_by_scatter_is_that_of_the_variance_where_sources_fill_the_image():
    y, x = np.indices((60, 60))
    image = 40 * np.exp(-0.5 * ((x - 30) ** 2 + (y - 30) ** 2) / 12**2)
    coadd = Coadd(image, np.ones((60, 60)), psf=gaussian_psf(SIGMA))
    assert matched_filter(coadd, noise="scatter").noise_factor == 1.0


def test_bad_pixels_are_left_out():
    coadd = point_source(500.0)
    coadd.image[20:25, 10] = np.nan
    coadd.image[3, 3] = np.inf
    coadd.variance[50, 50] = -1
    coadd.mask[40, 12] = 1 << coadd.mask_planes["NO_DATA"]
    filtered = matched_filter(coadd)
    assert filtered.bad.sum() == 8
    assert np.isfinite(filtered.smoothed).all()
    assert np.isfinite(filtered.significance).all()
    assert np.isfinite(filtered.coadd.image).all()
    assert filtered.significance[30, 30] == pytest.approx(23.5, rel=0.01)


def test_all_bad():
    coadd = point_source(500.0)
    coadd.image[:] = np.nan
    assert not matched_filter(coadd).significance.any()


def varying_psf(shape, xy0=(0, 0), cell=(37, 41)):
    """A PSF that widens from the first cell to the last, one of them missing."""
    rows, columns = (-(-length // side) for length, side in zip(shape, cell, strict=True))
    widths = np.linspace(1.4, 2.6, rows * columns)
    images = np.stack([gaussian_psf(width, 21) for width in widths])
    images = images.reshape(rows, columns, 21, 21)
    images[0, 1] = np.nan
    return CellPsf(images, xy0, cell)


@pytest.mark.parametrize("kernel", ["gaussian", "psf"])
def test_a_star_is_filtered_with_the_psf_of_its_place(kernel):
    shape, xy0 = (150, 170), (1000, -300)
    psf = varying_psf(shape, xy0)
    stars = [(x, y) for x in (15, 60, 100, 150) for y in (15, 60, 95, 130)]
    image = np.zeros(shape)
    for x, y in stars:
        star = psf.at([x + xy0[0]], [y + xy0[1]])[0]
        image[y - 10 : y + 11, x - 10 : x + 11] += 500 * star
    coadd = Coadd(image, np.full(shape, 9.0), psf=psf, xy0=xy0)
    filtered = matched_filter(coadd, kernel, "variance")
    x, y = np.transpose(stars)
    width = filtered.width_at(x + xy0[0], y + xy0[1])
    expected = 500 / (3 * np.sqrt(4 * np.pi) * width)
    assert filtered.significance[y, x] == pytest.approx(expected, rel=0.012)
    assert np.ptp(width) > 0.5
    # With one PSF for all it is lower where that does not fit.
    one = matched_filter(coadd.replace(psf=psf.middle), kernel, "variance")
    assert (one.significance[y, x] / filtered.significance[y, x]).min() < 0.95


@pytest.mark.parametrize("kernel", ["gaussian", "psf"])
def test_windows_are_parts_of_the_whole_where_the_psf_varies(kernel):
    shape, xy0 = (300, 310), (-7, 12)
    rng = np.random.default_rng(3)
    coadd = Coadd(
        rng.normal(0, 2, shape), rng.uniform(3, 5, shape), psf=varying_psf(shape, (0, 0)), xy0=xy0
    )
    matched = MatchedFilter.fit(coadd, kernel)
    whole = matched.window()
    assert np.array_equal(whole.significance, matched.significance)
    for rows, columns in ((slice(31, 250), slice(5, 77)), (slice(270, 300), slice(100, 310))):
        part = matched.window(rows, columns)
        assert np.array_equal(part.smoothed, whole.smoothed[rows, columns])
        assert np.array_equal(part.significance, whole.significance[rows, columns])
        assert part.sigma == whole.sigma
    # Every few pixels of a part are those of the part, wherever cells begin.
    part = slice(4, 290), slice(9, 301)
    for few, all_ in zip(matched._filter(*part, 3), matched._filter(*part), strict=True):
        assert np.array_equal(few, all_[::3, ::3])


@pytest.mark.parametrize("kernel", ["gaussian", "psf"])
def test_one_psf_in_many_cells_is_one_psf(kernel):
    rng = np.random.default_rng(4)
    image = rng.normal(0, 2, (120, 130))
    one = gaussian_psf(SIGMA)
    cells = CellPsf(np.broadcast_to(one, (3, 3, *one.shape)), cell_shape=(50, 50))
    made = [
        matched_filter(Coadd(image, np.full(image.shape, 4.0), psf=psf), kernel)
        for psf in (one, cells)
    ]
    assert np.array_equal(made[0].significance, made[1].significance)
    assert made[0].sigma == made[1].sigma
