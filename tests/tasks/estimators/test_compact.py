"""The compact estimator as a subtask: its model, its units, its flags."""

import lsst.pex.config
import numpy as np
import pytest

from compact_toys import LAYOUT, constant_estimator
from meas_blends.data.morphology_tables import MORPHOLOGY
from meas_blends.data.packages import MORPHOLOGY_COMPACT, ModelPackage, shipped_packages
from meas_blends.detection.psf import gaussian_psf
from meas_blends.errors import BadInputError
from meas_blends.morphology.posterior import NORMAL_QUANTILES
from meas_blends.morphology.stamps import Stamps
from meas_blends.tasks.estimators.compact import CompactEstimatorConfig, CompactEstimatorTask

SIZE = LAYOUT.stamp_size
META = {
    "architecture": constant_estimator([0, 1, 0], [1, 0.5, 0.1]).architecture,
    "limits": {"psf_sigma": [1, 3], "pixel_scale": [0.15, 0.25], "signal_to_noise": [1, 1e4]},
}


@pytest.fixture(scope="module")
def arrays():
    """Of a network whose every answer is the standard Gaussian."""
    return constant_estimator([0, 1, 0], [1, 0.5, 0.1]).to_arrays()


@pytest.fixture
def write(tmp_path):
    """Write a package and give its folder."""

    def write(arrays, kind=MORPHOLOGY_COMPACT):
        ModelPackage(kind, "flat", "2", "", META, arrays).write(tmp_path / "flat")
        return str(tmp_path / "flat")

    return write


def make_task(model, refine=False, **fields):
    config = CompactEstimatorConfig(model=model, device="cpu", refine=refine, **fields)
    return CompactEstimatorTask(config=config)


def make_stamps(heights, psf_sigma, pixel_scale=0.2):
    """Stamps of one bright pixel in the middle."""
    n = len(heights)
    images = np.zeros((n, SIZE, SIZE), np.float32)
    images[:, SIZE // 2, SIZE // 2] = heights
    zero = np.zeros(n, np.float32)
    return Stamps(
        images=images,
        usable=np.ones(images.shape, bool),
        sigma=zero + 5,
        psf=gaussian_psf(1.7),
        psf_sigma=np.array(psf_sigma, np.float32),
        noise_correlation=zero,
        dx=zero,
        dy=zero,
        flags=np.zeros(n, np.int32),
        masked_fraction=zero,
        pixel_scale=pixel_scale,
    )


def round_disk():
    """A galaxy without noise."""
    offset = np.arange(SIZE) - SIZE // 2
    return 100 * np.exp(-0.15 * np.hypot(offset[:, None], offset) ** 1.5)


def test_what_the_measuring_task_asks_of_it(arrays, write):
    task = make_task(write(arrays))
    assert task.stamp_size == SIZE
    assert task.model_label == "flat 2"


@pytest.mark.parametrize("batch_size", [1, 128])
def test_posterior_in_pixels_and_sky_noise(arrays, write, batch_size):
    stamps = make_stamps([1000.0, 500.0], [1.5, 2.0])
    posterior = make_task(write(arrays), batch_size=batch_size).run(stamps).posterior
    physical = posterior.physical_quantiles()
    # The flat model: B/T of a half, e times the PSF's sigma, the aperture's flux.
    expected = [[0.5, np.e * 1.5, 1000], [0.5, np.e * 2, 500]]
    np.testing.assert_allclose(physical[:, :, 3], expected, rtol=1e-3)
    np.testing.assert_allclose(posterior.sigma, [[1, 0.5, 0.1]] * 2, rtol=1e-6)


@pytest.mark.parametrize(
    ("pixel_scale", "expected"),
    [(0.2, [False, True, True]), (np.nan, [False, True, True]), (0.4, [True, True, True])],
)
def test_stamps_unlike_those_of_the_training(arrays, write, pixel_scale, expected):
    # One like them, one with a wide PSF, one without signal.
    stamps = make_stamps([1000.0, 1000.0, 0.0], [2.0, 9.0, 2.0], pixel_scale)
    assert make_task(write(arrays)).run(stamps).outside.tolist() == expected


def test_refined_stamps(arrays, write):
    stamps = make_stamps([1.0, 0.0], [1.7, 1.7])
    stamps.images[0] = round_disk()
    stamps.flags[1] = MORPHOLOGY.flag("FAILED")
    model = write(arrays)
    result = make_task(model, refine=True).run(stamps)
    assert result.refined.tolist() == [True, False]
    network = make_task(model).run(stamps).posterior
    np.testing.assert_array_equal(result.posterior.mean[1], network.mean[1])
    flux = np.exp(result.posterior.quantiles[0, 2, 3])
    np.testing.assert_allclose(flux, stamps.images[0].sum(), rtol=0.05)
    assert result.posterior.sigma[0, 2] < 0.5 * network.sigma[0, 2]


def test_refined_posteriors_are_recalibrated(arrays, write):
    stamps = make_stamps([1.0], [1.7])
    stamps.images[0] = round_disk()
    plain = make_task(write(arrays), refine=True).run(stamps).posterior
    twice = np.tile(2 * NORMAL_QUANTILES, (1, 3, 1))
    learned = {
        "refined_calibration.log_signal": np.zeros(1),
        "refined_calibration.quantiles": twice,
    }
    wide = make_task(write({**arrays, **learned}), refine=True).run(stamps).posterior
    np.testing.assert_allclose(wide.quantiles[:, :, 3], plain.quantiles[:, :, 3])
    np.testing.assert_allclose(wide.quantiles[:, 2, 4], plain.quantiles[:, 2, 5])
    network = make_task(write({**arrays, **learned}), refine=False).run(stamps).posterior
    np.testing.assert_allclose(network.sigma, [[1, 0.5, 0.1]], rtol=1e-6)
    # A model that is calibrated for it refines unasked.
    unasked = make_task(write({**arrays, **learned}), refine=None).run(stamps).posterior
    np.testing.assert_array_equal(unasked.quantiles, wide.quantiles)


def test_faint_galaxies_are_not_refined(arrays, write):
    stamps = make_stamps([1.0], [1.7])
    stamps.images[0] = round_disk()
    model = write(arrays)
    assert make_task(model, refine=True).run(stamps).refined.all()
    assert not make_task(model, refine=True, refine_above=1e9).run(stamps).refined.any()


@pytest.mark.parametrize("refine", [False, True])
def test_no_stamp(arrays, write, refine):
    result = make_task(write(arrays), refine).run(make_stamps([], []))
    assert result.posterior.quantiles.shape == (0, 3, 7)
    assert result.outside.shape == (0,)


def test_a_wrong_model_fails_when_the_task_is_built(arrays, write):
    with pytest.raises(BadInputError, match="nowhere"):
        make_task("nowhere")
    with pytest.raises(BadInputError, match="of kind other"):
        make_task(write(arrays, "other"))


def test_a_model_that_is_no_network_fails_when_it_is_needed(arrays, write):
    lacking = {name: a for name, a in arrays.items() if name != "target_std"}
    task = make_task(write(lacking))
    with pytest.raises(BadInputError, match=r"flat 2.*target_std"):
        task.run(make_stamps([1000.0], [2.0]))


def test_a_device_that_is_not_there(arrays, write):
    config = CompactEstimatorConfig(model=write(arrays), device="abacus")
    with pytest.raises(BadInputError, match="device: 'abacus'"):
        CompactEstimatorTask(config=config).run(make_stamps([1000.0], [2.0]))


def test_a_batch_holds_a_stamp():
    with pytest.raises(lsst.pex.config.FieldValidationError, match="batch_size"):
        CompactEstimatorConfig(batch_size=0)


def test_the_default_model_is_shipped_and_runs():
    config = CompactEstimatorConfig(device="cpu")
    assert config.model in shipped_packages()
    task = CompactEstimatorTask(config=config)
    assert task.stamp_size == task.package.meta["architecture"]["stamp_size"]
