"""What decides a task's result, in one number: resuming compares it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from fnmatch import fnmatch
from glob import glob
from pathlib import Path
from typing import Any

from lsst.pex.config import Config

from ..data.foreign_tables import TABLE_SUFFIXES
from ..data.packages import ModelPackage, shipped_packages
from ..data.versions import versions
from ..errors import BadInputError
from .plan import Step
from .settings import settings
from .storage import stamp

__all__ = ["digest", "model_packages", "named_files", "plain_settings", "step_identity", "versions"]

#: Stands for an image's band in the name of a package or a file.
_BAND = "{band}"

#: By these a text value is known as the name of a file that a task reads; it
#: might be that of one that it writes, such as a log.
_READ = (*TABLE_SUFFIXES, ".yaml", ".yml")


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
        text that is the name of a shipped package or the folder of one;
        where it stands for one a band (``gp_lsst_{band}``), of all of them;
        and of the members of an ensemble.
    """
    found = []
    for path, text in _texts(config):
        folders = _package_folders(text)
        for folder in folders:
            folders += [of for name in _member_names(folder) for of in _package_folders(name)]
            found.append({"setting": path, **_describe(folder)})
    return found


def _texts(config: Config) -> Iterator[tuple[str, str]]:
    """Every text value, and every text in a list, with the path of its setting."""
    for path, value in plain_settings(config).items():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str) and item:
                yield path, item


def _member_names(folder: Path) -> list[str]:
    """Packages that a package refers to; none if it is damaged."""
    try:
        members = ModelPackage.read(folder).meta.get("members", [])
        return [member["package"] for member in members]
    # Whoever uses it will complain.
    except (BadInputError, TypeError, KeyError):
        return []


def _package_folders(value: str) -> list[Path]:
    """Folders of the packages that a text value may name."""
    shipped = shipped_packages()
    if _BAND in value:
        pattern = value.replace(_BAND, "*")
        names = [shipped[name] for name in shipped if fnmatch(name, pattern)]
        folders = names or [Path(name) for name in sorted(glob(pattern))]
    else:
        folders = [shipped.get(value, Path(value))]
    return [folder for folder in folders if (folder / "meta.yaml").is_file()]


def named_files(config: Config) -> dict[str, list[int]]:
    """Files that a configuration names, such as tables of galaxies or a survey's description.

    Returns
    -------
    files : `dict` [`str`, `list` [`int`]]
        Size and time of last change of each table or YAML file whose path is
        a text value, or an item of a list; where a path stands for one a band
        (``survey_{band}.yaml``), of all of them.
    """
    files = {}
    for _, text in _texts(config):
        if text.endswith(_READ):
            paths = sorted(glob(text.replace(_BAND, "*"))) if _BAND in text else [text]
            files.update({path: stamp(Path(path)) for path in paths if Path(path).is_file()})
    return files


def step_identity(step: Step) -> str:
    """Hash of versions, class, configuration, model packages and files of a step.

    Together with its inputs it decides the step's result.
    """
    config = step.node.config
    content = {
        "versions": versions(),
        "class": step.node.task_class_name,
        "settings": plain_settings(config),
        "models": [package["hash"] for package in model_packages(config)],
    }
    files = named_files(config)
    return digest({**content, "files": files} if files else content)


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
