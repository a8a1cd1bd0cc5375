"""The pipelines that come with the package, by name. Imports nothing heavy."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import yaml

from ..errors import BadInputError

__all__ = ["describe_pipeline", "pipeline_uri", "shipped_pipelines"]

_FOLDER = "config/pipelines"


def shipped_pipelines() -> dict[str, Path]:
    """Files of the shipped pipelines, by name."""
    root = Path(str(resources.files("meas_blends") / _FOLDER))
    return {path.stem: path for path in sorted(root.glob("*.yaml"))}


def describe_pipeline(path: Path) -> str:
    """First line of a pipeline's description."""
    content = yaml.safe_load(path.read_text()) or {}
    lines = str(content.get("description", "")).strip().splitlines()
    return lines[0] if lines else ""


def pipeline_uri(pipeline: str) -> str:
    """Turn what ``-p`` takes into what ``lsst.pipe.base`` takes.

    Parameters
    ----------
    pipeline : `str`
        A shipped name, a path, or a URI such as ``resource://...``, each
        with an optional ``#subset``.

    Returns
    -------
    uri : `str`

    Raises
    ------
    BadInputError
        If it is neither a shipped name nor an existing file.
    """
    name, hash_mark, subset = pipeline.partition("#")
    if "://" in name:
        return pipeline
    shipped = shipped_pipelines()
    if name in shipped:
        return f"resource://meas_blends/{_FOLDER}/{name}.yaml{hash_mark}{subset}"
    if Path(name).is_file():
        return pipeline
    raise BadInputError(
        f"{name}: no such pipeline; give the path of a pipeline YAML file, or one of the shipped"
        f" names {', '.join(shipped)}."
    )
