"""Analytic scenes of Gaussian sources, without noise."""

import numpy as np
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
