"""SimulateSceneTask."""

from types import SimpleNamespace

import numpy as np
import pytest
from lsst.pex.config import FieldValidationError
from lsst.pipe.base.testUtils import lintConnections

from meas_blends.data.catalogs import TRUTH
from meas_blends.errors import BadInputError
from meas_blends.simulation.survey import Survey
from meas_blends.tasks.simulate_scene import (
    SimulateSceneConfig,
    SimulateSceneConnections,
    SimulateSceneTask,
)


def _run(scene: int = 0, **values: object):
    config = SimulateSceneConfig()
    config.update(size=96, **values)
    return SimulateSceneTask(config=config).run(scene=scene)


def test_connections_are_clean():
    lintConnections(SimulateSceneConnections)


def test_gives_a_coadd_and_its_truth():
    result = _run()
    assert result.coadd.shape == (96, 96)
    assert result.coadd.psf is not None and result.coadd.variance is not None
    TRUTH.check(result.truth)
    assert len(result.truth) > 50
    ra, _ = result.coadd.sky(result.truth["x"], result.truth["y"])
    np.testing.assert_allclose(result.truth["coord_ra"], ra)


def test_scenes_differ_and_repeat():
    first, again, other = _run(scene=4), _run(scene=4), _run(scene=5)
    np.testing.assert_array_equal(first.coadd.image, again.coadd.image)
    assert not np.array_equal(first.coadd.image, other.coadd.image)
    assert not np.array_equal(first.coadd.image, _run(scene=4, seed=2).coadd.image)


def test_configuration_reaches_the_scene():
    plain, wide, deep = _run(), _run(psf_fwhm=1.1), _run(extra_depth=0.7)
    large, sparse, bright = _run(size_scale=1.25), _run(density_scale=0.3), _run(mag_faint=24.0)
    assert wide.coadd.psf.max() < 0.7 * plain.coadd.psf.max()
    ratio = np.median(deep.coadd.variance) / np.median(plain.coadd.variance)
    assert ratio == pytest.approx(10 ** (-0.4 * 1.4), rel=0.01)
    np.testing.assert_allclose(
        large.truth["diskHalfLightRadius"], 1.25 * plain.truth["diskHalfLightRadius"], rtol=1e-5
    )
    assert len(sparse.truth) < 0.5 * len(plain.truth)
    assert bright.truth["mag"].max() <= 24.0


def test_the_quantum_gives_the_scene_its_number():
    config = SimulateSceneConfig()
    config.update(size=32)
    task = SimulateSceneTask(config=config)
    stored = {}
    context = SimpleNamespace(
        quantum=SimpleNamespace(dataId={"tract": 2, "patch": 3}),
        put=lambda result, refs: stored.update(refs=refs, result=result),
    )
    task.runQuantum(context, None, "refs")
    assert stored["refs"] == "refs"
    np.testing.assert_array_equal(stored["result"].coadd.image, task.run(scene=20_003).coadd.image)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("size", 0),
        ("seed", -1),
        ("psf_fwhm", 0.0),
        ("extra_depth", float("inf")),
        ("mag_faint", 17.0),
        ("size_scale", -1.0),
        ("clustered_fraction", 1.1),
    ],
)
def test_refuses_wrong_values(field, value):
    config = SimulateSceneConfig()
    with pytest.raises(FieldValidationError, match=field):
        config.update(**{field: value})
        config.validate()


def test_refuses_an_unknown_survey():
    with pytest.raises(BadInputError, match="nowhere"):
        _run(survey="nowhere")


def test_a_users_survey(tmp_path):
    shipped = Survey.named("lsst_i")
    path = tmp_path / "hsc.yaml"
    lines = [
        f"{name}: {value}"
        for name, value in vars(shipped.replace(name="hsc", pixel_scale=0.168)).items()
    ]
    path.write_text("\n".join(lines).replace("True", "true"))
    assert _run(survey=str(path)).coadd.pixel_scale == pytest.approx(0.168)
