"""GaMPEN as a subtask: its model, its configuration, its units in the measured table."""

import lsst.pex.config
import numpy as np
import pytest
import torch

from gampen_toys import SETTINGS, SIZE, tiny_network
from meas_blends.data.catalogs import PEAKS
from meas_blends.data.footprints import labels_to_spans
from meas_blends.data.packages import ModelPackage
from meas_blends.errors import BadInputError
from meas_blends.morphology.gampen.estimator import GampenEstimator
from meas_blends.morphology.gampen.settings import GampenSettings
from meas_blends.tasks.estimators.gampen import GampenEstimatorConfig, GampenEstimatorTask
from meas_blends.tasks.estimators.trained import check_estimator
from meas_blends.tasks.measure_morphology import MeasureMorphologyTask
from toys import draw


@pytest.fixture(scope="module")
def package():
    """Of a network whose answer is the same for every image."""
    network = tiny_network()
    network.vgg.classifier[-1].weight.data.zero_()
    network.vgg.classifier[-1].bias.data[:] = torch.tensor([0.2, -0.1, 0.3] + [0.0] * 6)
    settings = GampenSettings.from_meta(SETTINGS, "toy")
    return GampenEstimator(network, settings).to_package("toy", "4", "constant", {})


@pytest.fixture(scope="module")
def model(package, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "toy"
    package.write(folder)
    return str(folder)


def measure(model, coadd, **options):
    config = MeasureMorphologyTask.ConfigClass()
    config.estimator.name = "gampen"
    for name, value in {"model": model, "device": "cpu", "passes": 2, **options}.items():
        setattr(config.estimator["gampen"], name, value)
    config.subtract_background = False
    labels = np.zeros(coadd.shape, int)
    labels[25:36, 25:36] = 1
    row = dict.fromkeys((column.name for column in PEAKS.all_columns), 0)
    row |= {"id": [7], "footprintId": 1, "f_x": 30, "f_y": 30, "i_x": 30, "i_y": 30}
    peaks = PEAKS.make(row)
    return MeasureMorphologyTask(config=config).run(coadd, labels_to_spans(labels), peaks)


def scene(**fields):
    return draw([(30, 30, 60)], (60, 60), **{"pixel_scale": 0.168, **fields})


@pytest.mark.parametrize("draws", [0, 500])
def test_the_measured_table_is_in_its_units(model, draws):
    row = measure(model, scene(), draws=draws).morphology[0]
    assert row["model"] == "toy 4" and row["estimator"] == "gampen"
    close = 1e-4 if draws == 0 else 0.3
    assert row["bulgeToTotal_p50"] == pytest.approx(1 / (1 + np.exp(0.1)), rel=close)
    assert row["halfLightRadius_p50"] == pytest.approx(np.exp(0.2 - 0.04), rel=close)
    # The zero point of the toy scene is that of the training: one count is 57.5 nJy.
    flux = np.exp(7.0 + 0.36) * 10 ** (0.4 * (31.4 - 27.0))
    assert row["flux_p50"] == pytest.approx(flux, rel=close)
    assert row["cov_22"] == pytest.approx(1.44, rel=max(close, 1e-4))


@pytest.mark.parametrize("zero_point", [27.0, 29.5, 31.4])
def test_counts_are_brought_to_the_zero_point_of_the_training(model, zero_point):
    coadd = scene()
    coadd.zero_point = zero_point
    row = measure(model, coadd).morphology[0]
    flux = np.exp(7.0 + 0.36) * 10 ** (0.4 * (31.4 - 27.0))
    assert row["flux_p50"] == pytest.approx(flux, rel=1e-4)
    assert not row["flags"] & (1 << 8)


def test_other_pixels_are_flagged(model):
    row = measure(model, scene(pixel_scale=0.2)).morphology[0]
    assert row["flags"] & (1 << 8)
    # It sees pixels, and so says how many: 0.2 arcsec each here.
    assert row["halfLightRadius_p50"] == pytest.approx(np.exp(0.16) * 0.2 / 0.168, rel=1e-4)


def test_what_the_measuring_task_asks_of_it(model):
    task = GampenEstimatorTask(config=GampenEstimatorConfig(model=model, device="cpu"))
    assert task.stamp_size == SIZE
    assert task.model_label == "toy 4"
    assert task.neighbours == "noise"


def test_there_is_no_model_to_begin_with():
    with pytest.raises(BadInputError, match=r"no model is given.*blendtask import-gampen"):
        check_estimator(GampenEstimatorTask(config=GampenEstimatorConfig()), given=False)


def test_a_wrong_model_fails_when_the_task_is_built(package, tmp_path):
    with pytest.raises(BadInputError, match="nowhere"):
        GampenEstimatorTask(config=GampenEstimatorConfig(model="nowhere"))
    ModelPackage("other", "toy", "4", "", {}, package.arrays).write(tmp_path / "toy")
    with pytest.raises(BadInputError, match="of kind other"):
        GampenEstimatorTask(config=GampenEstimatorConfig(model=str(tmp_path / "toy")))


@pytest.mark.parametrize(
    ("name", "value"), [("batch_size", 0), ("passes", -1), ("draws", -1), ("neighbours", "eat")]
)
def test_wrong_configuration(name, value):
    with pytest.raises(lsst.pex.config.FieldValidationError, match=name):
        GampenEstimatorConfig(**{name: value})


@pytest.mark.parametrize("passes", [0, 1])
def test_a_single_draw_is_no_posterior(passes):
    config = GampenEstimatorConfig(passes=passes, draws=1)
    with pytest.raises(ValueError, match="a single draw has no scatter"):
        config.validate()
