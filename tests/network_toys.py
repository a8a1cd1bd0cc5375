"""Footprints, and a network of random weights, for the tests of what the network sees."""

import dataclasses

import numpy as np
import torch

from meas_blends.blends.detections import Detections
from meas_blends.blends.maxima import find_maxima
from meas_blends.blends.network.model import BlendNetwork
from meas_blends.data.footprints import labels_to_spans, pixel_lists
from meas_blends.detection.find import find_footprints
from meas_blends.detection.matched_filter import matched_filter
from toys import draw

#: One alone, a pair, three in a row, one at the border, one with a bad pixel.
SOURCES = [
    (24, 20, 60),
    (60.3, 22.6, 60),
    (65, 24, 40),
    (20, 60, 30),
    (28, 60.2, 40),
    (36, 61, 50),
    (99, 70, 80),
    (70, 58, 50),
]
BAD = (57, 71)


def scene(seed=1, shape=(84, 100)):
    """Noisy coadd of these sources."""
    coadd = draw(SOURCES, shape)
    coadd.image[:] += np.random.default_rng(seed).normal(0, 0.5, shape)
    coadd.image[BAD] = np.nan
    return coadd


def see(coadd, labels=None, others=None):
    """Detections of a coadd, whose S/N does not hang on the rest of the image."""
    filtered = matched_filter(coadd, noise="variance")
    spans = find_footprints(filtered)[1] if labels is None else labels_to_spans(labels, coadd.xy0)
    pixels = pixel_lists(spans, coadd.shape, coadd.xy0)
    maxima = find_maxima(filtered, pixels, 5.0)
    return Detections(filtered, pixels, maxima, others or {})


def label_image(detections):
    """Identifiers of the footprints, 0 between them."""
    pixels = detections.pixels
    labels = np.zeros(detections.filtered.bad.shape, int)
    labels.ravel()[pixels.flat] = pixels.identifiers[pixels.owner]
    return labels


def only(detections, row):
    """One footprint, in an image that is nothing but NaN around it."""
    labels = label_image(detections)
    mine = labels == detections.pixels.identifiers[row]
    return blind(see_again(detections, np.where(mine, labels, 0)), mine)


def see_again(detections, labels):
    """The same image with the footprints of a label image."""
    pixels = pixel_lists(labels_to_spans(labels), labels.shape)
    maxima = find_maxima(detections.filtered, pixels, 5.0)
    return dataclasses.replace(detections, pixels=pixels, maxima=maxima)


def blind(detections, mask):
    """Detections with NaN in all images outside of a mask."""
    filtered = detections.filtered
    hidden = {
        name: np.where(mask, getattr(filtered, name), np.float32(np.nan))
        for name in ("smoothed", "significance")
    }
    image, variance = (
        np.where(mask, plane, np.float32(np.nan))
        for plane in (filtered.coadd.image, filtered.coadd.variance)
    )
    coadd = filtered.coadd.replace(image=image, variance=variance)
    return dataclasses.replace(
        detections, filtered=dataclasses.replace(filtered, coadd=coadd, **hidden)
    )


def random_network(seed=1, others=()):
    """A small network whose every weight matters."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = BlendNetwork(others, widths=(6, 8, 16), depths=(1, 1, 1))
        with torch.no_grad():
            for weights in network.parameters():
                weights.add_(0.1 * torch.randn_like(weights))
    return network.eval()


#: A Gaussian process on a network that trains on toy scenes in a second.
TINY_GP = {
    "passes": 1,
    "batch": 16,
    "widths": (6, 8, 16),
    "depths": (1, 1, 1),
    "n_neighbours": 20,
    "examples_fraction": 0.34,
}
