"""Scenes in two bands, of which only the second tells blends from single sources."""

import dataclasses

import numpy as np
from astropy.table import Table

from meas_blends.blends.detections import Detections
from meas_blends.blends.maxima import find_maxima
from meas_blends.data.footprints import pixel_lists
from meas_blends.detection.find import find_footprints
from meas_blends.detection.matched_filter import matched_filter
from meas_blends.tasks.labelled_scenes import label_detections
from toys import SIGMA, draw


def band_scene(seed, shape=(300, 300)):
    """Coadds by band, the spans of i, and the truth.

    In i every source is single: where there is a second galaxy, it shows in r
    alone, five pixels from the first.
    """
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(20.0, shape[1] - 20, 26), np.arange(20.0, shape[0] - 20, 26))
    x, y = (axis.ravel() + rng.uniform(-0.5, 0.5, axis.size) for axis in (x, y))
    height = 10 ** rng.uniform(1, 2, x.size)
    pair = rng.random(x.size) < 0.4
    angle = rng.uniform(0, 2 * np.pi, x.size)
    x2, y2 = x + 5 * np.cos(angle), y + 5 * np.sin(angle)
    red = [*zip(x, y, height, strict=True)]
    blue = [*red, *zip(x2[pair], y2[pair], height[pair], strict=True)]
    coadds = {}
    for band, sources in (("r", blue), ("i", red)):
        name = f"toy {seed} {band}"
        coadd = draw(sources, shape, band=band, name=name, pixel_scale=0.2)
        noise = rng.normal(0, 0.3, shape).astype(np.float32)
        coadds[band] = coadd.replace(image=coadd.image + noise)
    _, spans = find_footprints(matched_filter(coadds["i"]))
    significance = np.append(height, height[pair]) * np.sqrt(4 * np.pi) * SIGMA
    truth = Table(
        {"x": np.append(x, x2[pair]), "y": np.append(y, y2[pair]), "significance": significance}
    )
    return coadds, spans, truth


def band_detections(seed, **fields):
    """Labelled detections of such a scene."""
    coadds, spans, truth = band_scene(seed, **fields)
    filtered = {band: matched_filter(coadd) for band, coadd in coadds.items()}
    pixels = pixel_lists(spans, coadds["i"].shape)
    maxima = find_maxima(filtered["i"], pixels, 5.0)
    detections = Detections(filtered["i"], pixels, maxima, {"r": filtered["r"]})
    return label_detections(detections, spans, truth, 5.0)


def without_others(labelled):
    """The same detections in the reference band alone."""
    detections = dataclasses.replace(labelled.detections, others={})
    return dataclasses.replace(labelled, detections=detections)
