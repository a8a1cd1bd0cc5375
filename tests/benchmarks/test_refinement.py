"""Refinement as shipped against the Cramer-Rao bound, on fresh galaxies; run with ``-m slow``.

It prints the tables: ``pytest -m slow -s tests/benchmarks/test_refinement.py``.
"""

import time

import numpy as np
import pytest
import torch

from galsim_galaxies import galsim_image, kolmogorov
from meas_blends.data.morphology_tables import MORPHOLOGY_TARGETS
from meas_blends.data.packages import MORPHOLOGY_COMPACT, find_package
from meas_blends.morphology.compact import CompactEstimator
from meas_blends.morphology.conditions import Conditions
from meas_blends.morphology.populations import LogUniform, draw_galaxies
from meas_blends.morphology.posterior import to_physical, to_transformed
from meas_blends.morphology.refinement.bounds import bounds
from meas_blends.morphology.refinement.drawn import refine_drawn
from meas_blends.morphology.refinement.refine import refine
from meas_blends.morphology.refinement.settings import RefinementSettings
from meas_blends.morphology.rendering.psf import PsfTransform
from meas_blends.morphology.simulate import SimulatedStamps, StampSimulator
from meas_blends.morphology.sky_noise import correlated_noise
from meas_blends.morphology.widths import kolmogorov_width

SIZE, BINS = 64, [(20.0, 50.0), (50.0, 200.0), (200.0, 1500.0)]
POPULATION = LogUniform(signal_to_noise=(20.0, 1500.0))
CONDITIONS = Conditions(neighbour_share=0.0, border_share=0.0)


def draw(rng, n):
    """Galaxies, and their noise-free images of unit flux by GalSim."""
    sample = draw_galaxies(rng, n, POPULATION, CONDITIONS)
    images = []
    for i in range(n):
        galaxy = {name: float(getattr(sample, name)[i]) for name in vars(sample)}
        for which in ("bulge", "disk"):
            galaxy[f"{which}_radius"] /= galaxy["pixel_scale"]
        psf = kolmogorov(galaxy["psf_fwhm"] / galaxy["pixel_scale"])
        images.append(galsim_image(galaxy, psf, SIZE))
    return sample, np.array(images)


def observe(rng, sample, shapes):
    """Noisy stamps, with PSF widths that are off."""
    n = len(sample)
    flux = sample.signal_to_noise / np.sqrt((shapes**2).sum(axis=(1, 2)))
    light = shapes * flux[:, None, None]
    noise = [correlated_noise(rng, (SIZE, SIZE), rho) for rho in sample.noise_correlation]
    noise = np.array(noise) * np.sqrt(1 + light / sample.sky_electrons[:, None, None])
    sky = CONDITIONS.sky_error * rng.standard_normal((n, 1, 1))
    fwhm = sample.psf_fwhm / sample.pixel_scale
    fwhm = fwhm * (1 + CONDITIONS.psf_error * rng.standard_normal(n))
    radius = sample.half_light_radius / sample.pixel_scale
    return SimulatedStamps(
        images=torch.from_numpy((light + noise + sky).astype(np.float32)),
        usable=torch.ones(light.shape, dtype=torch.bool),
        psf_sigma=torch.from_numpy(kolmogorov_width(fwhm).astype(np.float32)),
        psf_fwhm=torch.from_numpy(fwhm.astype(np.float32)),
        noise_correlation=torch.from_numpy(sample.noise_correlation.astype(np.float32)),
        truth=np.stack([sample.bulge_to_total, radius, flux], axis=1),
        signal_to_noise=sample.signal_to_noise,
    )


def shipped():
    return CompactEstimator.from_package(find_package("compact_lsst", MORPHOLOGY_COMPACT))


def coverage(quantiles, truth, rows):
    """Per cent inside the central intervals, for the three targets at three levels."""
    return [
        100
        * (
            (quantiles[rows, :, 3 - k] <= truth[rows]) & (truth[rows] <= quantiles[rows, :, 3 + k])
        ).mean(axis=0)
        for k in (1, 2, 3)
    ]


@pytest.fixture(scope="module")
def measured():
    """Galaxies of one and two components, their bounds, and what is measured of them."""
    rng = np.random.default_rng(20261125)
    estimator = shipped()
    sample, shapes = draw(rng, 1000)
    stamps = observe(rng, sample, shapes)
    prediction = estimator.predict(stamps)
    settings = RefinementSettings(prior=estimator.prior)
    milliseconds = []
    for part in np.arange(640).reshape(5, 128):
        began = time.process_time()
        refine(
            stamps.images[part],
            stamps.usable[part],
            stamps.noise_correlation[part],
            PsfTransform.kolmogorov(stamps.psf_fwhm[part]),
            prediction.posterior.select(part),
            prediction.signal_to_noise[part],
            settings,
        )
        milliseconds.append(1e3 * (time.process_time() - began) / len(part))
    found = refine(
        stamps.images,
        stamps.usable,
        stamps.noise_correlation,
        PsfTransform.kolmogorov(stamps.psf_fwhm),
        prediction.posterior,
        prediction.signal_to_noise,
        settings,
    ).recalibrated(estimator.refined_calibration, prediction.signal_to_noise)
    print(f"\n{found.fitted.mean():.1%} fitted, ms of CPU a galaxy: {np.round(milliseconds, 1)}")
    limit = bounds(sample, stamps.truth[:, 2], SIZE, estimator.prior)
    return sample, stamps, limit, found


@pytest.mark.slow
def test_two_components_are_measured_nearly_as_well_as_can_be(measured):
    sample, stamps, limit, found = measured
    error = to_physical(found.posterior.quantiles[:, :, 3]) - stamps.truth
    error[:, 1:] /= stamps.truth[:, 1:]
    ratio = np.abs(error / limit)
    two = (sample.bulge_to_total > 0) & (sample.bulge_to_total < 1)
    print()
    for low, high in [*BINS, (20.0, 1500.0)]:
        part = ratio[two & (sample.signal_to_noise >= low) & (sample.signal_to_noise < high)]
        for i, (name, _, _) in enumerate(MORPHOLOGY_TARGETS):
            print(
                f"S/N {low:g}-{high:g} ({len(part)}) {name}:"
                f" robust {1.4826 * np.median(part[:, i]):.2f},"
                f" rms {np.sqrt((part[:, i] ** 2).mean()):.2f},"
                f" beyond five {(part[:, i] > 5).mean():.2%}"
            )
        assert (1.4826 * np.median(part, axis=0) < 1.5).all()
    assert found.fitted.mean() > 0.97


@pytest.mark.slow
def test_intervals_cover(measured):
    sample, stamps, _, found = measured
    truth = to_transformed(stamps.truth)
    print()
    for low, high in [*BINS, (20.0, 1500.0)]:
        rows = (sample.signal_to_noise >= low) & (sample.signal_to_noise < high)
        shares = coverage(found.posterior.quantiles, truth, rows)
        print(f"S/N {low:g}-{high:g} ({rows.sum()}):", *(np.round(share, 1) for share in shares))
        assert np.abs(shares[0] - 68.27).max() < 9
        assert np.abs(shares[1] - 95.45).max() < 5


@pytest.mark.slow
def test_pure_disks_and_bulges(measured):
    sample, stamps, _, found = measured
    quantiles = found.posterior.physical_quantiles()
    off = quantiles[:, :, 3] - to_physical(to_transformed(stamps.truth))
    half = np.maximum(0.5 * (quantiles[:, :, 4] - quantiles[:, :, 2]), 1e-6)
    for share, name in ((0, "disks"), (1, "bulges")):
        rows = sample.bulge_to_total == share
        bias = np.median((off / half)[rows], axis=0)
        print(f"\npure {name}: median error over half width {bias.round(2)}")
        assert (np.abs(bias) < 1.0).all()


@pytest.mark.slow
def test_neighbours():
    """Galaxies with a neighbour: fitted only where its mask takes none of their light."""
    estimator = shipped()
    simulator = StampSimulator(POPULATION, Conditions(neighbour_share=1.0), SIZE)
    found, refined = refine_drawn(
        estimator,
        simulator,
        np.random.default_rng(20261126),
        2000,
        RefinementSettings(prior=estimator.prior),
    )
    posterior = refined.recalibrated(estimator.refined_calibration, found.aperture).posterior
    shares = coverage(posterior.quantiles, found.truth, refined.fitted)
    print(
        f"\nwith neighbours: {refined.fitted.mean():.1%} fitted,", *(np.round(s, 1) for s in shares)
    )
    assert np.abs(shares[0] - 68.27).max() < 9
