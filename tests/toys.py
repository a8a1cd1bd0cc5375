"""Scenes of Gaussian sources with known answers, shared by the tests."""

import numpy as np

from meas_blends.blends.training import TrainingSet
from meas_blends.data.coadd import Coadd
from meas_blends.data.footprints import pixel_lists
from meas_blends.detection.find import find_footprints
from meas_blends.detection.matched_filter import matched_filter
from meas_blends.detection.psf import gaussian_psf

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


def toy_blends(number, rng, blended_fraction=0.4):
    """Labelled cutouts of round sources; blends are two of them four pixels apart along x."""
    n_objects = np.where(rng.random(number) < blended_fraction, rng.integers(2, 6, number), 1)
    y, x = np.indices((23, 23)) - 11
    images = rng.normal(0, 0.3, (number, 23, 23))
    height = 10 ** rng.uniform(0.7, 2, number)
    for k in range(number):
        shift = 2.0 if n_objects[k] > 1 else 0.0
        # As far as detection at S/N 5 and growth by 4 pixels reach.
        reach = SIGMA * np.sqrt(2 * np.log(max(height[k] / 1.57, 1.0))) + 4
        inside = np.zeros((23, 23), bool)
        for sign in (-1, 1):
            distance = np.hypot(x - sign * shift, y)
            images[k] += 0.5 * height[k] * np.exp(-0.5 * (distance / SIGMA) ** 2)
            inside |= distance <= reach
        images[k] *= inside
    n_maxima = np.where(n_objects > 1, rng.integers(1, 3, number), 1)
    return TrainingSet(images.astype(np.float32), n_objects, n_maxima)
