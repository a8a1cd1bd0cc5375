"""Training as a task: from labelled scenes to a package that classifies."""

import numpy as np
import pytest
from lsst.pipe.base import testUtils

from meas_blends.blends.gaussian_process import BlendGaussianProcess
from meas_blends.data.catalogs import FOOTPRINT_LABELS
from meas_blends.errors import BadInputError
from meas_blends.tasks.detect_footprints import DetectFootprintsTask
from meas_blends.tasks.train_blend_classifier import TrainBlendClassifierTask
from toys import draw


def scene(seed):
    """Grid of single sources and pairs, and the true number in each footprint."""
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(20, 280, 26), np.arange(20, 280, 26))
    pair = rng.random(x.shape) < 0.4
    height = 10 ** rng.uniform(1, 2, x.shape)
    sources = [*zip(x.ravel(), y.ravel(), height.ravel(), strict=True)]
    sources += [*zip(x[pair] + 4, y[pair], height[pair], strict=True)]
    coadd = draw(sources, shape=(300, 300), band="i", name=f"scene {seed}")
    config = DetectFootprintsTask.ConfigClass()
    config.filtering.subtract_background = False
    result = DetectFootprintsTask(config=config).run(coadd=coadd)
    column = ((result.footprints["x"] - 7) // 26).astype(int)
    row = ((result.footprints["y"] - 7) // 26).astype(int)
    n_objects = 1 + pair[row, column]
    n_objects[0] = 0  # an empty footprint, to be left out
    labels = FOOTPRINT_LABELS.make(
        {
            "footprintId": result.footprints["footprintId"],
            "nObjects": n_objects,
            "blended": n_objects > 1,
            "flags": 0,
        }
    )
    return coadd, result.spans, labels


def make_task(**fields):
    config = TrainBlendClassifierTask.ConfigClass()
    config.filtering.subtract_background = False
    config.n_neighbours = 10
    config.smoothness = [1.5]
    config.noise = [0.1]
    for name, value in fields.items():
        setattr(config, name, value)
    config.validate()
    return TrainBlendClassifierTask(config=config)


def test_connections():
    testUtils.lintConnections(TrainBlendClassifierTask.ConfigClass.ConnectionsClass)


def test_trains_on_the_labelled_footprints_of_all_scenes():
    scenes = [scene(1), scene(2), scene(3)]
    coadds, spans, labels = zip(*scenes, strict=True)
    package = make_task(name="mine", version="3").run(coadds, spans, labels).model
    assert package.label == "mine 3"
    training = package.meta["training"]
    assert (training["scenes"], training["calibration_scenes"]) == (2, 1)
    assert training["bands"] == ["i"]
    assert training["footprints"] == sum(len(table) for table in labels[:2]) - 2
    assert training["calibrated_on"] == len(labels[2]) - 1
    assert training["leave_one_out_balanced_accuracy"] > 0.9
    model = BlendGaussianProcess.from_package(package)
    assert model.embedding.size == 23
    assert model.psf_sigma == pytest.approx((1.8, 1.8), rel=0.01)


def test_even_cutouts_have_no_centre():
    with pytest.raises(ValueError, match="cutout_size"):
        make_task(cutout_size=22)


def test_scenes_of_one_class_cannot_train():
    coadd, spans, labels = scene(1)
    labels["nObjects"] = 1
    with pytest.raises(BadInputError, match="give more scenes"):
        make_task().run([coadd] * 2, [spans] * 2, [labels] * 2)


def test_one_scene_leaves_none_to_calibrate_by():
    with pytest.raises(BadInputError, match="1 of them to calibrate by; give more"):
        make_task().run(*([part] for part in scene(1)))
