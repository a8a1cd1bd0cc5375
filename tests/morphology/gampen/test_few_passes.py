"""Few passes with many draws against a thousand passes, on a network that has learnt."""

import numpy as np
import pytest
import torch

from gampen_toys import SETTINGS, SIZE, TINY, tiny_network
from meas_blends.morphology.calibration import coverage
from meas_blends.morphology.gampen.estimator import GampenEstimator
from meas_blends.morphology.gampen.inputs import network_images
from meas_blends.morphology.gampen.network import GampenArchitecture
from meas_blends.morphology.gampen.settings import GampenSettings
from meas_blends.morphology.gampen.targets import target_scaling
from meas_blends.morphology.gaussian import gaussian_nll

pytestmark = pytest.mark.slow

#: Wide enough that a dropout takes elements of each layer.
ARCHITECTURE = GampenArchitecture(
    SIZE, 1, 3, TINY.localisation, ((8,), (16,), (24,), (32,)), hidden=(128, 128)
)
DROPOUT_RATE = 4e-3


def draw(rng, n):
    """Round galaxies with a cusp and a disk: counts, and (logit B/T, ln radius, ln flux)."""
    truth = np.stack([rng.uniform(-2, 2, n), rng.uniform(0.3, 1.8, n), rng.uniform(5, 9, n)], 1)
    offset = torch.arange(SIZE) - SIZE // 2
    radius = torch.sqrt((offset[:, None] ** 2 + offset**2 + 1.0).float())
    bulge, size, flux = torch.from_numpy(truth.astype(np.float32))[:, :, None, None].unbind(1)
    share, scale = torch.sigmoid(bulge), torch.exp(size)
    disk = torch.exp(-radius / scale)
    cusp = torch.exp(-2.5 * torch.sqrt(radius / scale))
    disk, cusp = (part / part.sum(dim=(1, 2), keepdim=True) for part in (disk, cusp))
    light = torch.exp(flux) * (share * cusp + (1 - share) * disk)
    noise = torch.from_numpy(rng.standard_normal(light.shape).astype(np.float32))
    return (light + noise)[:, None], truth


@pytest.fixture(scope="module")
def trained():
    """Settings, network."""
    rng = np.random.default_rng(7)
    mean, std = target_scaling(draw(rng, 2000)[1])
    network = tiny_network(ARCHITECTURE, DROPOUT_RATE).train()
    torch.nn.init.constant_(network.fc_loc[2].bias, 1.0)
    torch.nn.init.zeros_(network.fc_loc[2].weight)
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-4)
    steps = 1500
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=steps)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        for _ in range(steps):
            counts, truth = draw(rng, 64)
            targets = torch.from_numpy(((truth - mean) / std).astype(np.float32))
            loss = gaussian_nll(network(network_images(counts)), targets)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
    targets = [
        {**target, "mean": float(m), "std": float(s)}
        for target, m, s in zip(SETTINGS["targets"], mean, std, strict=True)
    ]
    return SETTINGS | {"targets": targets, "dropout_rate": DROPOUT_RATE}, network


def measure(trained, counts, **options):
    settings, network = trained
    estimator = GampenEstimator(network, GampenSettings.from_meta(settings, "toy"), **options)
    return estimator.posterior(counts.numpy(), batch_size=100)


def widths(posterior):
    return posterior.quantiles[:, :, 4] - posterior.quantiles[:, :, 2]


def test_twenty_passes_are_as_wide_as_a_thousand(trained):
    counts, truth = draw(np.random.default_rng(99), 300)
    thousand = measure(trained, counts, passes=1000)
    for options in ({"passes": 20}, {"passes": 20, "draws": 50}):
        few = measure(trained, counts, **options)
        ratio = (widths(few) / widths(thousand)).mean(axis=0)
        shift = np.std((few.quantiles[:, :, 3] - thousand.quantiles[:, :, 3]) / thousand.sigma)
        assert shift < 0.15
        np.testing.assert_allclose(ratio, 1.0, atol=0.01)
    # Dropout is a part of the width that few passes must find.
    once = measure(trained, counts, passes=0)
    assert ((widths(once) / widths(thousand)).mean(axis=0) < 0.97).all()
    single = measure(trained, counts, passes=1000, draws=1)
    np.testing.assert_allclose((widths(single) / widths(thousand)).mean(axis=0), 1.0, atol=0.01)
    # It has learnt something: the truth lies where the posterior says.
    shares = coverage(thousand, truth)
    assert all(55 < levels["68.27"] < 95 for levels in shares.values())
    assert (thousand.sigma.mean(axis=0) < [1.0, 0.25, 0.3]).all()
