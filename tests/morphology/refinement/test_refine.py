"""Refinement of galaxies of known truth."""

import dataclasses

import numpy as np
import pytest
import torch

from meas_blends.data.morphology_tables import MORPHOLOGY
from meas_blends.detection.psf import gaussian_psf
from meas_blends.morphology.calibration import Calibration
from meas_blends.morphology.posterior import NORMAL_QUANTILES
from meas_blends.morphology.refinement import hypotheses
from meas_blends.morphology.refinement.refine import refine, refine_stamps
from meas_blends.morphology.refinement.settings import RefinementSettings
from meas_blends.morphology.stamps import Stamps
from refinement_toys import toy_stamps

ELECTRONS = np.geomspace(50.0, 1000.0, 12)

#: S/N in the apertures: all are to be fitted.
BRIGHT = np.full(12, 100.0)


def refined(stamps, psf, start, settings=None, sky_electrons=None):
    return refine(
        stamps.images,
        stamps.usable,
        stamps.noise_correlation,
        psf,
        start,
        BRIGHT[: len(stamps.images)],
        settings or RefinementSettings(),
        sky_electrons,
    )


@pytest.fixture(scope="module")
def bright():
    """Twelve bright galaxies with a bulge and a disk each, refined."""
    _, stamps, truth, start, psf = toy_stamps(4, 12, (200.0, 400.0), sky_electrons=ELECTRONS)
    return (
        stamps,
        truth,
        start,
        psf,
        refined(stamps, psf, start, sky_electrons=torch.from_numpy(ELECTRONS)),
    )


def test_flux_and_radius_come_nearer_to_the_truth(bright):
    _, truth, start, _, found = bright
    assert found.fitted.mean() >= 0.9
    error = np.abs(found.posterior.quantiles[:, :, 3] - truth)
    before = np.abs(start.mean - truth)
    assert np.median(error[:, 2]) < 0.7 * np.median(before[:, 2])
    assert np.median(error[:, 1]) < np.median(before[:, 1])
    low, high = found.posterior.quantiles[:, :, 0], found.posterior.quantiles[:, :, 6]
    assert ((low <= truth) & (truth <= high)).mean() > 0.9


def test_quantiles_ascend(bright):
    posterior = bright[4].posterior
    assert (np.diff(posterior.quantiles, axis=2) >= 0).all()
    assert (np.linalg.eigvalsh(posterior.covariance) > 0).all()


def test_a_fit_that_does_not_converge_leaves_the_start(bright):
    stamps, _, start, psf, _ = bright
    found = refined(stamps, psf, start, RefinementSettings(steps=1))
    failed = ~found.fitted
    assert failed.any()
    np.testing.assert_array_equal(found.posterior.mean[failed], start.mean[failed])
    np.testing.assert_array_equal(found.posterior.quantiles[failed], start.quantiles[failed])


def test_only_fits_are_recalibrated(bright):
    refined = bright[4]
    half = dataclasses.replace(refined, fitted=np.arange(12) < 6)
    twice = Calibration(np.zeros(1), np.tile(2 * NORMAL_QUANTILES, (1, 3, 1)))
    found = half.recalibrated(twice, np.ones(12))
    old, new = refined.posterior.quantiles, found.posterior
    np.testing.assert_array_equal(new.quantiles[6:], old[6:])
    np.testing.assert_allclose(new.quantiles[:6, :, 4], old[:6, :, 5])
    np.testing.assert_array_equal(new.covariance[6:], refined.posterior.covariance[6:])


def test_batches_do_not_matter(bright):
    stamps, _, start, psf, whole = bright
    rows = slice(0, 3)
    part = refine(
        stamps.images[rows],
        stamps.usable[rows],
        stamps.noise_correlation[rows],
        psf.select(rows),
        start.select(rows),
        BRIGHT[rows],
        RefinementSettings(),
        torch.from_numpy(ELECTRONS[rows]),
    )
    sigma = whole.posterior.sigma[rows]
    assert (np.abs(part.posterior.mean - whole.posterior.mean[rows]) < 0.25 * sigma).all()


def test_nothing_is_refined_to_nothing(bright):
    stamps, _, start, psf, _ = bright
    none = slice(0, 0)
    found = refine(
        stamps.images[none],
        stamps.usable[none],
        stamps.noise_correlation[none],
        psf.select(none),
        start.select(none),
        BRIGHT[none],
        RefinementSettings(),
    )
    assert found.fitted.shape == (0,)


def test_pure_disks_and_bulges_are_recognised():
    share = np.repeat([0.0, 1.0], 6)
    sizes = {"disk_radius": np.full(12, 0.9), "bulge_radius": np.full(12, 0.9)}
    _, stamps, truth, start, psf = toy_stamps(5, 12, (300.0, 301.0), bulge_to_total=share, **sizes)
    found = refined(stamps, psf, start)
    off = (found.posterior.quantiles[:, :, 3] - truth) / found.posterior.sigma
    assert found.fitted.mean() > 0.9
    assert (np.abs(np.median(off.reshape(2, 6, 3), axis=1)) < 1.0).all()
    median = found.posterior.physical_quantiles()[:, 0, 3]
    assert np.median(median[:6]) < 0.05 and np.median(median[6:]) > 0.95


def test_masked_pixels_say_nothing(bright):
    stamps, _, start, psf, whole = bright
    usable = stamps.usable.clone()
    usable[:, :, 52:] = False
    changed = dataclasses.replace(stamps, images=stamps.images * usable, usable=usable)
    found = refined(changed, psf, start, RefinementSettings(most_lost=1.0))
    assert found.fitted.mean() > 0.8
    sigma = np.maximum(found.posterior.sigma, whole.posterior.sigma)
    off = np.abs(found.posterior.mean - whole.posterior.mean) / sigma
    assert np.median(off) < 0.3 and (off < 2).mean() > 0.9


def test_faint_galaxies_and_those_beneath_a_mask_keep_the_networks_answer(bright):
    stamps, _, start, psf, whole = bright
    usable = stamps.usable.clone()
    usable[:6, :, 36:] = False
    changed = dataclasses.replace(stamps, images=stamps.images * usable, usable=usable)
    faint = np.where(np.arange(12) % 6 < 3, 100.0, 9.0)
    found = refine(
        changed.images, usable, stamps.noise_correlation, psf, start, faint, RefinementSettings()
    )
    np.testing.assert_array_equal(found.fitted[6:], whole.fitted[6:] & (faint[6:] > 10))
    assert not found.fitted[:6].any()
    np.testing.assert_array_equal(found.posterior.mean[:6], start.mean[:6])


def test_the_best_fit_is_found_from_a_poor_start():
    """A point-like disk in a large bulge, and a point-like bulge in a large disk."""
    sizes = {
        "bulge_to_total": np.repeat([0.85, 0.8], 6),
        "bulge_radius": np.repeat([2.4, 0.16], 6),
        "disk_radius": np.repeat([0.18, 1.8], 6),
    }
    _, stamps, _, start, psf = toy_stamps(6, 12, (600.0, 1200.0), **sizes)
    found = refined(stamps, psf, start)
    assert found.fitted.all()
    median = found.posterior.physical_quantiles()[:, 0, 3]
    assert (np.abs(median - sizes["bulge_to_total"]) < 0.1).mean() >= 0.75


def test_a_poor_fit_is_begun_again(monkeypatch):
    """Bulges and disks of very unequal axis ratios, which no common shape leads to."""
    shapes = {"bulge_radius": 0.85, "disk_radius": 1.68, "bulge_to_total": 0.53}
    shapes |= {"bulge_axis_ratio": 0.27, "disk_axis_ratio": 0.99}
    columns = {name: np.full(6, value) for name, value in shapes.items()}
    _, stamps, truth, start, psf = toy_stamps(9, 6, (3e4, 4e4), **columns)
    errors = []
    for poor in (np.inf, 5.0):
        monkeypatch.setattr(hypotheses, "_POOR", poor)
        found = refined(stamps, psf, start)
        errors.append(np.abs(found.posterior.quantiles[:, :, 3] - truth)[:, 1:].max())
    assert errors[0] > 0.03 and errors[1] < 0.005


def test_failed_stamps_of_a_coadd_keep_the_networks_answer(bright):
    stamps, _, start, _, _ = bright
    n, zero = 3, np.zeros(3, np.float32)
    flags = np.array([0, MORPHOLOGY.flag("FAILED"), 0], np.int32)
    cut = Stamps(
        images=stamps.images[:n].numpy(),
        usable=stamps.usable[:n].numpy(),
        sigma=zero + 1,
        psf=gaussian_psf(1.8),
        psf_sigma=zero + np.float32(1.8),
        noise_correlation=zero,
        dx=zero,
        dy=zero,
        flags=flags,
        masked_fraction=zero,
        pixel_scale=0.2,
    )
    first = start.select(slice(0, n))
    found = refine_stamps(cut, first, BRIGHT[:3], RefinementSettings(), "cpu")
    assert not found.fitted[1]
    np.testing.assert_array_equal(found.posterior.mean[1], first.mean[1])
    cut.flags[:] = flags[1]
    assert not refine_stamps(cut, first, BRIGHT[:3], RefinementSettings(), "cpu").fitted.any()
