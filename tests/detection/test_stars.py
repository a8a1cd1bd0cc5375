import galsim
import numpy as np
import pytest

from meas_blends.data.coadd import DEFAULT_MASK_PLANES, Coadd
from meas_blends.detection.psf import psf_fwhm, psf_sigma
from meas_blends.detection.stars import estimate_psf


def scene(psf, n_stars, n_galaxies, side=400, seed=1, sky_noise=10.0):
    """Stars of S/N from about 30 up, and larger galaxies, on sky noise."""
    rng = np.random.default_rng(seed)
    image = galsim.Image(side, side)
    for i in range(n_stars + n_galaxies):
        flux = min(4000.0 * 10.0 ** rng.exponential(0.6), 3e5)
        if i < n_stars:
            source = psf.withFlux(flux)
        else:
            radius = rng.lognormal(np.log(2.5), 0.3)
            galaxy = galsim.Exponential(half_light_radius=radius, flux=flux)
            source = galsim.Convolve(psf, galaxy.shear(g1=rng.normal(0.0, 0.15)))
        centre = galsim.PositionD(*rng.uniform(1, side, 2))
        stamp = source.drawImage(nx=61, ny=61, scale=1.0, method="no_pixel", center=centre)
        bounds = stamp.bounds & image.bounds
        if bounds.isDefined():
            image[bounds] += stamp[bounds]
    noisy = image.array + rng.normal(0.0, sky_noise, (side, side))
    return Coadd(noisy + 500.0, variance=np.full((side, side), sky_noise**2))


@pytest.mark.parametrize(
    "psf",
    [
        galsim.Kolmogorov(fwhm=3.5),
        galsim.Moffat(beta=3.0, fwhm=4.0),
        galsim.Moffat(beta=3.5, fwhm=3.0).shear(g1=0.05, g2=0.03),
    ],
)
def test_psf_of_a_field_of_stars_and_galaxies(psf):
    truth = psf.drawImage(nx=41, ny=41, scale=1.0, method="no_pixel").array
    estimate, origin = estimate_psf(scene(psf, 30, 60))
    assert "stars in the image" in origin
    assert estimate.sum() == pytest.approx(1.0, abs=1e-5)
    assert (estimate >= 0).all()
    assert psf_sigma(estimate) == pytest.approx(psf_sigma(truth), rel=0.03)
    assert psf_fwhm(estimate) == pytest.approx(psf_fwhm(truth), rel=0.05)


def test_the_phrase_counts_the_stars():
    _, origin = estimate_psf(scene(galsim.Kolmogorov(fwhm=3.5), 8, 0, side=300))
    assert 3 <= int(origin.split()[2]) <= 8


def test_galaxies_alone_give_the_width_of_the_smallest():
    psf = galsim.Kolmogorov(fwhm=3.5)
    estimate, origin = estimate_psf(scene(psf, 0, 80))
    assert "smallest sources" in origin
    truth = psf_sigma(psf.drawImage(nx=41, ny=41, scale=1.0, method="no_pixel").array)
    assert truth < psf_sigma(estimate) < 1.5 * truth


def test_saturated_stars_and_hot_pixels_are_left_out():
    psf = galsim.Kolmogorov(fwhm=3.5)
    coadd = scene(psf, 25, 10)
    image, mask = coadd.image.copy(), np.zeros(coadd.shape, np.int32)
    bright = image > 1500.0
    image[bright] = 1500.0
    mask[bright] = 1 << DEFAULT_MASK_PLANES["SAT"]
    image[20::50, 30::50] += 3000.0
    estimate, _ = estimate_psf(coadd.replace(image=image, mask=mask))
    truth = psf.drawImage(nx=41, ny=41, scale=1.0, method="no_pixel").array
    assert psf_sigma(estimate) == pytest.approx(psf_sigma(truth), rel=0.05)


@pytest.mark.parametrize("scale", [None, 0.2])
def test_an_empty_field_gives_usual_seeing(scale):
    image = np.random.default_rng(2).normal(size=(100, 100))
    estimate, origin = estimate_psf(Coadd(image, variance=np.ones((100, 100)), pixel_scale=scale))
    assert origin.startswith("assumed")
    assert psf_fwhm(estimate) == pytest.approx(3.5, rel=0.02)


@pytest.mark.parametrize("shape", [(1, 1), (2, 9), (12, 12), (40, 40)])
def test_no_usable_pixel_or_hardly_any(shape):
    for image in (np.full(shape, np.nan), np.zeros(shape), np.full(shape, np.inf)):
        estimate, origin = estimate_psf(Coadd(image, variance=np.ones(shape)))
        assert np.isfinite(estimate).all()
        assert origin.startswith("assumed")


def test_nan_beside_stars_does_not_reach_the_psf():
    coadd = scene(galsim.Kolmogorov(fwhm=3.5), 30, 0, side=300)
    image = coadd.image.copy()
    image[::37] = np.nan
    estimate, _ = estimate_psf(coadd.replace(image=image))
    assert np.isfinite(estimate).all()
    assert psf_fwhm(estimate) == pytest.approx(3.5, rel=0.05)


def test_a_plateau_is_not_a_field_of_stars():
    image = np.random.default_rng(3).normal(size=(600, 600))
    image[100:500, 100:500] = 1000.0
    _, origin = estimate_psf(Coadd(image, variance=np.ones((600, 600))))
    assert "stars in the image" not in origin
