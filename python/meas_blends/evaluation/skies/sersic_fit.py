"""A Sersic profile behind a PSF, fitted to the stamp of one galaxy."""

from __future__ import annotations

import numpy as np
from scipy import ndimage, optimize

from ...simulation.profiles import sersic_transform, shape_matrix

__all__ = ["SersicFit", "shape_of"]

#: Sersic indices that are tried.
_INDICES = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)


class SersicFit:
    """Least squares of a Sersic profile behind a PSF, on the plane waves of a padded stamp."""

    def __init__(self, image: np.ndarray, psf: np.ndarray, variance: float) -> None:
        self._image, self._variance = image, variance
        ny, nx = image.shape
        self._size = int(2 ** np.ceil(np.log2(1.6 * max(ny, nx))))
        self._kx = 2.0 * np.pi * np.fft.rfftfreq(self._size)
        self._ky = 2.0 * np.pi * np.fft.fftfreq(self._size)[:, None]
        padded = np.zeros((self._size, self._size))
        # A PSF larger than the grid loses wings that it has at 1e-4 of its light.
        half_y, half_x = (min(n // 2, self._size // 2 - 1) for n in psf.shape)
        cy, cx = (n // 2 for n in psf.shape)
        part = psf[cy - half_y : cy + half_y + 1, cx - half_x : cx + half_x + 1]
        padded[: part.shape[0], : part.shape[1]] = part / part.sum()
        phase = np.exp(1j * (self._kx * half_x + self._ky * half_y))
        # From the PSF's middle to the middle of the stamp's array.
        middle = np.exp(-1j * (self._kx * (nx - 1) / 2 + self._ky * (ny - 1) / 2))
        self._psf = np.fft.rfft2(padded) * phase * middle

    def draw(self, index: float, theta: np.ndarray) -> np.ndarray:
        """Image of unit flux."""
        x, y, radius, ellipticity, angle = shape_of(theta)
        xx, xy, yy = shape_matrix(radius, ellipticity, angle)
        squared = xx * self._kx**2 + 2 * xy * self._kx * self._ky + yy * self._ky**2
        light = sersic_transform(squared.astype(np.float32), index)
        moved = light * self._psf * np.exp(-1j * (self._kx * x + self._ky * y))
        ny, nx = self._image.shape
        return np.fft.irfft2(moved, s=(self._size, self._size))[:ny, :nx]

    def best(self) -> tuple[float, np.ndarray, float]:
        """Sersic index, shape and flux that come closest."""
        start = self._start()
        found = []
        for index in _INDICES:
            result = optimize.least_squares(
                lambda theta, index=index: self._residuals(index, theta),
                start,
                method="lm",
                diff_step=1e-3,
                max_nfev=400,
            )
            found.append((result.cost, index, result.x))
            start = result.x
        _, index, theta = min(found, key=lambda one: one[0])
        return index, theta, self._flux(self.draw(index, theta))

    def _flux(self, model: np.ndarray) -> float:
        return float(max(np.vdot(model, self._image) / np.vdot(model, model), 1e-9))

    def _residuals(self, index: float, theta: np.ndarray) -> np.ndarray:
        model = self.draw(index, theta)
        chi = (self._image - self._flux(model) * model) / np.sqrt(self._variance)
        # What structure a galaxy has must not pull the smooth part: beyond 3 sigma it counts
        # linearly. And a weak hold keeps the shape from running away where nothing tells it.
        robust = np.sign(chi) * np.where(
            np.abs(chi) < 3.0, np.abs(chi), np.sqrt(np.maximum(6.0 * np.abs(chi) - 9.0, 0.0))
        )
        hold = np.array([theta[2] / 5.0, theta[3] / 3.0, theta[4] / 3.0])
        return np.concatenate([robust.ravel(), hold])

    def _start(self) -> np.ndarray:
        ny, nx = self._image.shape
        smooth = ndimage.gaussian_filter(self._image, 2.0)
        y, x = np.unravel_index(np.argmax(smooth * _bell(smooth.shape)), smooth.shape)
        size = np.log(max(min(ny, nx) / 10.0, 1.5))
        return np.array([x - (nx - 1) / 2, y - (ny - 1) / 2, size, 0.0, 0.0])


def _bell(shape: tuple[int, int]) -> np.ndarray:
    """Prefers the middle of a stamp."""
    row, column = (np.linspace(-1, 1, n) for n in shape)
    return np.exp(-2.0 * (row[:, None] ** 2 + column**2))


def shape_of(theta: np.ndarray) -> tuple[float, float, float, float, float]:
    """Centre [pixel], radius [pixel], ellipticity, position angle [deg]; any numbers are good."""
    x, y, log_radius, e1, e2 = theta
    size = np.hypot(e1, e2)
    angle = 0.5 * np.degrees(np.arctan2(e2, e1))
    radius = np.exp(np.clip(log_radius, np.log(0.2), np.log(300.0)))
    return x, y, radius, 0.85 * np.tanh(size), angle
