"""Refinement against the Cramer-Rao bound, on galaxies drawn by GalSim; run with ``-m slow``.

It prints the table: ``pytest -m slow -s tests/benchmarks/test_refinement.py``.
"""

import time

import numpy as np
import pytest
import torch

from galsim_galaxies import galsim_image, kolmogorov
from meas_blends.data.morphology_tables import MORPHOLOGY_TARGETS
from meas_blends.morphology.conditions import Conditions
from meas_blends.morphology.populations import LogUniform, draw_galaxies
from meas_blends.morphology.posterior import to_physical, to_transformed
from meas_blends.morphology.refinement.bounds import bounds
from meas_blends.morphology.refinement.priors import GalaxyPrior
from meas_blends.morphology.refinement.refine import RefinementSettings, refine
from meas_blends.morphology.sky_noise import correlated_noise
from refinement_toys import kolmogorov_of, rough_start

SIZE, BINS = 64, [(20.0, 50.0), (50.0, 200.0), (200.0, 1500.0)]
CONDITIONS = Conditions()


def draw(rng, n, single_share):
    """Galaxies, their noise-free images of unit flux by GalSim."""
    population = LogUniform(signal_to_noise=(20.0, 1500.0), single_share=single_share)
    sample = draw_galaxies(rng, n, population, CONDITIONS)
    images = []
    for i in range(n):
        galaxy = {name: float(getattr(sample, name)[i]) for name in vars(sample)}
        for which in ("bulge", "disk"):
            galaxy[f"{which}_radius"] /= galaxy["pixel_scale"]
        psf = kolmogorov(galaxy["psf_fwhm"] / galaxy["pixel_scale"])
        images.append(galsim_image(galaxy, psf, SIZE))
    return sample, np.array(images)


def observe(rng, sample, shapes):
    """Noisy images [sky noise], the truth, and the PSFs that the fit is told."""
    n = len(sample)
    flux = sample.signal_to_noise / np.sqrt((shapes**2).sum(axis=(1, 2)))
    light = shapes * flux[:, None, None]
    noise = [correlated_noise(rng, (SIZE, SIZE), rho) for rho in sample.noise_correlation]
    noise = np.array(noise) * np.sqrt(1 + light / sample.sky_electrons[:, None, None])
    sky = CONDITIONS.sky_error * rng.standard_normal((n, 1, 1))
    told = sample.replace(
        psf_fwhm=sample.psf_fwhm * (1 + CONDITIONS.psf_error * rng.standard_normal(n))
    )
    radius = sample.half_light_radius / sample.pixel_scale
    truth = np.stack([sample.bulge_to_total, radius, flux], axis=1)
    return (light + noise + sky).astype(np.float32), truth, told


def measure(seed, n, single_share, prior_share):
    """Refine and give the sample, its truth, the refined posteriors and milliseconds a galaxy."""
    rng = np.random.default_rng(seed)
    sample, shapes = draw(rng, n, single_share)
    images, truth, told = observe(rng, sample, shapes)
    start = rough_start(rng, to_transformed(truth))
    began = time.process_time()
    found = refine(
        torch.from_numpy(images),
        torch.ones(images.shape, dtype=torch.bool),
        torch.from_numpy(sample.noise_correlation),
        kolmogorov_of(told),
        start,
        RefinementSettings(prior=GalaxyPrior(single_share=prior_share)),
        torch.from_numpy(sample.sky_electrons),
    )
    return sample, truth, found, 1e3 * (time.process_time() - began) / n


@pytest.mark.slow
def test_two_components_are_measured_as_well_as_can_be():
    sample, truth, found, milliseconds = measure(12, 600, 0.0, 0.0)
    limit = bounds(sample, truth[:, 2], SIZE)
    quantiles, true = found.posterior.quantiles, to_transformed(truth)
    error = to_physical(quantiles[:, :, 3]) - truth
    error[:, 1:] /= truth[:, 1:]
    ratio = error / limit
    print(f"\n{found.converged.mean():.1%} converged, {milliseconds:.1f} ms of CPU a galaxy")
    for low, high in BINS:
        rows = (sample.signal_to_noise >= low) & (sample.signal_to_noise < high)
        part = np.abs(ratio[rows])
        inside = [
            (quantiles[rows, :, 3 - k] <= true[rows]) & (true[rows] <= quantiles[rows, :, 3 + k])
            for k in (1, 2, 3)
        ]
        for i, (name, _, _) in enumerate(MORPHOLOGY_TARGETS):
            coverage = "/".join(f"{100 * part[:, i].mean():.1f}" for part in inside)
            print(
                f"S/N {low:g}-{high:g} ({rows.sum()}) {name}:"
                f" robust {1.4826 * np.median(part[:, i]):.2f},"
                f" rms {np.sqrt((part[:, i] ** 2).mean()):.2f},"
                f" beyond five {(part[:, i] > 5).mean():.2%}, coverage {coverage}"
            )
        assert (1.4826 * np.median(part, axis=0) < 1.5).all()
    assert found.converged.mean() > 0.97


@pytest.mark.slow
def test_pure_disks_and_bulges_are_unbiased():
    sample, truth, found, _ = measure(13, 240, 1.0, 0.25)
    off = (found.posterior.quantiles[:, :, 3] - to_transformed(truth)) / found.posterior.sigma
    for share, name in ((0, "disks"), (1, "bulges")):
        bias = np.median(off[sample.bulge_to_total == share], axis=0)
        print(f"\npure {name}: median error over sigma {bias.round(2)}")
        assert (np.abs(bias) < 0.5).all()
