"""The Cramer-Rao bound."""

import numpy as np

from meas_blends.morphology.refinement.bounds import bounds
from meas_blends.morphology.refinement.priors import GalaxyPrior
from refinement_toys import toy_stamps

#: Nothing but the pixels: no nuisances.
SHARP = GalaxyPrior(psf_width=1e-6, sky=1e-6)


def galaxies(**changes):
    n = 4
    sample, _, _, _, _ = toy_stamps(6, n, (100.0, 101.0))
    return sample.replace(**{name: np.full(n, value) for name, value in changes.items()})


def test_the_flux_of_a_dot_is_known_as_well_as_a_matched_filter_knows_it():
    # Components that are nearly points, white noise, no Poisson noise: sigma_F = 1 / |PSF|.
    sample = galaxies(
        bulge_radius=0.02,
        disk_radius=0.02,
        psf_fwhm=0.8,
        pixel_scale=0.2,
        noise_correlation=0.0,
        sky_electrons=1e9,
        dx=0.0,
        dy=0.0,
    )
    known = GalaxyPrior(radius=(0.0999, 0.1001), psf_width=1e-6, sky=1e-6, axis_ratio=(0.999, 1.0))
    flux = np.full(4, 400.0)
    import galsim

    image = galsim.Kolmogorov(fwhm=4.0).drawImage(nx=64, ny=64, scale=1.0).array
    expected = 1 / np.sqrt((image**2).sum()) / flux
    found = bounds(sample, flux, 64, known)
    np.testing.assert_allclose(found[:, 2], expected, rtol=0.05)


def test_bounds_fall_with_flux_and_rise_with_what_is_not_known():
    sample, flux = galaxies(), np.full(4, 3000.0)
    plain = bounds(sample, flux, 64, SHARP)
    assert (bounds(sample, 4 * flux, 64, SHARP) < plain).all()
    assert (bounds(sample, flux, 64) > plain).all()
    correlated = sample.replace(noise_correlation=np.full(4, 0.4))
    white = sample.replace(noise_correlation=np.zeros(4))
    assert (bounds(correlated, flux, 64)[:, 2] > bounds(white, flux, 64)[:, 2]).all()


def test_a_faint_galaxy_is_known_as_well_as_the_prior():
    found = bounds(galaxies(), np.full(4, 0.01), 64)
    np.testing.assert_allclose(found[:, 0], np.sqrt(1 / 12), rtol=1e-3)


def test_of_one_component_the_share_is_known():
    found = bounds(galaxies(bulge_to_total=0.0), np.full(4, 3000.0), 64)
    assert (found[:, 0] < 1e-5).all()
    assert np.isfinite(found).all()
