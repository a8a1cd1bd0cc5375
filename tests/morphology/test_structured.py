"""Stamps of galaxies with structure: their flux and radius are what they are said to be."""

import numpy as np
import pytest
import torch

from meas_blends.morphology import structured
from meas_blends.morphology.conditions import Conditions
from meas_blends.morphology.populations import LogUniform, Table1, draw_galaxies
from meas_blends.morphology.simulate import StampSimulator
from meas_blends.morphology.structured import StructuredGalaxies, StructuredSimulator
from meas_blends.simulation import structure_light
from meas_blends.simulation.structure import Structure
from refinement_toys import CLEAN

GALAXIES = StructuredGalaxies(radius=(0.3, 0.9), signal_to_noise=(2000.0, 4000.0))


@pytest.mark.parametrize("radius", [0.12, 0.9])
def test_galaxies_without_structure_are_those_of_the_other_simulator(monkeypatch, radius):
    """An exponential disk, drawn in two ways."""
    monkeypatch.setattr(structured, "draw_structure", lambda *_: Structure("smooth disk"))
    # That of structures is measured coarsely.
    monkeypatch.setattr(structure_light, "_measured_radius", lambda _: 1.0)
    rng = np.random.default_rng(1)
    columns = {"bulge_to_total": 0.0, "disk_n": 1.0, "disk_axis_ratio": 0.6}
    given = {name: np.full(3, value) for name, value in columns.items()}
    given["disk_radius"] = np.full(3, radius)
    sample = draw_galaxies(rng, 3, LogUniform(), CLEAN).replace(**given)
    simulator = StructuredSimulator(GALAXIES, CLEAN, 64)
    plain = StampSimulator(LogUniform(), CLEAN, 64)._render(sample).numpy()
    for i in range(3):
        light, found = simulator._draw_one(sample.select(slice(i, i + 1)), 5)
        assert found == pytest.approx(radius / sample.pixel_scale[i], rel=0.01)
        assert np.abs(light - plain[i]).max() < 0.01 * plain[i].max()


def test_stamps_hold_the_flux():
    stamps = StructuredSimulator(GALAXIES, CLEAN, 64).draw(np.random.default_rng(2), 12)
    assert stamps.images.shape == (12, 64, 64) and stamps.images.dtype == torch.float32
    # What tails and wings bring beyond the stamp is little.
    inside = stamps.images.sum(dim=(1, 2)).numpy() / stamps.truth[:, 2]
    assert (inside > 0.85).all() and np.median(inside) > 0.97 and (inside < 1.02).all()
    assert ((stamps.truth[:, 0] >= 0) & (stamps.truth[:, 0] <= 1)).all()
    assert (np.abs(stamps.signal_to_noise / 3000 - 1) < 0.4).all()


def test_one_seed_one_set():
    simulator = StructuredSimulator(GALAXIES, Conditions(), 32)
    one, two = (simulator.draw(np.random.default_rng(3), 4) for _ in range(2))
    np.testing.assert_array_equal(one.images.numpy(), two.images.numpy())
    np.testing.assert_array_equal(one.truth, two.truth)


def test_they_are_like_a_population():
    like = StructuredGalaxies.like(LogUniform(radius=(0.2, 3.0), signal_to_noise=(9.0, 99.0)))
    assert (like.radius, like.signal_to_noise) == ((0.2, 3.0), (9.0, 99.0))
    low, high = StructuredGalaxies.like(Table1()).signal_to_noise
    assert 0 < low < high
