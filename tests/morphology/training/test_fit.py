"""The training loop: one seed one network, also after a kill and in several processes."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from torch import nn

from meas_blends.errors import BadInputError
from meas_blends.morphology.training.fit import Batch, FitSettings, fit

SETTINGS = FitSettings(steps=12, batch_size=8, learning_rate=0.05, device="cpu", checkpoint_every=4)


@dataclass(frozen=True)
class Line:
    """Targets that are linear in the inputs, but for noise of 0.1."""

    slope: float = 1.0
    stops: bool = False

    def network(self):
        return nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.1), nn.ReLU(), nn.Linear(8, 9))

    def batch(self, seed, step, rank, n):
        rng = np.random.default_rng([*seed, step, rank])
        x = torch.from_numpy(rng.normal(size=(n, 2))).float()
        noise = torch.from_numpy(0.1 * rng.normal(size=(n, 3))).float()
        return Batch((x,), self.slope * torch.stack([x[:, 0], x[:, 1], x.sum(dim=1)], 1) + noise)

    def validation_loss(self, network):
        # A training that is told from the first look on that it gets worse.
        return float(sum(p.detach().abs().sum() for p in network.parameters())) * 10 * self.stops


def weights(network):
    return torch.cat([p.detach().ravel() for p in network.parameters()])


def test_it_learns():
    losses = []
    settings = replace(SETTINGS, steps=400, batch_size=32)
    fit(Line(), settings, [1], lambda done, total, loss: losses.append(loss))
    assert np.mean(losses[-20:]) < np.mean(losses[:20]) - 1.5


def test_one_seed_one_network():
    one, again, other = (weights(fit(Line(), SETTINGS, [seed])) for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_the_callers_random_numbers_are_left_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    fit(Line(), SETTINGS, [1])
    assert torch.equal(torch.rand(3), expected)


class Killed(Exception):
    pass


@pytest.mark.parametrize("at", [3, 5, 11])
def test_a_training_that_was_killed_ends_as_if_it_had_not(tmp_path, at):
    def kill(done, total, loss):
        if done == at * 8:
            raise Killed

    settings = replace(SETTINGS, folder=tmp_path)
    with pytest.raises(Killed):
        fit(Line(), settings, [1], kill)
    steps = []
    resumed = fit(Line(), settings, [1], lambda done, total, loss: steps.append(done // 8))
    assert steps[0] == at - at % 4 + 1 and steps[-1] == 12
    assert torch.equal(weights(resumed), weights(fit(Line(), SETTINGS, [1])))


def test_a_training_that_was_finished_is_not_done_again(tmp_path):
    settings = replace(SETTINGS, folder=tmp_path)
    first, calls = fit(Line(), settings, [1]), []
    again = fit(Line(), settings, [1], lambda *call: calls.append(call))
    assert not calls
    assert torch.equal(weights(first), weights(again))


def test_a_checkpoint_of_another_training(tmp_path):
    settings = replace(SETTINGS, folder=tmp_path)
    fit(Line(), settings, [1])
    for problem, changed, seed in (
        (Line(2.0), settings, [1]),
        (Line(), replace(settings, learning_rate=0.01), [1]),
        (Line(), settings, [2]),
    ):
        with pytest.raises(BadInputError, match="checkpoint of a training with other settings"):
            fit(problem, changed, seed)


def test_a_damaged_checkpoint(tmp_path):
    (tmp_path / "training.safetensors").write_bytes(b"no tensors")
    with pytest.raises(BadInputError, match="damaged checkpoint"):
        fit(Line(), replace(SETTINGS, folder=tmp_path), [1])


def test_it_stops_early_at_the_best_network(tmp_path):
    calls = []
    settings = replace(SETTINGS, steps=60, look_every=2, patience=3, folder=tmp_path)
    network = fit(Line(stops=True), settings, [1], lambda *call: calls.append(call))
    assert len(calls) < 60
    # The network is the one of the best look, not that of the last step.
    best = Line(stops=True).validation_loss(network)
    last = fit(Line(), replace(SETTINGS, steps=60, look_every=2), [1])
    assert best < Line(stops=True).validation_loss(last)
    assert torch.equal(weights(network), weights(fit(Line(stops=True), settings, [1])))


class PlainLine(Line):
    """Without dropout, whose random numbers differ between the processes."""

    def network(self):
        return nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 9))


class BothHalves(PlainLine):
    """In one process what two see."""

    def batch(self, seed, step, rank, n):
        halves = [super(BothHalves, self).batch(seed, step, r, n // 2) for r in (0, 1)]
        inputs = torch.cat([half.inputs[0] for half in halves])
        return Batch((inputs,), torch.cat([half.targets for half in halves]))


def test_two_processes_share_each_step():
    alone = weights(fit(BothHalves(), SETTINGS, [1]))
    together = weights(fit(PlainLine(), replace(SETTINGS, processes=2), [1]))
    torch.testing.assert_close(together, alone, atol=1e-4, rtol=1e-3)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_cpu_and_gpu_agree():
    on_cpu = weights(fit(PlainLine(), SETTINGS, [1]))
    on_gpu = weights(fit(PlainLine(), replace(SETTINGS, device="cuda"), [1])).cpu()
    # bfloat16 has three digits.
    torch.testing.assert_close(on_gpu, on_cpu, atol=0.05, rtol=0.05)
