"""Labelled scenes in several bands, prepared one at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..blends.detections import Detections, LabelledDetections
from ..blends.maxima import find_maxima
from ..data.footprints import pixel_lists
from ..errors import BadInputError
from .filtering import FilteringConfig, filter_bands
from .handles import Handle, by_band, reference_band
from .labelled_scenes import LabelledScenes, SceneFacts, label_detections

__all__ = ["BandScene", "LabelledBands", "group_scenes"]


@dataclass(frozen=True)
class BandScene:
    """Datasets of one scene in several bands.

    Parameters
    ----------
    coadds : `tuple` [`Handle`]
        Of its bands.
    spans, truth : `Handle`
        Pixels of its footprints, and its galaxies.
    """

    coadds: tuple[Handle, ...]
    spans: Handle
    truth: Handle


def group_scenes(
    coadds: Sequence[Handle], spans: Sequence[Handle], truth: Sequence[Handle]
) -> list[BandScene]:
    """Put the datasets of each scene together, by the patch in their ``dataId``.

    Raises
    ------
    BadInputError
        If a scene lacks one, or scenes have different bands.
    """
    bands: dict[tuple, list[Handle]] = {}
    for handle in coadds:
        bands.setdefault(_place(handle), []).append(handle)
    tables = [{_place(handle): handle for handle in given} for given in (spans, truth)]
    if not bands.keys() == tables[0].keys() == tables[1].keys():
        raise BadInputError(
            f"training scenes: {len(bands)} scenes with coadds, {len(tables[0])} with spans and"
            f" {len(tables[1])} with true galaxies; every scene needs all three."
        )
    if len({frozenset(by_band(handles)) for handles in bands.values()}) > 1:
        raise BadInputError("training scenes: their bands differ; give all of them the same.")
    return [
        BandScene(tuple(handles), tables[0][place], tables[1][place])
        for place, handles in bands.items()
    ]


class LabelledBands(LabelledScenes):
    """Labelled scenes in several bands, read and prepared every time they are looked at.

    Parameters
    ----------
    scenes : sequence of `BandScene`
        Datasets of each.
    filtering, peak_threshold, min_significance
        See `~meas_blends.tasks.labelled_scenes.LabelledScenes`.
    reference : `str`
        Name of the reference band.
    """

    def __init__(
        self,
        scenes: Sequence[BandScene],
        filtering: FilteringConfig,
        peak_threshold: float = 5.0,
        min_significance: float = 5.0,
        reference: str = "i",
    ) -> None:
        super().__init__(scenes, filtering, peak_threshold, min_significance)
        self._reference = reference

    def _part(self, scenes: Sequence[BandScene]) -> LabelledBands:
        return LabelledBands(
            scenes, self._filtering, self._peak_threshold, self._min_significance, self._reference
        )

    def _prepare(self, scene: BandScene) -> tuple[LabelledDetections, SceneFacts]:
        """Filter all bands of a scene and label the footprints."""
        filtered, others = filter_bands(scene.coadds, self._reference, self._filtering)
        coadd, spans = filtered.coadd, scene.spans.get()
        pixels = pixel_lists(spans, coadd.shape, coadd.xy0)
        maxima = find_maxima(filtered, pixels, self._peak_threshold)
        detections = Detections(filtered, pixels, maxima, others)
        bands = list(by_band(scene.coadds))
        chosen = reference_band(bands, self._reference)
        # The reference first: classifiers know the others by their names.
        names = ",".join([chosen, *(band for band in bands if band != chosen)])
        facts = SceneFacts.of(detections, names)
        labelled = label_detections(detections, spans, scene.truth.get(), self._min_significance)
        return labelled, facts


def _place(handle: Handle) -> tuple:
    """Tell one patch from another: all of a data ID but the band."""
    data_id: Mapping = handle.dataId
    return tuple((name, data_id[name]) for name in ("skymap", "tract", "patch") if name in data_id)
