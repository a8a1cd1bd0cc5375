import galsim
import numpy as np
import pytest

from meas_blends.data.catalogs import CLASSIFICATION, FOOTPRINTS, PEAKS
from meas_blends.data.coadd import MASK_BITS, Coadd
from meas_blends.data.psf import CellPsf
from meas_blends.detection.psf import gaussian_psf, psf_from_fwhm
from meas_blends.detection.sharp import SHARP_PIXEL, mark_sharp_pixels
from meas_blends.detection.sharp_filters import OFFSETS, sharp_filters
from meas_blends.run.memory import run_pipeline

FWHM, SIDE, SKY = 3.5, 240, 100.0
PSF = psf_from_fwhm(FWHM)


def field(psf=None, stars=True, seed=1):
    """Stars and galaxies from faint to bright on a grid, with the noise of their photons."""
    psf = psf or galsim.Kolmogorov(fwhm=FWHM)
    rng = np.random.default_rng(seed)
    image = galsim.ImageF(SIDE, SIDE, scale=1.0)
    for k, (x, y) in enumerate((x, y) for x in range(20, SIDE, 40) for y in range(20, SIDE, 40)):
        source = psf
        if k % 2 or not stars:
            galaxy = galsim.Sersic(
                n=(1, 4)[k // 2 % 2], half_light_radius=FWHM * rng.uniform(0.3, 1)
            )
            source = galsim.Convolve(psf, galaxy)
        bounds = galsim.BoundsI(x - 18, x + 19, y - 18, y + 19)
        centre = galsim.PositionD(x + rng.uniform(-0.5, 0.5), y + rng.uniform(-0.5, 0.5))
        drawn = source.withFlux(10 ** rng.uniform(2.5, 6)).drawImage(
            image=galsim.ImageF(bounds, scale=1.0), center=centre, method="no_pixel"
        )
        image[bounds] += drawn
    variance = SKY + np.maximum(image.array, 0)
    return image.array + rng.normal(size=image.array.shape) * np.sqrt(variance), variance


def coadd_of(image, variance, **fields):
    fields.setdefault("psf", PSF)
    return Coadd(image, variance, **fields)


@pytest.fixture(scope="module")
def clean():
    return coadd_of(*field())


def sharp(coadd):
    return np.argwhere(mark_sharp_pixels(coadd).in_planes(SHARP_PIXEL)).tolist()


@pytest.mark.parametrize("seed", range(4))
def test_stars_and_galaxies_are_not_sharp(seed):
    coadd = coadd_of(*field(seed=seed))
    assert mark_sharp_pixels(coadd) is coadd


@pytest.mark.parametrize("fwhm", [2.3, 2.6, 5.0, 8.0])
@pytest.mark.parametrize("profile", [galsim.Kolmogorov, galsim.Gaussian])
def test_sources_of_any_sampling_are_not_sharp(fwhm, profile):
    psf = profile(fwhm=fwhm)
    image = psf.drawImage(nx=41, ny=41, scale=1.0, method="no_pixel").array
    assert sharp(coadd_of(*field(psf), psf=image)) == []


def test_a_psf_a_little_too_wide_makes_no_star_sharp():
    assert sharp(coadd_of(*field(galsim.Kolmogorov(fwhm=FWHM / 1.04)))) == []


@pytest.mark.parametrize("change", [12, 30, 1000, -12, -30])
def test_a_single_pixel_is_found_on_the_sky_and_on_faint_sources(clean, change):
    rng = np.random.default_rng(2)
    error = np.sqrt(clean.variance)
    places = [(y, x) for y in range(8, SIDE - 8, 16) for x in range(8, SIDE - 8, 16)]
    places = [
        (y + dy, x + dx)
        for (y, x), (dy, dx) in zip(places, rng.integers(-3, 4, (len(places), 2)), strict=True)
    ]
    image = clean.image.copy()
    for place in places:
        image[place] += change * error[place]
    found = sharp(clean.replace(image=image))
    # Neighbours of a changed pixel are not taken for bad ones.
    assert all(tuple(place) in places for place in found)
    # A bright star's own noise and the errors of its PSF may hide the smaller changes.
    faint = [list(place) for place in places if clean.image[place] < 20 * error[place]]
    assert len(faint) > 0.95 * len(places)
    missed = [place for place in faint if place not in found]
    assert len(missed) <= (0.03 * len(faint) if abs(change) < 20 else 0)


def test_a_pixel_is_replaced_by_what_its_neighbours_expect(clean):
    significance = clean.image / np.sqrt(clean.variance)
    # On the flank of a source.
    y, x = np.unravel_index(np.abs(significance - 15.0).argmin(), significance.shape)
    image = clean.image.copy()
    image[y, x] += 500.0
    found = mark_sharp_pixels(clean.replace(image=image))
    assert np.argwhere(found.in_planes(SHARP_PIXEL)).tolist() == [[y, x]]
    assert abs(found.image[y, x] - clean.image[y, x]) < 5.0 * np.sqrt(clean.variance[y, x])
    same = np.ones(image.shape, bool)
    same[y, x] = False
    assert np.array_equal(found.image[same], clean.image[same])
    kept = mark_sharp_pixels(clean.replace(image=image), repair=False)
    assert np.array_equal(kept.image, image)
    assert np.array_equal(kept.mask, found.mask)


def test_bad_and_saturated_pixels_are_neither_judged_nor_believed(clean):
    image, mask = clean.image.copy(), clean.mask.copy()
    image[30, 50], image[30, 51], image[60, 61] = 1e5, np.nan, 1e5
    mask[30, 50], mask[60, 61] = 1 << clean.mask_planes["SAT"], 1 << clean.mask_planes["BAD"]
    assert sharp(clean.replace(image=image, mask=mask)) == []
    # Beside a bad pixel there are fewer bounds, but there are some.
    image[62, 60] += 3000.0
    assert sharp(clean.replace(image=image, mask=mask)) == [[62, 60]]


def test_no_free_plane_no_psf_worth_the_name_and_no_pixels_leave_a_coadd_alone(clean):
    image = clean.image.copy()
    image[30, 50] += 1e4
    spoilt = clean.replace(image=image)
    full = spoilt.replace(mask_planes={f"P{k}": k for k in range(MASK_BITS)})
    assert mark_sharp_pixels(full) is full
    assumed = spoilt.replace(origins={"psf": "assumed, a Gaussian of FWHM 3.5 pixels"})
    assert mark_sharp_pixels(assumed) is assumed
    narrow = spoilt.replace(psf=gaussian_psf(0.6))
    assert mark_sharp_pixels(narrow) is narrow
    small = spoilt.window(slice(0, 4), slice(0, 50))
    assert mark_sharp_pixels(small) is small


def test_a_variance_that_is_too_small_makes_nothing_sharp(clean):
    assert sharp(clean.replace(variance=clean.variance / 9)) == []


def test_bounds_hold_for_sources_at_any_place():
    filters = sharp_filters(CellPsf.constant(PSF), 0.04)
    profile = galsim.Kolmogorov(fwhm=FWHM)
    rng = np.random.default_rng(3)
    for dy, dx in rng.uniform(-6, 6, (40, 2)):
        image = profile.drawImage(nx=41, ny=41, scale=1.0, offset=(dx, dy), method="no_pixel").array
        pixel, beside = image[20, 20], image[20 + OFFSETS[:, 0], 20 + OFFSETS[:, 1]]
        assert np.all(filters.upper @ beside >= pixel * (1 - 1e-3))
        assert np.all(filters.lower @ beside <= pixel * (1 + 1e-3))
    # And are of use: one is within 2% of a star's middle, from above and from below.
    beside = PSF[PSF.shape[0] // 2 + OFFSETS[:, 0], PSF.shape[1] // 2 + OFFSETS[:, 1]]
    assert (filters.upper @ beside).min() < 1.02 * PSF.max()
    assert (filters.lower @ beside).max() > 0.98 * PSF.max()


def test_tables_tell_of_a_sharp_pixel(clean):
    image = clean.image.copy()
    image[101, 101] += 3000.0
    spoilt = clean.replace(image=image, zero_point=27.0, pixel_scale=0.2)
    made = run_pipeline(spoilt, "blends#find", ["classify:peak_finder.name=local_maxima"])
    flags = {
        name: np.asarray(made[name]["flags"]) & schema.flag("SHARP_PIXEL") > 0
        for name, schema in (
            ("blend_footprints", FOOTPRINTS),
            ("blend_classification", CLASSIFICATION),
            ("blend_peaks", PEAKS),
        )
    }
    assert {name: int(rows.sum()) for name, rows in flags.items()} == dict.fromkeys(flags, 1)
    peak = made["blend_peaks"][flags["blend_peaks"]][0]
    assert np.hypot(peak["f_x"] - 101, peak["f_y"] - 101) < FWHM
