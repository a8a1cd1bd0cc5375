"""Training of the compact network, small enough for seconds."""

from dataclasses import replace

import numpy as np
import pytest

from meas_blends.data.packages import ModelPackage
from meas_blends.morphology.calibration import coverage
from meas_blends.morphology.compact import CompactEstimator
from meas_blends.morphology.conditions import Conditions
from meas_blends.morphology.inputs import InputLayout
from meas_blends.morphology.measured import measure_drawn, summarise
from meas_blends.morphology.populations import LogUniform, Table1
from meas_blends.morphology.simulate import StampSimulator
from meas_blends.morphology.training.compact import (
    CompactTraining,
    make_package,
    train_compact,
)
from meas_blends.morphology.training.fit import FitSettings
from meas_blends.simulation.survey import Survey

POPULATION = LogUniform(radius=(0.1, 0.8), signal_to_noise=(20.0, 400.0))
LAYOUT = InputLayout(32, (1,), 32, (2.0, 4.0))
TRAINING = CompactTraining(
    POPULATION, Conditions(), LAYOUT, (4, 8, 8, 8, 16), 2000, 1000, 4, 120, 1
)
SETTINGS = FitSettings(steps=120, batch_size=32, device="cpu")
QUICK = CompactTraining(POPULATION, Conditions(), LAYOUT, (4, 4, 4, 4, 4), 60, 120, 1, 0)


@pytest.fixture(scope="module")
def trained():
    calls = []
    estimator, metrics = train_compact([1, 0], TRAINING, SETTINGS, lambda *call: calls.append(call))
    return estimator, metrics, calls


@pytest.fixture(scope="module")
def package(trained):
    estimator, metrics, _ = trained
    return make_package(estimator, metrics, {"seed": [1, 0]}, "toy", "3")


@pytest.fixture(scope="module")
def stamps():
    return StampSimulator(POPULATION, Conditions(), 32).draw(np.random.default_rng(9), 30)


def test_training_learns_and_calibrates(trained):
    estimator, metrics, calls = trained
    losses = [loss for _, _, loss in calls]
    assert np.mean(losses[-30:]) < np.mean(losses[:10]) - 0.3
    assert calls[-1][:2] == (3840, 3840)
    assert metrics["overall"]["n_galaxies"] == 1000
    for shares in metrics["overall"]["coverage"].values():
        assert shares["68.27"] == pytest.approx(68.27, abs=9)
        assert shares["95.45"] == pytest.approx(95.45, abs=5)
    assert set(estimator.limits) == {"psf_sigma", "pixel_scale", "signal_to_noise"}
    assert 1 < len(estimator.calibration.signal.log_value) <= 4
    assert 1 < len(estimator.calibration.seeing.log_value) <= 8


class Killed(Exception):
    pass


def test_an_ensemble_that_was_killed_ends_as_if_it_had_not(tmp_path):
    def kill(done, total, loss):
        if (done, total) == (5 * 32, 6 * 32):
            raise Killed

    settings, steps = FitSettings(steps=3, batch_size=32, device="cpu", checkpoint_every=1), []
    whole, metrics = train_compact([1], QUICK, settings, members=2)
    kept = replace(settings, folder=tmp_path)
    with pytest.raises(Killed):
        train_compact([1], QUICK, kept, kill, 2)
    # Galaxies to test on, and those to calibrate on, are no part of what a checkpoint is of.
    other = replace(QUICK, n_test=110)
    resumed, _ = train_compact([1], other, kept, lambda done, *_: steps.append(done // 32), 2)
    # One seed, one model. Its first network, and the first step of its second, are not done again.
    assert steps == [5, 6]
    assert {path.name for path in tmp_path.iterdir()} == {"member_0", "member_1"}
    arrays, expected = resumed.to_arrays(), whole.to_arrays()
    assert arrays.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(arrays[name], array, err_msg=name)
    head = "head.0.weight"
    assert not np.array_equal(arrays[f"network_0.{head}"], arrays[f"network_1.{head}"])
    assert metrics["overall"]["n_galaxies"] == QUICK.n_test
    package = make_package(whole, metrics, {}, "two", "1")
    assert len(CompactEstimator.from_package(package).networks) == 2


def test_it_learns_large_galaxies_of_table_1():
    conditions = Conditions.of_survey(Survey.named("hsc_g"), (0.7, 0.8))
    layout = InputLayout(95, (1, 4), 32, (2.0, 8.0))
    training = CompactTraining(Table1(), conditions, layout, (4, 4, 4, 4, 4), 100, 100, 1, 0)
    estimator, metrics = train_compact([1], training, FitSettings(2, 8, device="cpu"))
    assert estimator.stamp_size == 95
    assert estimator.refined_calibration is None and not estimator.prior.log_radius
    assert metrics["overall"]["n_galaxies"] == 100


def test_a_package_gives_the_same_answers(trained, package, stamps, tmp_path):
    package.write(tmp_path / "toy")
    read = ModelPackage.read(tmp_path / "toy", "morphology_compact")
    expected = trained[0].predict(stamps)
    got = CompactEstimator.from_package(read).predict(stamps)
    np.testing.assert_array_equal(got.posterior.quantiles, expected.posterior.quantiles)
    np.testing.assert_array_equal(got.posterior.covariance, expected.posterior.covariance)
    assert read.label == "toy 3"
    assert read.meta["training"]["seed"] == [1, 0]
    assert read.meta["test"]["overall"]["coverage"]["flux"]["68.27"] > 0


def test_a_package_knows_how_to_refine(trained, package):
    read = CompactEstimator.from_package(package)
    assert read.prior == trained[0].prior
    assert read.prior.radius == pytest.approx((0.1 / 0.202, 0.8 / 0.165))
    quantiles = read.refined_calibration.quantiles
    np.testing.assert_array_equal(quantiles, trained[0].refined_calibration.quantiles)
    assert quantiles.shape == (1, 3, 7)
    assert (np.diff(quantiles, axis=2) >= 0).all()


@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_batches_make_no_difference(trained, stamps, batch_size):
    expected = trained[0].predict(stamps).posterior
    got = trained[0].predict(stamps, batch_size).posterior
    np.testing.assert_allclose(got.quantiles, expected.quantiles, atol=1e-4)


def test_brighter_stamps_give_brighter_galaxies(trained, stamps):
    posterior = trained[0].predict(stamps).posterior
    truth = np.log(stamps.truth[:, 2])
    assert np.corrcoef(posterior.mean[:, 2], truth)[0, 1] > 0.9


def test_strange_stamps_get_finite_answers(trained):
    class Strange:
        images = np.stack([np.zeros((32, 32)), np.full((32, 32), 1e8), np.full((32, 32), -1e8)])
        images = images.astype(np.float32)
        usable = np.ones((3, 32, 32), bool)
        psf_sigma = np.array([0.5, 30.0, 2.0], np.float32)
        noise_correlation = np.zeros(3, np.float32)

    columns = trained[0].predict(Strange).posterior.columns()
    for name, values in columns.items():
        assert np.isfinite(values.astype(np.float32)).all(), name


def test_no_stamp(trained, stamps):
    class Nothing:
        images, usable = stamps.images[:0], stamps.usable[:0]
        psf_sigma, noise_correlation = stamps.psf_sigma[:0], stamps.noise_correlation[:0]

    assert trained[0].predict(Nothing).posterior.quantiles.shape == (0, 3, 7)


def test_outside_training(trained):
    estimator = trained[0]
    psf = np.array([1.8, 9.0, 1.8, 1.8, 1.8])
    scale = np.array([0.2, 0.2, 0.4, np.nan, 0.2])
    signal = np.array([50.0, 50.0, 50.0, 50.0, 1e5])
    outside = estimator.outside_training(psf, scale, signal)
    assert list(outside) == [False, True, True, False, True]


def test_metrics_are_those_of_the_drawn_galaxies(trained):
    simulator = StampSimulator(POPULATION, Conditions(), 32)
    measured = measure_drawn(trained[0], simulator, np.random.default_rng(3), 900)
    report = summarise(measured)
    assert report["overall"]["coverage"] == coverage(measured.posterior, measured.truth)
    parts = [part["n_galaxies"] for name, part in report.items() if name != "overall"]
    assert sum(parts) == 900 and min(parts) >= 100
