"""Bringing footprint cutouts into a standard place, orientation and brightness."""

from __future__ import annotations

import numpy as np

__all__ = ["normalise", "orient"]

#: Percentile of a cutout's pixels that stands for its brightness: robust
#: against a single noisy pixel, and still inside the smallest footprints.
_BRIGHT_PERCENTILE = 97

#: Weight of the shape against the S/N among the normalised pixels.
_SHAPE_WEIGHT = 5.0


def normalise(images: np.ndarray) -> np.ndarray:
    """Turn cutouts into vectors that differ by what makes a blend.

    A cutout is oriented, then written twice: as arcsinh of the pixel S/N,
    which tells how significant its structure is, and divided by its own
    brightness, which tells its shape.

    Parameters
    ----------
    images : `numpy.ndarray`, (n, size, size)
        Pixel S/N, 0 outside the footprint.

    Returns
    -------
    vectors : `numpy.ndarray`, (n, 2 size^2)
    """
    n, size, _ = images.shape
    flat = orient(images).reshape(n, size * size)
    bright = np.percentile(flat, _BRIGHT_PERCENTILE, axis=1) if n else np.ones(0)
    shape = flat * (_SHAPE_WEIGHT / np.maximum(bright, 1.0))[:, None]
    return np.concatenate([np.arcsinh(flat), shape], axis=1)


def orient(images: np.ndarray) -> np.ndarray:
    """Shift and turn cutouts so that like footprints look alike.

    The centroid comes to the middle, the major axis to x, and the longer
    tails to +x and +y. Pixels are interpolated bilinearly; those from outside
    the cutout are 0.

    Parameters
    ----------
    images : `numpy.ndarray`, (n, size, size)

    Returns
    -------
    oriented : `numpy.ndarray`, (n, size, size)
    """
    size = images.shape[-1]
    half = size // 2
    y, x = np.indices((size, size), dtype=np.float32) - half
    light = np.maximum(images, 0)
    total = light.sum(axis=(1, 2))
    total = np.where(total > 0, total, 1)
    centre_x = np.einsum("nyx,yx->n", light, x) / total
    centre_y = np.einsum("nyx,yx->n", light, y) / total
    # Compressed, so that the wings have a say in the orientation.
    weight = np.arcsinh(light)
    dx, dy = x - _column(centre_x), y - _column(centre_y)
    q_xx, q_yy, q_xy = (
        np.einsum("nyx,nyx,nyx->n", weight, a, b) for a, b in ((dx, dx), (dy, dy), (dx, dy))
    )
    angle = 0.5 * np.arctan2(2 * q_xy, q_xx - q_yy)
    cosine, sine = _column(np.cos(angle)), _column(np.sin(angle))
    major = _sign(weight, cosine * dx + sine * dy) * x
    minor = _sign(weight, cosine * dy - sine * dx) * y
    source_x = _column(centre_x) + cosine * major - sine * minor + half
    source_y = _column(centre_y) + sine * major + cosine * minor + half
    return _bilinear(images, source_x, source_y)


def _column(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float32)[:, None, None]


def _sign(weight: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """Side of the longer tail along an axis: +1 or -1, (n, 1, 1)."""
    skewness = np.einsum("nyx,nyx->n", weight, distance**3)
    return _column(np.where(skewness < 0, -1, 1))


def _bilinear(images: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Interpolate each image at its own pixels (x, y)."""
    n, size, _ = images.shape
    padded = np.zeros((n, size + 2, size + 2), images.dtype)
    padded[:, 1:-1, 1:-1] = images
    # Everything beyond the border of zeros is zero as well.
    x = np.clip(x + 1, 0, size + 1 - 1e-3)
    y = np.clip(y + 1, 0, size + 1 - 1e-3)
    column, row = x.astype(np.int64), y.astype(np.int64)
    fx, fy = x - column.astype(x.dtype), y - row.astype(y.dtype)
    start = (np.arange(n)[:, None, None] * (size + 2) + row) * (size + 2) + column
    flat = padded.ravel()
    lower = flat[start] * (1 - fx) + flat[start + 1] * fx
    upper = flat[start + size + 2] * (1 - fx) + flat[start + size + 3] * fx
    return lower * (1 - fy) + upper * fy
