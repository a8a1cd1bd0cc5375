"""The effective PSF, against GalSim and against its exposures."""

import galsim
import numpy as np
import pytest

from meas_blends.simulation.psf import (
    effective_psf,
    psf_image,
    psf_oversampling,
    psf_transform,
    psf_wing,
    seeing_profile,
)
from meas_blends.simulation.survey import Survey

LSST = Survey.named("lsst_i")

#: A telescope in space whose pixels undersample its PSF.
SPACE = LSST.replace(
    pixel_scale=0.1,
    psf_fwhm=0.14,
    psf_scatter=0.0,
    psf_diffraction=0.85,
    psf_obscuration=0.3,
    charge_diffusion=0.05,
    resampling="none",
)


def test_transform_is_that_of_the_image():
    size = 64
    drawn = effective_psf(LSST).drawImage(
        nx=size, ny=size, scale=0.2, method="no_pixel", offset=(0.5, 0.5)
    )
    image = np.fft.fftshift(np.fft.irfft2(psf_transform(LSST, size)))
    np.testing.assert_allclose(image, drawn.array, atol=1e-4 * drawn.array.max())


def test_image_is_centred_and_whole():
    image = psf_image(LSST)
    assert image.shape[0] % 2 == 1
    middle = image.shape[0] // 2
    assert np.unravel_index(image.argmax(), image.shape) == (middle, middle)
    assert image.sum() == pytest.approx(1.0, abs=1e-5)
    np.testing.assert_allclose(image, image[::-1, ::-1], atol=1e-6)
    np.testing.assert_allclose(image, image.T, atol=1e-6)


def test_equals_the_mean_of_dithered_exposures():
    """Draw exposures with their own seeing and dither, shift them back bilinearly, and average."""
    rng = np.random.default_rng(4)
    size, total = 31, 0.0
    n_exposures = 400
    for _ in range(n_exposures):
        fwhm = LSST.psf_fwhm * (1.0 + LSST.psf_scatter) ** rng.standard_normal()
        diffusion = galsim.Gaussian(sigma=0.2 * np.sqrt(LSST.charge_diffusion))
        seen = galsim.Convolve(galsim.Kolmogorov(fwhm=fwhm), diffusion)
        dx, dy = rng.uniform(0.0, 1.0, 2)
        exposure = seen.drawImage(
            nx=size + 1, ny=size + 1, scale=0.2, center=(16 + dx, 16 + dy)
        ).array
        shifted = (1.0 - dx) * exposure[:, :-1] + dx * exposure[:, 1:]
        total = total + (1.0 - dy) * shifted[:-1] + dy * shifted[1:]
    expected = effective_psf(LSST).drawImage(nx=size, ny=size, scale=0.2, method="no_pixel").array
    difference = total / n_exposures - expected
    # The peak of the mean of 400 seeings is uncertain by 0.5%.
    assert np.abs(difference).max() < 0.015 * expected.max()


def test_without_resampling_is_narrower():
    assert psf_image(LSST.replace(resampling="none")).max() > 1.03 * psf_image(LSST).max()


def test_without_scatter_or_diffusion_is_plain_kolmogorov():
    plain = LSST.replace(psf_scatter=0.0, charge_diffusion=0.0, resampling="none")
    expected = galsim.Kolmogorov(fwhm=0.7).drawImage(nx=29, ny=29, scale=0.2).array
    np.testing.assert_allclose(psf_image(plain), expected / expected.sum(), atol=1e-5)


def test_wing_is_the_profile_far_out():
    image = effective_psf(LSST).drawImage(nx=129, ny=129, scale=0.2, method="no_pixel").array
    assert psf_wing(LSST, 50.0) == pytest.approx(image[64, 114], rel=0.2)


def test_sheared_transform_is_that_of_the_image():
    size, shear = 64, (0.08, -0.05)
    drawn = effective_psf(LSST, shear).drawImage(
        nx=size, ny=size, scale=0.2, method="no_pixel", offset=(0.5, 0.5)
    )
    image = np.fft.fftshift(np.fft.irfft2(psf_transform(LSST, size, shear)))
    np.testing.assert_allclose(image, drawn.array, atol=1e-4 * drawn.array.max())
    assert not np.allclose(psf_image(LSST, shear), psf_image(LSST), atol=1e-3)


def test_given_widths_take_the_place_of_the_surveys():
    one = psf_image(LSST.replace(psf_scatter=0.0))
    np.testing.assert_allclose(psf_image(LSST, widths=(0.7,)), one, atol=1e-6)
    mixed = psf_image(LSST, widths=(0.5, 0.9))
    parts = [psf_image(LSST, widths=(width,)) for width in (0.5, 0.9)]
    np.testing.assert_allclose(mixed, np.mean(parts, axis=0), atol=2e-4)


@pytest.mark.parametrize(("ratio", "obscuration"), [(0.6, 0.0), (0.85, 0.3), (1.0, 0.33)])
def test_a_telescope_has_its_width_and_its_rings(ratio, obscuration):
    survey = SPACE.replace(psf_diffraction=ratio, psf_obscuration=obscuration)
    profile = seeing_profile(survey, 0.14)
    assert profile.calculateFWHM() == pytest.approx(0.14, rel=0.01)
    pattern = galsim.Airy(lam_over_diam=ratio * 0.14, obscuration=obscuration)
    # Jitter takes little from low frequencies, and a Kolmogorov PSF much less again.
    k = 0.2 / 0.14
    assert profile.kValue(k, 0.0).real == pytest.approx(pattern.kValue(k, 0.0).real, abs=0.01)


def test_without_jitter_it_is_the_airy_pattern():
    ratio = 1.0 / 1.0290
    profile = seeing_profile(SPACE.replace(psf_diffraction=ratio, psf_obscuration=0.0), 1.0)
    pattern = galsim.Airy(lam_over_diam=ratio)
    for k in (0.5, 2.0, 4.0):
        assert profile.kValue(k, 0.0).real == pytest.approx(pattern.kValue(k, 0.0).real, abs=2e-3)


def test_wings_take_the_place_of_diffraction_where_asked_for():
    wide = seeing_profile(SPACE.replace(psf_beta=3.0), 0.14)
    assert wide.kValue(3.0, 0.0) == galsim.Moffat(beta=3.0, fwhm=0.14).kValue(3.0, 0.0)


def test_transform_of_an_undersampled_psf_holds_what_pixels_fold_in():
    size, times = 64, psf_oversampling(SPACE)
    assert times == 2
    drawn = effective_psf(SPACE).drawImage(
        nx=size, ny=size, scale=SPACE.pixel_scale, method="no_pixel", offset=(0.5, 0.5)
    )
    fine = np.fft.irfft2(psf_transform(SPACE, size, oversampling=times))
    image = times**2 * np.fft.fftshift(fine[::times, ::times])
    np.testing.assert_allclose(image, drawn.array, atol=1e-4 * drawn.array.max())


@pytest.mark.parametrize("name", ["lsst_u", "lsst_i", "lsst_y", "hsc_g", "hsc_i"])
def test_ground_based_pixels_sample_the_seeing(name):
    assert psf_oversampling(Survey.named(name)) == 1


@pytest.mark.parametrize("distance", [10, 30])
def test_wing_of_a_telescope_is_the_mean_of_its_rings(distance):
    size = 121
    image = effective_psf(SPACE).drawImage(
        nx=size, ny=size, scale=SPACE.pixel_scale, method="no_pixel"
    )
    y, x = np.indices(image.array.shape) - size // 2
    ring = np.abs(np.hypot(x, y) - distance) < 3.0
    assert psf_wing(SPACE, distance) == pytest.approx(image.array[ring].mean(), rel=0.2)


def test_image_of_a_telescope_holds_its_rings():
    whole = effective_psf(SPACE).drawImage(
        nx=401, ny=401, scale=SPACE.pixel_scale, method="no_pixel"
    )
    side = len(psf_image(SPACE))
    part = slice(200 - side // 2, 201 + side // 2)
    assert whole.array[part, part].sum() > 0.97
