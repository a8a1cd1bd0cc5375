"""The estimator around a network whose answer is known, whatever the stamp."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.special import ndtr

from compact_toys import LAYOUT, NEUTRAL, WIDTHS, constant_network
from meas_blends.data.packages import MORPHOLOGY_COMPACT, ModelPackage
from meas_blends.errors import BadInputError
from meas_blends.morphology.calibration import Calibration, SeeingCalibration
from meas_blends.morphology.compact import (
    CompactEstimator,
    choose_device,
    load_state,
    state_arrays,
)
from meas_blends.morphology.inputs import InputLayout
from meas_blends.morphology.network import CompactNetwork
from meas_blends.morphology.posterior import NORMAL_QUANTILES

SIZE = LAYOUT.stamp_size
MEAN, STD = np.array([0.5, 1.0, -0.2]), np.array([2.0, 0.5, 0.1])

#: What two networks say.
ANSWERS = ((0.1,) * 9, (0.8, -0.5, 0.3, -0.7, 0.6, -0.2, 0.3, -0.4, 0.6))


def estimator_of(*outputs, **options):
    """Estimator of networks that give these numbers, or of one that gives zeros."""
    networks = [constant_network(numbers) for numbers in outputs or [(0.0,) * 9]]
    return CompactEstimator(networks, MEAN, STD, **options)


def bright_pixels(heights, psf_sigma):
    """Stamps of one bright pixel in the middle."""
    n = len(heights)
    images = np.zeros((n, SIZE, SIZE), np.float32)
    images[:, SIZE // 2, SIZE // 2] = heights
    return SimpleNamespace(
        images=images,
        usable=np.ones(images.shape, bool),
        psf_sigma=np.array(psf_sigma, np.float32),
        noise_correlation=np.zeros(n, np.float32),
    )


def test_targets_are_scaled_back():
    log_d, lower = np.log([0.5, 2.0, 3.0]), (0.3, -0.4, 0.6)
    prediction = estimator_of((0.1, -0.2, 0.3, *log_d, *lower)).predict(
        bright_pixels([1e5, 5e4], [1.5, 2.0])
    )
    expected = MEAN + STD * [0.1, -0.2, 0.3] + np.zeros((2, 3))
    # Radii are in units of the PSF's sigma, fluxes of the aperture's flux.
    expected[:, 1] += np.log([1.5, 2.0])
    expected[:, 2] += np.log([1e5, 5e4])
    np.testing.assert_allclose(prediction.posterior.mean, expected, atol=1e-4)
    unit = np.array([[1, 0, 0], [0.3, 1, 0], [-0.4, 0.6, 1]])
    covariance = np.outer(STD, STD) * (unit @ np.diag([0.5, 2.0, 3.0]) @ unit.T)
    np.testing.assert_allclose(prediction.posterior.covariance, [covariance] * 2, rtol=1e-5)


def test_networks_are_mixed_in_equal_parts():
    stamps = bright_pixels([1e5, 5e4], [1.5, 2.0])
    posterior = estimator_of(*ANSWERS).predict(stamps).posterior
    parts = [estimator_of(one).predict(stamps).posterior for one in ANSWERS]
    mean = 0.5 * (parts[0].mean + parts[1].mean)
    np.testing.assert_allclose(posterior.mean, mean)
    off = np.stack([part.mean - mean for part in parts])
    within = np.mean([part.covariance for part in parts], axis=0)
    between = np.einsum("mni,mnj->nij", off, off) / 2
    np.testing.assert_allclose(posterior.covariance, within + between, rtol=1e-6)
    below = sum(ndtr((posterior.quantiles - p.mean[..., None]) / p.sigma[..., None]) for p in parts)
    np.testing.assert_allclose(below / 2, np.broadcast_to(ndtr(NORMAL_QUANTILES), below.shape))


def test_the_same_network_twice_is_the_network():
    stamps = bright_pixels([1000.0], [2.0])
    one, both = (estimator_of(*[ANSWERS[1]] * n).predict(stamps).posterior for n in (1, 2))
    for name in ("mean", "covariance", "quantiles"):
        np.testing.assert_allclose(getattr(both, name), getattr(one, name), rtol=1e-9)


def test_signal_to_noise_in_the_aperture():
    signal = estimator_of().predict(bright_pixels([10.0, -20.0], [2.0, 2.0])).signal_to_noise
    # The squared window of 4 pixels sums to 16 pi.
    np.testing.assert_allclose(signal, np.array([10, -20]) / np.sqrt(16 * np.pi), rtol=1e-4)


def test_what_the_network_may_say_is_bounded():
    stamps = bright_pixels([1000.0], [1.0])
    posterior = estimator_of((1e4, -1e4, 0, 60, 60, -1e4, 0, 0, 0)).predict(stamps).posterior
    np.testing.assert_allclose(posterior.mean[0, :2], MEAN[:2] + STD[:2] * [10, -10], rtol=1e-6)
    np.testing.assert_allclose(posterior.sigma[0, :2], 5.0)
    assert 0 < posterior.sigma[0, 2] < 1e-4


def test_calibration_moves_and_widens():
    # First by the PSF's width: as it is, and twice as wide. Then by the S/N: half a sigma up.
    seeing = Calibration(np.log([1.5, 2.0]), np.multiply.outer([1, 2], [NORMAL_QUANTILES] * 3))
    signal = Calibration(np.zeros(1), 0.5 + np.tile(NORMAL_QUANTILES, (1, 3, 1)))
    both = SeeingCalibration(signal, seeing)
    stamps = bright_pixels([1000.0, 1000.0], [1.5, 2.0])
    plain = estimator_of().predict(stamps).posterior
    moved = estimator_of(calibration=both).predict(stamps).posterior
    np.testing.assert_allclose(moved.mean, plain.mean + plain.sigma * [[0.5], [1]], atol=1e-6)
    np.testing.assert_allclose(
        moved.covariance, plain.covariance * [[[1]], [[4]]], rtol=1e-5, atol=1e-9
    )


def test_batches_keep_the_order():
    psf_sigma = np.linspace(1.0, 3.0, 5)
    stamps = bright_pixels(np.full(5, 1000.0), psf_sigma)
    for batch_size in (1, 2, 5, 100):
        posterior = estimator_of().predict(stamps, batch_size).posterior
        np.testing.assert_allclose(posterior.mean[:, 1], 1.0 + np.log(psf_sigma), rtol=1e-5)


def test_outside_training():
    limits = {"psf_sigma": (1.0, 3.0), "pixel_scale": (0.15, 0.25), "signal_to_noise": (1, 1e4)}
    inside = {"psf_sigma": 3.0, "pixel_scale": 0.15, "signal_to_noise": 10.0}
    cases = [
        ({}, False),
        ({"psf_sigma": 0.9}, True),
        ({"psf_sigma": 3.1}, True),
        ({"pixel_scale": 0.4}, True),
        ({"signal_to_noise": -5.0}, True),
        ({"pixel_scale": np.nan}, False),
    ]
    rows = [inside | change for change, _ in cases]
    values = {name: np.array([row[name] for row in rows]) for name in inside}
    outside = estimator_of(limits=limits).outside_training(**values)
    assert outside.tolist() == [expected for _, expected in cases]
    assert not estimator_of().outside_training(**values).any()


def test_weights_come_back():
    first, second = CompactNetwork(LAYOUT, WIDTHS).eval(), CompactNetwork(LAYOUT, WIDTHS).eval()
    inputs = torch.rand(2, 1, 3, SIZE, SIZE), torch.rand(2, LAYOUT.n_numbers)
    arrays = state_arrays(first)
    assert not any(name.endswith("num_batches_tracked") for name in arrays)
    assert not torch.equal(first(*inputs), second(*inputs))
    load_state(second, arrays)
    assert torch.equal(first(*inputs), second(*inputs))


def calibration(kinds):
    """By S/N, which leaves things as they are, or before by the PSF's width too."""
    seeing = Calibration(np.array([1.0]), 2 * NORMAL_QUANTILES * np.ones((1, 3, 1)))
    return SeeingCalibration(NEUTRAL.signal, seeing if kinds == 2 else None)


@pytest.fixture(params=[1, 2])
def package(request):
    """Package of one network, and of two."""
    limits = {"psf_sigma": (1.0, 3.0)}
    estimator = estimator_of(
        *ANSWERS[: request.param], calibration=calibration(request.param), limits=limits
    )
    return ModelPackage(
        MORPHOLOGY_COMPACT,
        "toy",
        "3",
        "nine known numbers",
        {
            "architecture": estimator.architecture,
            "limits": {name: list(ends) for name, ends in limits.items()},
        },
        estimator.to_arrays(),
    )


@pytest.mark.parametrize("shape", [(2, 3, 5), (1, 3, 7), (2,)])
def test_a_package_whose_calibration_is_damaged(package, shape):
    package.arrays["calibration.quantiles"] = np.zeros(shape)
    with pytest.raises(BadInputError, match=r"toy 3.*calibration: shapes \(2,\) and"):
        CompactEstimator.from_package(package)


def test_an_estimator_comes_out_of_its_package(package):
    estimator = CompactEstimator.from_package(package)
    assert estimator.stamp_size == SIZE
    assert estimator.limits == {"psf_sigma": (1.0, 3.0)}
    stamps = bright_pixels([1000.0], [2.0])
    n = len(estimator.networks)
    expected = estimator_of(*ANSWERS[:n], calibration=calibration(n)).predict(stamps).posterior
    got = estimator.predict(stamps).posterior
    np.testing.assert_array_equal(got.quantiles, expected.quantiles)
    np.testing.assert_array_equal(got.covariance, expected.covariance)


@pytest.mark.parametrize("damage", ["missing", "shape", "architecture"])
def test_a_package_that_is_no_network(package, damage):
    arrays, meta = dict(package.arrays), dict(package.meta)
    name = next(iter(arrays))
    if damage == "missing":
        del arrays[name]
    elif damage == "shape":
        arrays[name] = arrays[name][:1]
    else:
        del meta["architecture"]
    broken = ModelPackage(package.kind, "toy", "3", "broken", meta, arrays)
    with pytest.raises(BadInputError, match=r"toy 3.*train the package anew"):
        CompactEstimator.from_package(broken)


def test_packages_from_before_there_were_ensembles_and_seeing(package):
    n = package.meta["architecture"].pop("members")
    if n == 1:
        read = CompactEstimator.from_package(package)
        assert len(read.networks) == 1 and read.calibration.seeing is None
    else:
        with pytest.raises(BadInputError, match=r"toy 3.*network\.branches"):
            CompactEstimator.from_package(package)


@pytest.mark.parametrize("members", [0, -1, 3, 10**15, "two"])
def test_a_package_with_another_number_of_networks(package, members):
    package.meta["architecture"]["members"] = members
    with pytest.raises(BadInputError, match=r"toy 3.*train the package anew"):
        CompactEstimator.from_package(package)


def test_large_stamps_have_a_wide_view_too():
    layout = InputLayout(239, (1, 4), 32, (2.0, 8.0))
    package = ModelPackage(MORPHOLOGY_COMPACT, "wide", "1", "", {}, {})
    estimator = CompactEstimator([constant_network(layout=layout)], MEAN, STD, NEUTRAL)
    package.meta |= {"architecture": estimator.architecture, "limits": {}}
    package.arrays = estimator.to_arrays()
    read = CompactEstimator.from_package(package)
    assert read.layout == layout
    assert read.stamp_size == 239
    assert len(read.networks[0].branches) == 2


def test_devices():
    assert choose_device("cpu").type == "cpu"
    assert choose_device("auto").type in ("cpu", "cuda")
    for name in ("abacus", "cuda:99"):
        with pytest.raises(BadInputError, match=rf"device: '{name}'.*give auto"):
            choose_device(name)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_cpu_and_gpu_agree():
    network = CompactNetwork(LAYOUT, WIDTHS)
    stamps = bright_pixels(np.geomspace(10.0, 1e5, 20), np.linspace(1.0, 3.0, 20))
    cpu, gpu = (
        CompactEstimator([network], MEAN, STD, device=device).predict(stamps).posterior
        for device in ("cpu", "cuda")
    )
    np.testing.assert_allclose(gpu.quantiles, cpu.quantiles, atol=1e-3)
