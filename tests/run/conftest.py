"""Fixtures of the runner's tests: pipelines of fake tasks, and small images."""

from __future__ import annotations

import pytest

from fake_tasks import GATHER_PIPELINE, PIPELINE, write_image


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
def make_image(tmp_path):
    """Return a function that writes an image with a number of bright squares."""
    return lambda name, squares=2: write_image(tmp_path / name, squares)
