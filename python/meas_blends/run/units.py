"""What a run goes through: images that the user gives, or scenes that the pipeline simulates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import BadInputError
from .fingerprint import digest
from .images import ImageOptions, read_image
from .plan import COADD
from .storage import stamp

__all__ = ["Unit", "image_stem", "image_units", "scene_units"]

_COMPRESSIONS = (".gz", ".fz", ".bz2", ".xz", ".z", ".zip")
_FITS = (".fits", ".fit", ".fts")


@dataclass(frozen=True)
class Unit:
    """One image, or one simulated scene.

    Parameters
    ----------
    name : `str`
        Name of its folder in the output.
    path : `pathlib.Path` or `None`
        File of an image.
    scene : `int`
        Number of a scene.
    options : `ImageOptions`
        What the user says about the image.
    """

    name: str
    path: Path | None = None
    scene: int = 0
    options: ImageOptions = field(default_factory=ImageOptions)

    @property
    def source(self) -> dict[str, Any]:
        """What it is made from, for ``run.json``."""
        if self.path is None:
            return {"scene": self.scene}
        return {
            "image": str(self.path.resolve()),
            "size and time": stamp(self.path),
            "given by the user": self.options.identity(),
        }

    def check(self) -> None:
        """Check that the image is there, before anything is touched.

        Raises
        ------
        BadInputError
            If it is no file.
        """
        if self.path is not None and self.path.is_dir():
            raise BadInputError(
                f"{self.path}: a folder, not a file; give the path of a FITS image."
            )
        if self.path is not None and not self.path.is_file():
            raise BadInputError(f"{self.path}: no such file; give the path of a FITS image.")

    def external(self) -> dict[str, tuple[str, Callable[[], Any]]]:
        """Return the datasets that the user brings: the image, if there is one."""
        if self.path is None:
            return {}
        path, options = self.path, self.options
        return {COADD: (digest(self.source), lambda: read_image(path, options))}


def image_stem(path: Path) -> str:
    """Name of an image file without its FITS and compression suffixes."""
    name = path.name
    for suffixes in (_COMPRESSIONS, _FITS):
        for suffix in suffixes:
            if name.lower().endswith(suffix) and len(name) > len(suffix):
                name = name[: -len(suffix)]
                break
    return name


def image_units(paths: Sequence[str], options: ImageOptions) -> list[Unit]:
    """Make one unit an image.

    Images of one name in different folders get the folder's name before
    their own.

    Raises
    ------
    BadInputError
        If an image is given twice, or two would still share a folder.
    """
    files = [Path(path) for path in paths]
    real = Counter(file.resolve() for file in files)
    for file in files:
        if real[file.resolve()] > 1:
            raise BadInputError(f"{file}: given more than once; give each image once.")
    stems = Counter(image_stem(file) for file in files)
    units: dict[str, Unit] = {}
    for file in files:
        name = image_stem(file)
        if stems[name] > 1:
            name = f"{file.resolve().parent.name}_{name}"
        if name in units:
            raise BadInputError(
                f"{file}: its results would go to the same folder '{name}' as those of"
                f" {units[name].path}; rename one of them, or run them one by one."
            )
        units[name] = Unit(name, file, options=options)
    return list(units.values())


def scene_units(number: int) -> list[Unit]:
    """Make a number of simulated scenes."""
    return [Unit(f"scene_{scene:03d}", scene=scene) for scene in range(number)]
