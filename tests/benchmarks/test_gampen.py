"""Cost of GaMPEN at 239 pixels; run with ``pytest --benchmark-only``."""

import resource
import time

import numpy as np
import pytest
import torch

from gampen_toys import galaxies, tiny_network
from meas_blends.morphology.gampen.network import GampenArchitecture
from meas_blends.morphology.gampen.passes import monte_carlo

GALAXIES = 2

#: Seconds of the processor: other work on the machine hardly changes them.
pytestmark = pytest.mark.benchmark(timer=time.process_time)


@pytest.fixture(scope="module")
def network():
    """As large as the published ones, at the dropout rate of one of them."""
    return tiny_network(GampenArchitecture(), dropout_rate=4e-4)


@pytest.fixture(scope="module")
def images():
    return galaxies(GALAXIES, 239)


def note(benchmark, passes):
    """Add what is read off: seconds a galaxy and a pass, and the memory of the process."""
    seconds = benchmark.stats.stats.min / GALAXIES
    benchmark.extra_info["seconds_a_galaxy"] = seconds
    benchmark.extra_info["seconds_a_galaxy_and_pass"] = seconds / passes
    benchmark.extra_info["peak_gigabytes"] = (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    )


def test_whole_passes(benchmark, network, images):
    """One pass as the public pipeline does it; a thousand take a thousand times as long."""
    wide = images.expand(-1, 3, -1, -1).contiguous()
    network.train()

    def run():
        with torch.inference_mode():
            network(wide)

    benchmark.pedantic(run, rounds=3, warmup_rounds=1)
    network.eval()
    note(benchmark, 1)


@pytest.mark.parametrize("passes", [1, 20])
def test_passes_with_the_common_part_kept(benchmark, network, images, passes):
    def run():
        monte_carlo(network, images, passes, [np.random.default_rng(i) for i in range(GALAXIES)])

    benchmark.pedantic(run, rounds=3 if passes < 20 else 1, warmup_rounds=passes == 1)
    note(benchmark, passes)
