"""Time of drawing galaxies; run with ``pytest --benchmark-only``."""

import numpy as np
import pytest
import torch

from meas_blends.morphology.refinement.derivatives import Derivatives
from meas_blends.morphology.refinement.noise import whitening
from meas_blends.morphology.rendering.model import GalaxyModel
from meas_blends.morphology.rendering.psf import PsfTransform
from meas_blends.morphology.rendering.renderer import GalaxyRenderer

NUMBER = 64


@pytest.fixture(scope="module")
def galaxies():
    """Galaxies of all shapes and their PSFs, as of one survey."""
    rng = np.random.default_rng(1)

    def uniform(low, high):
        return torch.from_numpy(rng.uniform(low, high, NUMBER))

    shapes = [torch.exp(uniform(-0.5, 2.5)), uniform(0.5, 5.5), uniform(0.25, 1), uniform(0, 3)]
    model = GalaxyModel(uniform(0, 1), *shapes, *shapes, uniform(-0.5, 0.5), uniform(-0.5, 0.5))
    return model.to("cpu"), PsfTransform.kolmogorov(uniform(3.4, 5.0))


@pytest.mark.parametrize("size", [64, 239])
def test_drawing(benchmark, galaxies, size):
    benchmark(GalaxyRenderer(size), *galaxies)
    benchmark.extra_info["galaxies"] = NUMBER


def test_derivatives(benchmark, galaxies):
    model, psf = galaxies
    rows = slice(0, 16)
    derivatives = Derivatives(psf.select(rows), whitening(torch.full((16,), 0.3), 64))
    benchmark(derivatives, model.select(rows))
    benchmark.extra_info["galaxies"] = 16
