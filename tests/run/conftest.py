"""Fixtures of the runner's tests: pipelines of fake tasks, and small images."""

from __future__ import annotations

import pytest

from fake_tasks import GATHER_PIPELINE, PATCH_PIPELINE, PIPELINE, write_image
from meas_blends.run.overrides import value_override
from meas_blends.run.pipeline import load_pipeline
from meas_blends.run.plan import make_plan
from meas_blends.run.runner import Runner


@pytest.fixture
def pipeline(tmp_path):
    """Path of a pipeline that reads images."""
    path = tmp_path / "fake.yaml"
    path.write_text(PIPELINE)
    return str(path)


@pytest.fixture
def gather_pipeline(tmp_path):
    """Path of a pipeline that simulates scenes and gathers them."""
    path = tmp_path / "gather.yaml"
    path.write_text(GATHER_PIPELINE)
    return str(path)


@pytest.fixture
def patch_pipeline(tmp_path):
    """Path of a pipeline that combines the bands of each patch."""
    path = tmp_path / "patch.yaml"
    path.write_text(PATCH_PIPELINE)
    return str(path)


@pytest.fixture
def make_image(tmp_path):
    """Return a function that writes an image with a number of bright squares."""
    return lambda name, squares=2, band="": write_image(tmp_path / name, squares, band)


@pytest.fixture
def log(tmp_path):
    """File in which the fake tasks write that they ran."""
    return tmp_path / "log.txt"


@pytest.fixture
def go(tmp_path, log):
    """Return a function that runs a pipeline and tells which tasks ran."""

    def run(pipeline, units, *overrides, redo=False, picture=False):
        log.write_text("")
        nodes = load_pipeline(pipeline).nodes
        texts = [
            f"{label}:trouble.log={log}"
            for label, node in nodes.items()
            if "trouble" in node.config.keys()
        ]
        loaded = load_pipeline(pipeline, [value_override(text) for text in (*texts, *overrides)])
        runner = Runner(loaded, make_plan(loaded), tmp_path / "out", redo, picture)
        return runner.run(units), log.read_text().split()

    return run
