"""Labelled scenes that are prepared one at a time, so that many need no more memory than one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from astropy.table import Table

from ..blends.detections import Detections, LabelledDetections
from ..blends.maxima import find_maxima
from ..blends.too_large import is_too_large
from ..data.footprints import footprint_of, pixel_lists
from ..errors import BadInputError
from .filtering import FilteringConfig, filter_coadd
from .handles import Handle

__all__ = ["LabelledScenes", "SceneFacts", "label_detections"]


@dataclass(frozen=True)
class SceneFacts:
    """What a model package says of each scene that it was trained on.

    Parameters
    ----------
    band : `str`
        Of its coadd; of its coadds, with commas.
    pixel_scale : `float`
        Pixel scale [arcsec].
    conditions : `numpy.ndarray`, (n, 4)
        What its footprints were seen under, see
        `~meas_blends.blends.conditions.conditions_at`.
    """

    band: str
    pixel_scale: float
    conditions: np.ndarray

    @classmethod
    def of(cls, detections: Detections, band: str) -> SceneFacts:
        """Facts of a scene by its footprints."""
        scale = float(detections.filtered.coadd.pixel_scale)
        return cls(band, scale, detections.conditions)


def label_detections(
    detections: Detections, spans: Table, truth: Table, min_significance: float
) -> LabelledDetections:
    """Say which significant galaxies lie in which footprint.

    Parameters
    ----------
    detections : `~meas_blends.blends.detections.Detections`
        Footprints of an image.
    spans : `astropy.table.Table`
        Their pixels, `~meas_blends.data.catalogs.SPANS`.
    truth : `astropy.table.Table`
        All galaxies, `~meas_blends.data.catalogs.TRUTH`.
    min_significance : `float`
        Least point-source S/N of a galaxy that counts.

    Returns
    -------
    labelled : `~meas_blends.blends.detections.LabelledDetections`
        Without the footprints that no classifier is shown, see
        `~meas_blends.blends.too_large.is_too_large`.
    """
    detections = detections.select(~is_too_large(detections))
    significant = np.asarray(truth["significance"]) >= min_significance
    x, y = (np.asarray(truth[axis], float)[significant] for axis in ("x", "y"))
    identifiers = detections.pixels.identifiers
    owner = footprint_of(spans, x, y)
    # One wholly outside the image, or too large, is in the spans and not in the lists.
    inside = np.isin(owner, identifiers)
    x0, y0 = detections.filtered.coadd.xy0
    return LabelledDetections(
        detections, x[inside] - x0, y[inside] - y0, np.searchsorted(identifiers, owner[inside])
    )


class LabelledScenes(Sequence[LabelledDetections]):
    """Labelled scenes, each read and prepared every time it is looked at.

    Parameters
    ----------
    scenes : sequence of `tuple` [`Handle`, `Handle`, `Handle`]
        Coadd, spans and truth of each scene.
    filtering : `~meas_blends.tasks.filtering.FilteringConfig`
        As of the detection.
    peak_threshold : `float`
        Point-source S/N of the local maxima.
    min_significance : `float`
        Least point-source S/N of a galaxy that counts.
    """

    def __init__(
        self,
        scenes: Sequence[tuple[Handle, Handle, Handle]],
        filtering: FilteringConfig,
        peak_threshold: float = 5.0,
        min_significance: float = 5.0,
    ) -> None:
        self._scenes = list(scenes)
        self._filtering = filtering
        self._peak_threshold = peak_threshold
        self._min_significance = min_significance
        self._facts: dict[int, SceneFacts] = {}

    @classmethod
    def pair_up(
        cls,
        coadds: Sequence[Handle],
        spans: Sequence[Handle],
        truth: Sequence[Handle],
        **settings: Any,
    ) -> LabelledScenes:
        """Put the datasets of each scene together.

        Raises
        ------
        BadInputError
            If the three are not of the same scenes.
        """
        ids = [[handle.dataId for handle in handles] for handles in (coadds, spans, truth)]
        if not ids[0] == ids[1] == ids[2]:
            raise BadInputError(
                f"training scenes: {len(coadds)} coadds, {len(spans)} tables of spans and"
                f" {len(truth)} of true galaxies are not of the same scenes; every scene needs all"
                " three."
            )
        return cls(list(zip(coadds, spans, truth, strict=True)), **settings)

    def __len__(self) -> int:
        return len(self._scenes)

    @overload
    def __getitem__(self, index: int) -> LabelledDetections: ...
    @overload
    def __getitem__(self, index: slice) -> LabelledScenes: ...
    def __getitem__(self, index: int | slice) -> LabelledDetections | LabelledScenes:
        if isinstance(index, slice):
            return self._part(self._scenes[index])
        labelled, self._facts[index % len(self)] = self._prepare(self._scenes[index])
        return labelled

    def _part(self, scenes: Sequence[tuple[Handle, Handle, Handle]]) -> LabelledScenes:
        """Some of the scenes, with the same settings."""
        return LabelledScenes(scenes, self._filtering, self._peak_threshold, self._min_significance)

    def _prepare(
        self, scene: tuple[Handle, Handle, Handle]
    ) -> tuple[LabelledDetections, SceneFacts]:
        """Read and filter a scene and label its footprints."""
        coadd, spans, truth = (handle.get() for handle in scene)
        filtered = filter_coadd(coadd, self._filtering)
        pixels = pixel_lists(spans, coadd.shape, coadd.xy0)
        maxima = find_maxima(filtered, pixels, self._peak_threshold)
        detections = Detections(filtered, pixels, maxima)
        facts = SceneFacts.of(detections, coadd.band)
        return label_detections(detections, spans, truth, self._min_significance), facts

    @property
    def facts(self) -> list[SceneFacts]:
        """Facts of each scene; scenes that nobody has looked at are read for them."""
        for index in range(len(self)):
            if index not in self._facts:
                self[index]
        return [self._facts[index] for index in range(len(self))]
