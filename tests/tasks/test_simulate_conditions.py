"""Scenes under named conditions."""

import numpy as np
import pytest
from lsst.pipe.base import testUtils

from meas_blends.data.outcome_tables import CONDITION
from meas_blends.errors import BadInputError
from meas_blends.tasks.simulate_conditions import SimulateConditionsTask
from meas_blends.tasks.simulate_scene import SimulateSceneTask


def make_config(conditions=None):
    config = SimulateConditionsTask.ConfigClass()
    config.size, config.seed = 64, 5
    if conditions is not None:
        config.conditions = conditions
    config.validate()
    return config


def test_connections():
    testUtils.lintConnections(SimulateConditionsTask.ConfigClass.ConnectionsClass)


def test_scenes_take_turns():
    task = SimulateConditionsTask(config=make_config({"as it is": "", "deep": "extra_depth=1"}))
    results = [task.run(scene=scene) for scene in range(4)]
    CONDITION.check(results[0].condition)
    names = [str(result.condition["condition"][0]) for result in results]
    assert names == ["as it is", "deep", "as it is", "deep"]
    assert results[1].condition["settings"][0] == "extra_depth=1"
    # A deeper scene shows the same galaxies with 2.5 times the S/N.
    shallow, deep, other = (results[k].truth for k in (0, 1, 2))
    np.testing.assert_allclose(deep["x"], shallow["x"])
    np.testing.assert_allclose(deep["significance"], shallow["significance"] * 10**0.4, rtol=1e-4)
    assert len(other) != len(shallow) or not np.allclose(other["x"], shallow["x"])


def test_the_nominal_condition_is_the_plain_scene():
    task = SimulateConditionsTask(config=make_config({"as it is": ""}))
    config = SimulateSceneTask.ConfigClass()
    config.size, config.seed = 64, 5
    plain = SimulateSceneTask(config=config).run(scene=3)
    np.testing.assert_array_equal(task.run(scene=3).coadd.image, plain.coadd.image)


def test_all_shipped_conditions_can_be_drawn():
    config = make_config()
    task = SimulateConditionsTask(config=config)
    scales = {
        str(result.condition["condition"][0]): result.coadd.pixel_scale
        for result in (task.run(scene=scene) for scene in range(len(config.conditions)))
    }
    assert scales["nominal"] == pytest.approx(0.2)
    assert scales["HSC pixels"] == pytest.approx(0.168, abs=1e-3)


@pytest.mark.parametrize(
    "setting", ["psf_fwhm", "no_such_field=1", "psf_fwhm=-1", "size=large", "connections=1"]
)
def test_conditions_that_cannot_be(setting):
    with pytest.raises((BadInputError, ValueError), match=r"bad|psf_fwhm"):
        make_config({"bad": setting})
