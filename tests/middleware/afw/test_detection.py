"""LSST's detection tasks, with our peaks."""

import ast
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from lsst.pex.config import Config, ConfigurableField
from lsst.pipe.base import Struct, Task

import meas_blends
from meas_blends.middleware.afw.exposure import coadd_from_exposure
from meas_blends.middleware.afw.peaks import spans_of_footprints
from meas_blends.tasks.classify_blends import ClassifyBlendsTask
from toys import toy_scene

XY0 = (-150, 16000)
NAMES = ["BlendSourceDetectionTask", "BlendDynamicDetectionTask"]


@pytest.fixture
def scene():
    return toy_scene(3, shape=(160, 200), xy0=XY0)[0]


@pytest.fixture
def host(algorithms, monkeypatch):
    """Task that has a detection, as LSST's own have."""

    class HostConfig(Config):
        detection = ConfigurableField(doc="Detection.", target=algorithms.SourceDetectionTask)

    class HostTask(Task):
        ConfigClass = HostConfig
        _DefaultName = "host"

        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.makeSubtask("detection")

    # A saved configuration names its class.
    monkeypatch.setattr(sys.modules[__name__], "HostConfig", HostConfig, raising=False)
    return HostTask


def only_peaks(config):
    """Configuration in which nothing but the peaks is ours, and the background stays."""
    config.peak_finder.name = "local_maxima"
    config.filtering.subtract_background = False
    config.reEstimateBackground = False


def table(footprints):
    return [
        [(peak.getIx(), peak.getIy(), peak.getFx(), peak.getFy()) for peak in one.getPeaks()]
        for one in footprints
    ]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_lsst_s_task_with_our_fields(algorithms, detection, name):
    task = getattr(detection, name)
    base = getattr(algorithms, name.removeprefix("Blend"))
    assert issubclass(task, base)
    assert issubclass(task.ConfigClass, base.ConfigClass)
    assert task is getattr(detection, name)
    assert task.ConfigClass is getattr(detection, name.removesuffix("Task") + "Config")
    ours, theirs = task.ConfigClass().toDict(), base.ConfigClass().toDict()
    assert {field: ours[field] for field in theirs} == theirs
    assert set(ours) - set(theirs) == {"peak_finder", "filtering"}
    assert task.ConfigClass().peak_finder.name == "gp"


def test_retargeted_it_gives_our_peaks(afw, detection, host, scene, toy_gp_package):
    config = host.ConfigClass()
    config.detection.retarget(detection.BlendSourceDetectionTask)
    only_peaks(config.detection)
    config.detection.peak_finder.name = "gp"
    config.detection.peak_finder["gp"].model = str(toy_gp_package)
    exposure = afw.exposure(scene)
    found = host(config=config).detection.detectFootprints(exposure, expId=7)
    footprints = found.positive.getFootprints()
    assert len(footprints) > 10
    classify = ClassifyBlendsTask.ConfigClass()
    classify.peak_finder.name = "gp"
    classify.peak_finder["gp"].model = str(toy_gp_package)
    classify.filtering = config.detection.filtering
    # The mask is that of before the detection.
    coadd = coadd_from_exposure(exposure).replace(mask=scene.mask)
    expected = ClassifyBlendsTask(config=classify).run(coadd, spans_of_footprints(footprints))
    ours = np.concatenate([np.array(one) for one in table(footprints)])
    for column, field in zip(ours.T, ("i_x", "i_y", "f_x", "f_y"), strict=True):
        assert np.allclose(column, expected.peaks[field], rtol=2e-6)
    assert found.numPosPeaks == len(expected.peaks)


@pytest.mark.usefixtures("fake_only")
@pytest.mark.parametrize("name", NAMES)
def test_the_sources_of_a_run_have_our_peaks(afw, detection, scene, name):
    task = getattr(detection, name)
    config = task.ConfigClass()
    only_peaks(config)
    # More peaks than LSST's own rule has at its threshold.
    config.peak_finder["local_maxima"].threshold = 3.0
    found = task(schema="schema", config=config).run("table", afw.exposure(scene), expId=7)
    peaks = [source.getFootprint().getPeaks() for source in found.sources]
    assert [len(one) for one in peaks] == [
        len(footprint.getPeaks()) for footprint in found.positive.getFootprints()
    ]
    assert sum(map(len, peaks)) == found.numPosPeaks
    assert all(peak["significance"] > 3.0 for one in peaks for peak in one)


@pytest.mark.usefixtures("fake_only")
def test_lsst_s_own_border_does_not_hide_light(afw, detection, scene):
    task_class = detection.BlendSourceDetectionTask
    config = task_class.ConfigClass()
    only_peaks(config)
    y, x = np.indices(scene.shape)
    scene.image[:] = 0
    # Two sources, of which one lies in the border that detection marks as EDGE.
    for x0, y0 in ((4, 60), (12, 60)):
        scene.image[:] += 60 * np.exp(-0.5 * ((x - x0) ** 2 + (y - y0) ** 2) / 1.8**2)
    exposure = afw.exposure(scene)
    found = task_class(config=config).detectFootprints(exposure)
    (footprint,) = found.positive.getFootprints()
    places = {place[:2] for place in table([footprint])[0]}
    assert places == {(XY0[0] + 4, XY0[1] + 60), (XY0[0] + 12, XY0[1] + 60)}
    edge = exposure.mask.getMaskPlaneDict()["EDGE"]
    assert np.any(exposure.mask.array & (1 << edge))


def test_all_arguments_go_on(afw, algorithms, detection, scene, monkeypatch):
    config = detection.BlendSourceDetectionTask.ConfigClass()
    only_peaks(config)
    seen = {}

    def lsst_s_own(self, exposure, *args, **kwargs):
        seen.update(args=args, kwargs=kwargs)
        return Struct(positive=None, negative=None)

    monkeypatch.setattr(algorithms.SourceDetectionTask, "detectFootprints", lsst_s_own)
    task = detection.BlendSourceDetectionTask(config=config)
    found = task.detectFootprints(afw.exposure(scene), False, newArgument=3)
    assert seen == {"args": (False,), "kwargs": {"newArgument": 3}}
    assert found.positive is None


def test_negative_footprints_stay(afw, algorithms, detection, scene):
    config = detection.BlendSourceDetectionTask.ConfigClass()
    only_peaks(config)
    config.thresholdPolarity = "negative"
    scene.image[:] *= -1
    base = algorithms.SourceDetectionTask
    theirs = base.ConfigClass()
    theirs.thresholdPolarity, theirs.reEstimateBackground = "negative", False
    found = detection.BlendSourceDetectionTask(config=config).detectFootprints(afw.exposure(scene))
    expected = base(config=theirs).detectFootprints(afw.exposure(scene))
    assert found.positive is None
    assert table(found.negative.getFootprints()) == table(expected.negative.getFootprints())


def test_an_image_without_sources(afw, detection, scene):
    config = detection.BlendSourceDetectionTask.ConfigClass()
    only_peaks(config)
    scene.image[:] = np.random.default_rng(1).normal(0, 1, scene.shape)
    found = detection.BlendSourceDetectionTask(config=config).detectFootprints(afw.exposure(scene))
    assert len(found.positive.getFootprints()) == 0


def test_a_saved_configuration_comes_back(detection, host, tmp_path):
    config = host.ConfigClass()
    config.detection.retarget(detection.BlendDynamicDetectionTask)
    config.detection.thresholdValue = 4.0
    config.detection.peak_finder["gp"].threshold = 0.7
    config.save(tmp_path / "config.py")
    again = host.ConfigClass()
    again.load(tmp_path / "config.py")
    assert again.detection.target is detection.BlendDynamicDetectionTask
    assert again.toDict() == config.toDict()
    assert pickle.loads(pickle.dumps(detection.BlendDynamicDetectionTask)) is again.detection.target


def test_without_the_stack_it_says_so(monkeypatch):
    from meas_blends.middleware.afw import detection

    detection._make_task.cache_clear()
    monkeypatch.setitem(sys.modules, "lsst.meas.algorithms", None)
    with pytest.raises(ImportError, match="set up lsst"):
        _ = detection.BlendSourceDetectionTask
    with pytest.raises(AttributeError, match="Nothing"):
        _ = detection.Nothing


def test_no_module_imports_afw_when_it_is_imported():
    folder = Path(meas_blends.__file__).parent / "middleware" / "afw"
    for path in folder.glob("*.py"):
        for node in ast.parse(path.read_text()).body:
            names = (
                [getattr(node, "module", None) or ""]
                if isinstance(node, ast.ImportFrom)
                else ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [])
            )
            assert not any(name.startswith(("lsst.afw", "lsst.meas")) for name in names), path
