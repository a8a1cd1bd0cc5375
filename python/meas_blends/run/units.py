"""What a run goes through: images that the user gives, scenes that it simulates, their patches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..data.fits import companions_of
from ..data.image_names import image_stem
from ..errors import BadInputError
from ..plugins.layouts import register_layouts
from .fingerprint import digest
from .images import ImageOptions, read_image
from .plan import COADD
from .storage import stamp

__all__ = ["Unit", "image_units", "planes_of_others", "scene_units"]


@dataclass(frozen=True)
class Unit:
    """One image, one simulated scene, or a patch of several bands of them.

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
    band : `str`
        Band of an image or scene; empty if nobody has asked for it.
    patch : `str`
        Name of the patch that it belongs to, or is; empty if nobody has asked.
    members : `tuple` [`str`]
        Names of a patch's images, in the order of their bands.
    """

    name: str
    path: Path | None = None
    scene: int = 0
    options: ImageOptions = field(default_factory=ImageOptions)
    band: str = ""
    patch: str = ""
    members: tuple[str, ...] = ()

    @property
    def data_id(self) -> dict[str, str]:
        """Of what its datasets are, for the tasks."""
        patch = {"patch": self.patch or self.name}
        return patch if self.members else {**patch, "band": self.band}

    @property
    def source(self) -> dict[str, Any]:
        """What it is made from, for ``run.json``."""
        if self.members:
            return {"images": list(self.members)}
        if self.path is None:
            return {"scene": self.scene, **({"band": self.band} if self.band else {})}
        register_layouts()
        beside = {file.name: stamp(file) for file in companions_of(self.path)}
        return {
            "image": str(self.path.resolve()),
            "size and time": stamp(self.path),
            "given by the user": self.options.identity(),
            **({"beside the image": beside} if beside else {}),
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
        path, options, band = self.path, self.options, self.band
        return {COADD: (digest([self.source, band]), lambda: read_image(path, options, band))}


def planes_of_others(paths: Sequence[str]) -> dict[str, str]:
    """Find images that are planes of others of them, as ``*.fits`` names both.

    Parameters
    ----------
    paths : sequence of `str`
        Images.

    Returns
    -------
    owners : `dict` [`str`, `str`]
        The image whose weight, noise or mask each of them holds.
    """
    by_file = {Path(path).absolute(): path for path in paths}
    owners = {}
    for path in paths:
        for file in companions_of(path):
            other = by_file.get(file.absolute())
            if other is not None:
                owners[other] = path
    return owners


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


def scene_units(number: int, bands: Sequence[str] = (), name: str = "scene_{:03d}") -> list[Unit]:
    """Make a number of simulated scenes.

    Parameters
    ----------
    number : `int`
        Of scenes.
    bands : sequence of `str`
        Bands of each; with none, one image a scene, in the simulated
        survey's own band.
    name : `str`
        Template of their names.
    """
    scenes = [(name.format(scene), scene) for scene in range(number)]
    if not bands:
        return [Unit(name, scene=scene, patch=name) for name, scene in scenes]
    return [
        Unit(f"{name}_{band}", scene=scene, band=band, patch=name)
        for name, scene in scenes
        for band in bands
    ]
