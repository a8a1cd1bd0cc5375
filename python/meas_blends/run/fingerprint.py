"""What decides a task's result, in one number: resuming compares it."""

from __future__ import annotations

import functools
import hashlib
import json
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from lsst.pex.config import Config

from ..data.packages import ModelPackage, shipped_packages
from ..errors import BadInputError
from .plan import Step
from .settings import settings

__all__ = ["digest", "model_packages", "plain_settings", "step_identity", "versions"]

_DISTRIBUTIONS = (
    "meas_blends",
    "astropy",
    "galsim",
    "lsst-pex-config",
    "lsst-pipe-base",
    "muygpys",
    "numpy",
    "scikit-learn",
    "scipy",
    "sep",
    "torch",
)


@functools.cache
def versions() -> dict[str, str]:
    """Versions of Python and of the packages that results depend on."""
    found = {"python": platform.python_version()}
    for name in _DISTRIBUTIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def digest(content: Any) -> str:
    """Short hash of anything that JSON can hold; other objects by their text."""
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def plain_settings(config: Config) -> dict[str, Any]:
    """Every value of a configuration by its dotted path."""
    return {setting.path: setting.value for setting in settings(config)}


def model_packages(config: Config) -> list[dict[str, str]]:
    """Model packages that a configuration names, with a hash of their content.

    Returns
    -------
    packages : `list` [`dict`]
        ``setting``, ``name``, ``version``, ``folder`` and ``hash`` of each
        text value that is the name of a shipped package or the folder of one.
    """
    found = []
    for path, value in plain_settings(config).items():
        if isinstance(value, str) and value:
            folder = shipped_packages().get(value, Path(value))
            if (folder / "meta.yaml").is_file():
                found.append({"setting": path, **_describe(folder)})
    return found


def step_identity(step: Step) -> str:
    """Hash of versions, class, configuration and model packages of a step.

    Together with its inputs it decides the step's result.
    """
    config = step.node.config
    return digest(
        {
            "versions": versions(),
            "class": step.node.task_class_name,
            "settings": plain_settings(config),
            "models": [package["hash"] for package in model_packages(config)],
        }
    )


def _describe(folder: Path) -> dict[str, str]:
    """Name, version and content hash of a package."""
    content = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        content.update(file.read_bytes())
    described = {"folder": str(folder), "hash": content.hexdigest()[:24]}
    try:
        package = ModelPackage.read(folder)
    # Whoever uses it will complain; here it is only written down.
    except BadInputError:
        return described
    return {"name": package.name, "version": package.version, **described}
