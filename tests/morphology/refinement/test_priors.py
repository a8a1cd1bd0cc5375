"""Priors as unit normals."""

import numpy as np
import pytest
import torch

from meas_blends.morphology.populations import LogUniform, Table1
from meas_blends.morphology.refinement.priors import (
    DISK_RADIUS,
    N_PARAMETERS,
    SHARE,
    GalaxyPrior,
)

PRIOR = GalaxyPrior()
EVEN = GalaxyPrior(log_radius=False)


def unfold(z, share=torch.nan, prior=PRIOR):
    ones = torch.ones(len(z), dtype=torch.float64)
    return prior.unfold(z, 4 * ones, 0.5 * ones, share * ones)


def test_unit_normals_fill_the_ranges_evenly():
    rng = np.random.default_rng(1)
    z = torch.from_numpy(rng.standard_normal((20_000, N_PARAMETERS)))
    values = unfold(z).values
    for place, (low, high) in PRIOR.boxes.items():
        column = values[:, place]
        assert low <= column.min() and column.max() <= high
        part = (column.numpy() - low) / (high - low)
        np.testing.assert_allclose(np.quantile(part, [0.1, 0.5, 0.9]), [0.1, 0.5, 0.9], atol=0.015)


def test_radii_as_even_as_those_of_table_1():
    rng = np.random.default_rng(4)
    z = torch.from_numpy(rng.standard_normal((20_000, N_PARAMETERS)))
    radius = torch.exp(unfold(z, prior=EVEN).values[:, DISK_RADIUS])
    assert radius.quantile(0.5).item() == pytest.approx(0.5 * sum(EVEN.radius), rel=0.02)
    folded = EVEN.fold(unfold(0.5 * z[:5], prior=EVEN).values)
    np.testing.assert_allclose(folded[:, DISK_RADIUS], 0.5 * z[:5, DISK_RADIUS], atol=1e-9)


@pytest.mark.parametrize("prior", [PRIOR, EVEN])
def test_slopes_are_those_of_the_values(prior):
    z = torch.from_numpy(np.random.default_rng(2).standard_normal((3, N_PARAMETERS)))
    ends = [unfold(z + step, prior=prior).values for step in (1e-5, -1e-5)]
    np.testing.assert_allclose(unfold(z, prior=prior).slopes, (ends[0] - ends[1]) / 2e-5, rtol=1e-6)


def test_a_fixed_share_does_not_move():
    fixed = unfold(torch.ones(2, N_PARAMETERS, dtype=torch.float64), share=0.0)
    assert (fixed.values[:, SHARE] == 0).all()
    assert (fixed.slopes[:, SHARE] == 0).all()


def test_a_start_is_folded_into_its_ranges():
    z = torch.from_numpy(np.random.default_rng(3).normal(0, 0.5, (4, N_PARAMETERS)))
    folded = PRIOR.fold(unfold(z).values)
    np.testing.assert_allclose(folded[:, SHARE], z[:, SHARE], atol=1e-9)
    assert torch.isfinite(PRIOR.fold(torch.full((1, N_PARAMETERS), 1e3).double())).all()


@pytest.mark.parametrize("population", [LogUniform(single_share=0.1), Table1(disk_n=(1.0, 1.1))])
def test_priors_of_a_population_and_back_from_a_package(population):
    prior = GalaxyPrior.of_population(population, (0.15, 0.2))
    assert prior.radius == pytest.approx((0.1 / 0.2, population.radius[1] / 0.15))
    assert prior.log_radius == isinstance(population, LogUniform)
    assert (prior.disk_n, prior.single_share) == (population.disk_n, population.single_share)
    assert GalaxyPrior.from_meta(prior.to_meta()) == prior


@pytest.mark.parametrize("size", [64, 239])
def test_larger_stamps_hold_larger_galaxies(size):
    prior = GalaxyPrior.for_stamps(size, sky=0.1)
    assert prior.radius[1] == size / 4
    assert prior.sky == 0.1
