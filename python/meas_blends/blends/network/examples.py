"""Labelled footprints that the network learns from, kept on disk."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import torch

from ..detections import LabelledDetections
from .features import footprint_features
from .patches import CELL, cut_patches

__all__ = ["Batch", "Examples"]


@dataclass(frozen=True)
class Batch:
    """Footprints whose patches have one shape.

    Parameters
    ----------
    planes : `torch.Tensor`, (n, n_planes, height, width)
    conditions : `torch.Tensor`, (n, N_CONDITIONS)
    features : `torch.Tensor`, (n, n_features)
    target : `torch.Tensor`, (n, height / 2, width / 2, 3)
        Whether the centre of an object lies in each cell, and where, from the
        cell's centre along x and y [pixel].
    n_objects : `torch.Tensor` of int64, (n,)
        At least 1.
    """

    planes: torch.Tensor
    conditions: torch.Tensor
    features: torch.Tensor
    target: torch.Tensor
    n_objects: torch.Tensor


class Examples:
    """The labelled footprints of many scenes that hold at least one object.

    Their patches wait in a temporary file that vanishes with this object, so
    that hundreds of scenes need little memory.

    Parameters
    ----------
    scenes : sequence of `~meas_blends.blends.detections.LabelledDetections`
        Each is looked at once.

    Attributes
    ----------
    others : `tuple` [`str`]
        Bands that the first scene has besides the reference, and all others need.
    """

    def __init__(self, scenes: Sequence[LabelledDetections]) -> None:
        self.others: tuple[str, ...] | None = None
        with tempfile.TemporaryFile() as store:
            columns = [self._add(scene, store) for scene in scenes]
            store.flush()
            # The map keeps the file; an empty one cannot be mapped.
            filled = store.seek(0, 2) > 0
            self._planes = np.memmap(store, np.float16, "r") if filled else np.zeros(0, np.float16)
        joined = {name: np.concatenate([c[name] for c in columns]) for name in columns[0]}
        self._shape, self._start = joined["shape"], joined["start"]
        self._conditions = joined["conditions"]
        self._features, self._n_objects = joined["features"], joined["n_objects"]
        # Centres of the objects, from their patches' first pixels.
        self._x, self._y = joined["x"], joined["y"]
        self._first = np.concatenate([[0], np.cumsum(self._n_objects)])
        self._n_planes = columns[0]["n_planes"][0]

    def __len__(self) -> int:
        return len(self._n_objects)

    @property
    def mark(self) -> str:
        """What tells these examples from others: a digest of their labels and features."""
        columns = (self._shape, self._n_objects, self._x, self._y, self._features)
        digest = hashlib.sha256()
        for column in (*columns, self._conditions):
            digest.update(np.ascontiguousarray(column).tobytes())
        return digest.hexdigest()

    def _add(self, scene: LabelledDetections, store: BinaryIO) -> dict[str, np.ndarray]:
        """Write a scene's patches, and return all else of them."""
        if self.others is None:
            self.others = tuple(scene.detections.others)
        patches = cut_patches(scene.detections, self.others)
        layout = patches.layout
        kept = np.flatnonzero(scene.n_objects > 0)
        start = np.empty(len(scene.detections), np.int64)
        for group in layout.groups():
            images = patches.stack(group).astype(np.float16)
            first = store.seek(0, 2) // images.itemsize
            start[group] = first + np.arange(len(group)) * images[0].size
            store.write(images.tobytes())
        order = np.argsort(scene.owner, kind="stable")
        owner = scene.owner[order]
        return {
            "shape": np.stack([layout.height, layout.width], axis=1)[kept],
            "start": start[kept],
            "conditions": patches.conditions[kept],
            "features": footprint_features(scene.detections)[kept],
            "n_objects": scene.n_objects[kept],
            "x": scene.x[order] - layout.x0[owner],
            "y": scene.y[order] - layout.y0[owner],
            "n_planes": np.full(1, len(patches.planes)),
        }

    def draw(self, rows: np.ndarray, rng: np.random.Generator) -> Iterator[Batch]:
        """Read footprints, each group of one shape in an orientation of its own.

        Parameters
        ----------
        rows : `numpy.ndarray` of int
            Which ones.
        rng : `numpy.random.Generator`
            Draws one of the eight mirror images and rotations a group.

        Yields
        ------
        batch : `Batch`
        """
        shapes, group = np.unique(self._shape[rows], axis=0, return_inverse=True)
        for number, (height, width) in enumerate(shapes.tolist()):
            chosen = rows[group.ravel() == number]
            size = self._n_planes * height * width
            images = np.stack([self._planes[k : k + size] for k in self._start[chosen].tolist()])
            images = images.reshape(len(chosen), self._n_planes, height, width)
            target = self._targets(chosen, height, width)
            flip_x, flip_y, transpose = rng.random(3) < 0.5
            if flip_x:
                images, target = images[..., ::-1], target[:, :, ::-1] * _ALONG_X
            if flip_y:
                images, target = images[:, :, ::-1], target[:, ::-1] * _ALONG_Y
            if transpose:
                images = images.swapaxes(2, 3)
                target = target.swapaxes(1, 2)[..., [0, 2, 1]]
            yield Batch(
                torch.from_numpy(images.astype(np.float32, order="C")),
                torch.from_numpy(self._conditions[chosen]),
                torch.from_numpy(self._features[chosen]),
                torch.from_numpy(np.ascontiguousarray(target)),
                torch.from_numpy(self._n_objects[chosen]),
            )

    def _targets(self, rows: np.ndarray, height: int, width: int) -> np.ndarray:
        """Whether and where each cell holds an object, float32 (n, ny, nx, 3)."""
        target = np.zeros((len(rows), height // CELL, width // CELL, 3), np.float32)
        number = self._n_objects[rows]
        which = np.repeat(np.arange(len(rows)), number)
        within = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
        # Of two objects in one cell the first counts, as it is written last.
        index = (self._first[rows][which] + within)[::-1]
        which, x, y = which[::-1], self._x[index], self._y[index]
        column, row = (np.floor(of + 0.5).astype(int) // CELL for of in (x, y))
        middle = 0.5 * (CELL - 1)
        target[which, row, column, 0] = 1
        target[which, row, column, 1] = x - CELL * column - middle
        target[which, row, column, 2] = y - CELL * row - middle
        return target


#: What mirror images do to the two offsets.
_ALONG_X = np.array([1, -1, 1], np.float32)
_ALONG_Y = np.array([1, 1, -1], np.float32)
