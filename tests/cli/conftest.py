"""Fixtures of the command's tests."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from fake_tasks import PIPELINE
from meas_blends.cli import main


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty working folder with a pipeline of fake tasks."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fake.yaml").write_text(PIPELINE)
    return tmp_path


@pytest.fixture
def call():
    """Return a function that runs the command in this process."""
    return lambda *arguments: CliRunner().invoke(main, list(arguments))
