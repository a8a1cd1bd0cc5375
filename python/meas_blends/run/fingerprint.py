"""What decides a task's result, in one number: resuming compares it."""

from __future__ import annotations

import hashlib
import json
from fnmatch import fnmatch
from glob import glob
from pathlib import Path
from typing import Any

from lsst.pex.config import Config

from ..data.packages import ModelPackage, shipped_packages
from ..data.versions import versions
from ..errors import BadInputError
from .plan import Step
from .settings import settings

__all__ = ["digest", "model_packages", "plain_settings", "step_identity", "versions"]


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
        text value that is the name of a shipped package or the folder of one;
        where it stands for one a band (``gp_lsst_{band}``), of all of them.
    """
    found = []
    for path, value in plain_settings(config).items():
        if isinstance(value, str) and value:
            folders = _package_folders(value)
            found += [{"setting": path, **_describe(folder)} for folder in folders]
    return found


def _package_folders(value: str) -> list[Path]:
    """Folders of the packages that a text value may name."""
    shipped = shipped_packages()
    if "{band}" in value:
        pattern = value.replace("{band}", "*")
        names = [shipped[name] for name in shipped if fnmatch(name, pattern)]
        folders = names or [Path(name) for name in sorted(glob(pattern))]
    else:
        folders = [shipped.get(value, Path(value))]
    return [folder for folder in folders if (folder / "meta.yaml").is_file()]


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
