"""Scenes of Gaussian sources with known answers, shared by the tests."""

import numpy as np
from astropy.table import Table
from lsst.pipe.base import InMemoryDatasetHandle

from meas_blends.blends.conditions import LearnedConditions
from meas_blends.blends.detections import Detections
from meas_blends.blends.maxima import find_maxima
from meas_blends.data.coadd import Coadd
from meas_blends.data.footprints import pixel_lists
from meas_blends.detection.find import find_footprints
from meas_blends.detection.matched_filter import matched_filter
from meas_blends.detection.psf import gaussian_psf
from meas_blends.tasks.labelled_scenes import label_detections

SIGMA = 1.8


def draw(sources, shape=(64, 80), **fields):
    """Coadd of Gaussian sources (x, y, peak S/N a pixel) with unit variance."""
    y, x = np.indices(shape)
    image = np.zeros(shape)
    for x0, y0, height in sources:
        image += height * np.exp(-0.5 * ((x - x0) ** 2 + (y - y0) ** 2) / SIGMA**2)
    fields.setdefault("psf", gaussian_psf(SIGMA))
    return Coadd(image, np.ones(shape), zero_point=27.0, **fields)


def detect(coadd, **options):
    """Filtered coadd and the pixels of its footprints."""
    filtered = matched_filter(coadd)
    _, spans = find_footprints(filtered, **options)
    return filtered, pixel_lists(spans, coadd.shape, coadd.xy0)


def toy_scene(seed, shape=(300, 300), **fields):
    """Coadd with single sources, pairs and triples on a grid, its spans, and the truth."""
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(20.0, shape[1] - 20, 26), np.arange(20.0, shape[0] - 20, 26))
    x, y = (axis.ravel() + rng.uniform(-0.5, 0.5, axis.size) for axis in (x, y))
    height = 10 ** rng.uniform(1, 2, x.size)
    sources = [*zip(x, y, height, strict=True)]
    number = rng.choice([0, 0, 0, 1, 1, 2], x.size)
    for more in (1, 2):
        who = number >= more
        angle = rng.uniform(0, 2 * np.pi, who.sum())
        distance = rng.uniform(4, 6, who.sum())
        place = x[who] + distance * np.cos(angle), y[who] + distance * np.sin(angle)
        sources += [*zip(*place, height[who] * rng.uniform(0.5, 1, who.sum()), strict=True)]
    fields.setdefault("band", "i")
    fields.setdefault("name", f"toy {seed}")
    coadd = draw(sources, shape, pixel_scale=0.2, **fields)
    coadd = coadd.replace(image=coadd.image + rng.normal(0, 0.3, shape).astype(np.float32))
    _, spans = find_footprints(matched_filter(coadd))
    x, y, height = np.reshape(sources, (-1, 3)).T
    x0, y0 = coadd.xy0
    # The S/N of the smoothed image at a source of this height a pixel.
    significance = height / 2 * np.sqrt(4 * np.pi) * SIGMA
    truth = Table({"x": x + x0, "y": y + y0, "significance": significance})
    return coadd, spans, truth


def toy_detections(seed, **fields):
    """Labelled detections of a toy scene."""
    coadd, spans, truth = toy_scene(seed, **fields)
    filtered = matched_filter(coadd)
    pixels = pixel_lists(spans, coadd.shape, coadd.xy0)
    detections = Detections(filtered, pixels, find_maxima(filtered, pixels, 5.0))
    return label_detections(detections, spans, truth, 5.0)


def handles(datasets):
    """Datasets as a connection with ``deferLoad`` and ``multiple`` gives them."""
    return [
        InMemoryDatasetHandle(dataset, patch=str(patch), band="i")
        for patch, dataset in enumerate(datasets)
    ]


def toy_conditions():
    """What the toy scenes are seen under, as far as it is narrow."""
    low, high = np.array([[1.8, 1.8], [0.9, 1.1], [0.9, 2.0], [1.0, 3.0]]).T
    return LearnedConditions(low, high)
