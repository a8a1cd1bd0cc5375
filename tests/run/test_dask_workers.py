"""Images side by side on Dask workers give what one process gives."""

import os
import signal
import sys

import numpy as np
import pytest

from fake_tasks import GATHER_PIPELINE
from meas_blends.data.large import MEMORY_VARIABLE, memory_share
from meas_blends.data.tables import read_table
from meas_blends.errors import BadInputError
from meas_blends.run.dask_workers import DaskWorkers, Job, check_spreadable, dask_client
from meas_blends.run.images import ImageOptions
from meas_blends.run.overrides import value_override
from meas_blends.run.pipeline import load_pipeline
from meas_blends.run.plan import make_plan
from meas_blends.run.runner import Runner
from meas_blends.run.units import image_units, scene_units

distributed = pytest.importorskip("distributed", reason="Dask is not installed")


@pytest.fixture
def spread(tmp_path, log):
    """Return a function that runs a pipeline on workers, and tells which tasks ran."""

    def run(client, pipeline, units, *overrides, folder="out", redo=False):
        log.write_text("")
        texts = (f"detect:trouble.log={log}", *overrides)
        parsed = tuple(value_override(text) for text in texts)
        loaded = load_pipeline(pipeline, parsed)
        workers = DaskWorkers(client, Job(pipeline, parsed, redo=redo, picture=False))
        runner = Runner(loaded, make_plan(loaded), tmp_path / folder, redo, False, workers=workers)
        return runner.run(units), log.read_text().split()

    return run


@pytest.fixture(scope="module")
def threads():
    """Workers in this process: quick to start."""
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=False, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def images(make_image, *names, band=""):
    paths = [make_image(name, 1 + number) for number, name in enumerate(names)]
    return image_units(paths, ImageOptions())


def test_the_same_tables_as_one_process(threads, spread, go, pipeline, make_image, tmp_path):
    units = images(make_image, "a.fits", "b.fits", "c.fits")
    alone, _ = go(pipeline, units)
    result, ran = spread(threads, pipeline, units, folder="spread")
    assert not result.failed
    assert sorted(ran) == ["detect"] * 3
    assert [one.name for one in result.units] == ["a", "b", "c"]
    for one, other in zip(result.units, alone.units, strict=True):
        assert one.counts == other.counts
        for name in ("spans", "peaks", "classification"):
            ours, theirs = (read_table(u.folder / f"{name}.parquet") for u in (one, other))
            assert ours.colnames == theirs.colnames
            for column in ours.colnames:
                np.testing.assert_array_equal(ours[column], theirs[column])


def test_it_resumes_and_redoes(threads, spread, pipeline, make_image):
    units = images(make_image, "a.fits", "b.fits")
    spread(threads, pipeline, units)
    again, ran = spread(threads, pipeline, units)
    assert ran == []
    assert [one.tasks_run for one in again.units] == [0, 0]
    assert len(spread(threads, pipeline, units, redo=True)[1]) == 2


def test_one_bad_image_does_not_stop_the_others(threads, spread, pipeline, make_image):
    trouble = ("detect:trouble.kind=bad", "detect:trouble.on=b.fits")
    result, _ = spread(threads, pipeline, images(make_image, "a.fits", "b.fits"), *trouble)
    assert [one.name for one in result.failed] == ["b"]
    assert "too ugly" in result.failed[0].error


def test_bands_and_what_is_made_of_all(threads, spread, go, patch_pipeline, make_image, tmp_path):
    paths = [make_image(f"field{n}_{band}.fits", n, band) for n in (1, 2) for band in "gr"]
    units = image_units(paths, ImageOptions())
    go(patch_pipeline, units)
    result, _ = spread(threads, patch_pipeline, units, folder="spread")
    assert not result.failed
    for name, path in result.outputs.items():
        alone = read_table(tmp_path / "out" / path.name)
        assert read_table(path).pformat() == alone.pformat(), name
    assert result.outputs


def test_simulated_scenes_are_gathered(threads, spread, go, tmp_path):
    path = tmp_path / "gather.yaml"
    path.write_text(GATHER_PIPELINE)
    go(str(path), scene_units(3))
    result, _ = spread(threads, str(path), scene_units(3), folder="spread")
    assert not result.failed
    (made,) = result.outputs.values()
    assert read_table(made).pformat() == read_table(tmp_path / "out" / made.name).pformat()


def test_a_worker_that_dies_loses_nothing(spread, pipeline, make_image, log):
    trouble = ("detect:trouble.kind=die", "detect:trouble.on=b.fits")
    units = images(make_image, "a.fits", "b.fits", "c.fits")
    with dask_client("local") as client:
        shares = client.run(os.getenv, MEMORY_VARIABLE).values()
        # Ctrl-C reaches all processes of a terminal; this one is to end the others.
        assert set(client.run(signal.getsignal, signal.SIGINT).values()) == {signal.SIG_IGN}
        result, ran = spread(client, pipeline, units, *trouble)
    # Together they may have what one process may.
    assert sum(map(float, shares)) == pytest.approx(memory_share() / 2**30, rel=0.02)
    assert (log.parent / f"{log.name}.died").exists()
    assert not result.failed
    assert [one.counts["peaks"] for one in result.units] == [1, 2, 3]
    assert len(ran) == 4


def test_what_lives_in_memory_alone_cannot_pass_between_workers(tmp_path):
    path = tmp_path / "gather.yaml"
    path.write_text(GATHER_PIPELINE)
    plan = make_plan(load_pipeline(str(path)))
    check_spreadable(plan)
    for step in plan.steps:
        for name in step.storage:
            step.storage[name] = "StructuredDataDict"
    with pytest.raises(BadInputError, match=r"in memory alone.*run without --dask"):
        check_spreadable(plan)


def test_a_scheduler_that_does_not_answer(monkeypatch):
    monkeypatch.setattr("meas_blends.run.dask_workers._PATIENCE", 0.5)
    with (
        pytest.raises(BadInputError, match=r"tcp://127.0.0.1:1: no Dask scheduler"),
        dask_client("tcp://127.0.0.1:1"),
    ):
        pass


def test_dask_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(BadInputError, match=r"pip install 'meas_blends\[dask\]'"),
        dask_client("local"),
    ):
        pass
