"""Model packages: a folder with ``meta.yaml`` and arrays in safetensors. No pickle."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from ..errors import BadInputError
from .files import write_whole

__all__ = [
    "BLEND_CNN",
    "BLEND_ENSEMBLE",
    "BLEND_GP",
    "BLEND_GP_PCA",
    "BLEND_GP_PCA_BANDS",
    "BLEND_LOGISTIC",
    "MORPHOLOGY_COMPACT",
    "MORPHOLOGY_GAMPEN",
    "ModelPackage",
    "find_package",
    "shipped_packages",
]

#: Kinds of model packages: which code can load one.
BLEND_LOGISTIC = "blend_logistic"
BLEND_CNN = "blend_cnn"
BLEND_GP_PCA = "blend_gp_pca"
BLEND_GP_PCA_BANDS = "blend_gp_pca_bands"
BLEND_GP = "blend_gp"
BLEND_ENSEMBLE = "blend_ensemble"
MORPHOLOGY_COMPACT = "morphology_compact"
MORPHOLOGY_GAMPEN = "morphology_gampen"

FORMAT_VERSION = 1
_META = "meta.yaml"
_ARRAYS = "arrays.safetensors"
#: Larger parts are no model of ours, and are not read [bytes].
_LARGEST = {_META: 2**20, _ARRAYS: 4 * 2**30}
_REQUIRED = ("format", "kind", "name", "version", "description")


#: What yaml and safetensors raise for one damage or another.
_DAMAGE = (
    yaml.YAMLError,
    SafetensorError,
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
)


class _Loader(yaml.SafeLoader):
    """YAML of plain types without aliases, by which a few lines would stand for millions."""

    def compose_node(self, parent: yaml.Node | None, index: object) -> yaml.Node:
        """Refuse an alias where a node should be."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("meta.yaml with an alias")
        return super().compose_node(parent, index)


class _Dumper(yaml.SafeDumper):
    """YAML that writes everything out, so that `_Loader` reads it."""

    def ignore_aliases(self, data: object) -> bool:
        """Write what occurs twice two times."""
        return True


@dataclass
class ModelPackage:
    """A trained model.

    Parameters
    ----------
    kind : `str`
        What can load it: `BLEND_GP`, `MORPHOLOGY_COMPACT`..., or a plugin's own.
    name, version, description : `str`
        What it is, for people and for the tables.
    meta : `dict`
        What it was trained on, seeds, hyperparameters, metrics on which
        data: YAML types only.
    arrays : `dict` [`str`, `numpy.ndarray`]
        Its numbers.
    """

    kind: str
    name: str
    version: str
    description: str
    meta: dict[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """``name version``, as the tables' ``model`` column has it."""
        return f"{self.name} {self.version}"

    def write(self, folder: str | os.PathLike[str]) -> None:
        """Write the package as a folder, whole or not at all."""
        header = {
            "format": FORMAT_VERSION,
            "kind": self.kind,
            "name": self.name,
            "version": self.version,
            "description": self.description,
        }
        with write_whole(folder) as temporary:
            temporary.mkdir()
            text = yaml.dump({**header, **self.meta}, Dumper=_Dumper, sort_keys=False, width=100)
            (temporary / _META).write_text(text, encoding="utf-8")
            # safetensors stores the memory as it lies.
            arrays = {name: np.ascontiguousarray(array) for name, array in self.arrays.items()}
            # Not save_file, which makes a file that only its owner can read.
            (temporary / _ARRAYS).write_bytes(save(arrays))

    @classmethod
    def read(cls, folder: str | os.PathLike[str], kind: str | None = None) -> ModelPackage:
        """Read a package.

        Parameters
        ----------
        folder : path-like
            The package's folder.
        kind : `str`, optional
            The kind that is wanted.

        Raises
        ------
        BadInputError
            If it is not a package, is damaged, of another kind, of a newer
            format, or has parts that are too large or lie elsewhere.
        """
        folder = Path(folder)
        for part in (_META, _ARRAYS):
            if not (folder / part).is_file():
                raise BadInputError(
                    f"{folder}: no model package, {part} is missing; give a folder that a train"
                    " pipeline wrote, or the name of a shipped one."
                )
            _check_part(folder, part)
        try:
            meta = yaml.load((folder / _META).read_text(encoding="utf-8"), Loader=_Loader)
            arrays = load_file(folder / _ARRAYS)
        except _DAMAGE as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise BadInputError(
                f"{folder}: a damaged model package ({reason}); copy or train it anew."
            ) from error
        if not isinstance(meta, dict) or any(key not in meta for key in _REQUIRED):
            raise BadInputError(
                f"{folder}: {_META} lacks one of {', '.join(_REQUIRED)}; copy or train the package"
                " anew."
            )
        if meta.pop("format") != FORMAT_VERSION:
            raise BadInputError(
                f"{folder}: a model package of another format; update meas_blends or train it anew."
            )
        fields = {key: str(meta.pop(key)) for key in _REQUIRED[1:]}
        if kind is not None and fields["kind"] != kind:
            raise BadInputError(
                f"{folder}: a model package of kind {fields['kind']}, where {kind} is needed;"
                " choose another one."
            )
        return cls(**fields, meta=meta, arrays=arrays)


def _check_part(folder: Path, part: str) -> None:
    """Check that a part lies in its package and has a bearable size.

    Raises
    ------
    BadInputError
        If not.
    """
    path = folder / part
    if path.resolve().parent != folder.resolve():
        raise BadInputError(
            f"{folder}: no model package, its {part} is a link to another place; give a folder that"
            " holds its files itself."
        )
    if path.stat().st_size > _LARGEST[part]:
        raise BadInputError(
            f"{folder}: no model package, its {part} is larger than {_LARGEST[part] >> 20} MB;"
            " copy or train it anew."
        )


def shipped_packages() -> dict[str, Path]:
    """Folders of the model packages that come with meas_blends, by name."""
    root = Path(str(resources.files("meas_blends") / "models"))
    return {path.parent.name: path.parent for path in sorted(root.glob(f"*/{_META}"))}


def find_package(name: str, kind: str | None = None) -> ModelPackage:
    """Read a model package by the name of a shipped one, or by its folder.

    Parameters
    ----------
    name : `str`
        A shipped package's name, or the path of a folder.
    kind : `str`, optional
        The kind that is wanted.

    Raises
    ------
    BadInputError
        As `ModelPackage.read`.
    """
    return ModelPackage.read(shipped_packages().get(name, Path(name)), kind)
