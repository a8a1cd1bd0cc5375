"""Real galaxies without their PSF, noise and cut borders, to be drawn as another telescope sees."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import galsim
import numpy as np
from scipy import ndimage, optimize

from ...data.space_galaxies import SpaceGalaxy
from ...simulation.profiles import sersic_transform, shape_matrix

__all__ = ["CONTROLS", "KINDS", "Template", "make_template", "smooth_twin_image"]

#: What a template is called by its light beside its smooth part.
KINDS = ("smooth", "structured")

#: What else is drawn of a template, for comparison.
CONTROLS = {
    "twin": "the smooth part alone: what any departure from it is held against",
    "raw": "the stamp as it is, with its noise and its cut border",
    "control": "the smooth part, seen from space with noise, and made a template as real ones are",
}

#: Sersic indices that are tried for the smooth part.
_INDICES = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)

#: Scales of the wavelet transform, and how far above its noise a coefficient must be.
_N_SCALES, _CLIP = 5, 4.5

#: The stamp counts whole up to this share of its inscribed ellipse, and not at all at its border.
_TAPER = 0.7

#: Share of the light that must depart from the smooth part for a galaxy to have structure.
_STRUCTURED = 0.06

#: Width of the Gaussian that correlates noise as drizzling does [pixel].
_BLUR = 0.57

#: Kernel of the starlet transform (Starck & Murtagh 2006).
_SPLINE = np.array([1.0, 4.0, 6.0, 4.0, 1.0]) / 16.0


@dataclass(frozen=True)
class Template:
    """A galaxy as a smooth part and what its pixels have beside it.

    Parameters
    ----------
    name : `str`
        Identifier of the galaxy.
    galaxy : `~meas_blends.data.space_galaxies.SpaceGalaxy`
        What it is made from.
    centre : `tuple` [`float`, `float`]
        x, y of the smooth part, from the stamp's middle [pixel].
    index, radius, ellipticity, angle, flux : `float`
        Sersic index, half-light radius as the geometric mean of the axes
        [pixel], ``(a - b) / (a + b)``, position angle from +x to +y [deg] and
        flux [count] of the smooth part, the PSF taken out.
    departures : `numpy.ndarray`, (ny, nx)
        What is significantly there beside the smooth part, behind the PSF
        [count]: without noise, and 0 at the border.
    structure : `float`
        Sum of its absolute values over the galaxy's flux.
    """

    name: str
    galaxy: SpaceGalaxy
    centre: tuple[float, float]
    index: float
    radius: float
    ellipticity: float
    angle: float
    flux: float
    departures: np.ndarray
    structure: float

    @property
    def kind(self) -> str:
        """One of `KINDS`."""
        return KINDS[int(self.structure > _STRUCTURED)]

    @functools.cached_property
    def half_light_radius(self) -> float:
        """Radius of the circle about the centre that holds half of the light, no PSF [arcsec]."""
        blur = max(0.05, 2.0 * self.galaxy.pixel_scale)
        seen = galsim.Convolve([self.profile("real"), galsim.Gaussian(fwhm=blur)])
        size = int(np.clip(12.0 * self.radius, 64, 768))
        image = seen.drawImage(nx=size, ny=size, scale=self.galaxy.pixel_scale, method="no_pixel")
        row, column = np.indices(image.array.shape) - (size - 1) / 2.0
        distance = np.hypot(row, column).ravel()
        order = np.argsort(distance)
        total = float(seen.flux)
        inside = np.cumsum(image.array.ravel()[order]) / total
        radius = distance[order][np.argmax(inside >= 0.5)] if inside[-1] > 0.5 else self.radius
        # The blur is small beside all but the most compact.
        return max(float(radius**2 * self.galaxy.pixel_scale**2 - (0.59 * blur) ** 2), 1e-4) ** 0.5

    def profile(self, sample: str = "real") -> galsim.GSObject:
        """The galaxy as a profile without PSF.

        Parameters
        ----------
        sample : `str`
            ``"real"``, ``"twin"`` or ``"raw"``, see `CONTROLS`.

        Returns
        -------
        profile : `galsim.GSObject`
            Of unit flux, its smooth part's centre at the origin, in arcsec of
            its own sky.
        """
        scale = self.galaxy.pixel_scale
        smooth = galsim.Sersic(self.index, half_light_radius=self.radius * scale, flux=self.flux)
        smooth = smooth.shear(g=self.ellipticity, beta=self.angle * galsim.degrees)
        if sample == "twin" or (sample == "real" and not self.departures.any()):
            return smooth.withFlux(1.0)
        pixels = self.galaxy.image if sample == "raw" else self.departures
        image, psf = (
            galsim.InterpolatedImage(
                galsim.Image(np.ascontiguousarray(array), scale=scale),
                x_interpolant="quintic",
                normalization="flux",
            )
            for array in (pixels, self.galaxy.psf)
        )
        shift = [-scale * offset for offset in self.centre]
        sharp = galsim.Convolve([image.shift(*shift), galsim.Deconvolve(psf)])
        whole = sharp if sample == "raw" else galsim.Add([smooth, sharp])
        return whole / whole.flux


def make_template(galaxy: SpaceGalaxy) -> Template:
    """Take a real galaxy apart.

    A Sersic profile behind the galaxy's PSF is fitted to its stamp, and goes
    on beyond the stamp's border, so that no cut is left. What the pixels have
    beside it is kept where it stands out from the noise by 4.5 sigma on any of
    five scales of a starlet transform, and fades towards the border.

    Parameters
    ----------
    galaxy : `~meas_blends.data.space_galaxies.SpaceGalaxy`

    Returns
    -------
    template : `Template`
    """
    image = galaxy.image
    fit = _Fit(image, galaxy.psf, galaxy.noise_variance)
    index, theta, flux = fit.best()
    x, y, radius, ellipticity, angle = _shape_of(theta)
    model = fit.draw(index, theta) * flux
    fade = _fade(image.shape, (x, y), radius, ellipticity, angle)
    noise = np.sqrt(galaxy.noise_variance)
    departures = _significant((image - model) / noise * fade, fade) * noise
    total = float(flux + departures.sum())
    return Template(
        galaxy.name,
        galaxy,
        (float(x), float(y)),
        index,
        float(radius),
        float(ellipticity),
        float(angle),
        float(flux),
        departures,
        float(np.abs(departures).sum() / max(total, 1e-9)),
    )


def smooth_twin_image(template: Template, rng: np.random.Generator) -> SpaceGalaxy:
    """See the smooth part of a galaxy from space: same PSF, same noise, same stamp.

    Parameters
    ----------
    template : `Template`
    rng : `numpy.random.Generator`
        Draws the noise, whose pixels are correlated as `_correlated_noise` says.

    Returns
    -------
    galaxy : `~meas_blends.data.space_galaxies.SpaceGalaxy`
    """
    galaxy = template.galaxy
    fit = _Fit(galaxy.image, galaxy.psf, galaxy.noise_variance)
    theta = _theta_of(template)
    noise = _correlated_noise(galaxy.image.shape, rng) * np.sqrt(galaxy.noise_variance)
    image = fit.draw(template.index, theta) * template.flux + noise
    return SpaceGalaxy(
        galaxy.name, image, galaxy.psf, galaxy.pixel_scale, galaxy.noise_variance, galaxy.mag
    )


class _Fit:
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
        x, y, radius, ellipticity, angle = _shape_of(theta)
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


def _shape_of(theta: np.ndarray) -> tuple[float, float, float, float, float]:
    """Centre [pixel], radius [pixel], ellipticity, position angle [deg]; any numbers are good."""
    x, y, log_radius, e1, e2 = theta
    size = np.hypot(e1, e2)
    angle = 0.5 * np.degrees(np.arctan2(e2, e1))
    radius = np.exp(np.clip(log_radius, np.log(0.2), np.log(300.0)))
    return x, y, radius, 0.85 * np.tanh(size), angle


def _theta_of(template: Template) -> np.ndarray:
    size = np.arctanh(min(template.ellipticity / 0.85, 0.999))
    turned = 2.0 * np.radians(template.angle)
    return np.array(
        [*template.centre, np.log(template.radius), size * np.cos(turned), size * np.sin(turned)]
    )


def _fade(
    shape: tuple[int, int],
    centre: tuple[float, float],
    radius: float,
    ellipticity: float,
    angle: float,
) -> np.ndarray:
    """1 within most of the largest isophote that fits the stamp, 0 at the border."""
    ny, nx = shape
    row, column = np.indices(shape)
    x, y = column - (nx - 1) / 2 - centre[0], row - (ny - 1) / 2 - centre[1]
    # Half-way between the isophote's ellipse and a circle: the fit's ellipse may be off.
    xx, xy, yy = shape_matrix(radius, 0.5 * ellipticity, angle)
    determinant = xx * yy - xy**2
    distance = np.sqrt((yy * x**2 - 2 * xy * x * y + xx * y**2) / determinant)
    border = np.ones(shape, bool)
    border[1:-1, 1:-1] = False
    share = distance / max(distance[border].min(), 1e-6)
    return np.where(
        share < _TAPER,
        1.0,
        np.where(share < 1.0, 0.5 + 0.5 * np.cos(np.pi * (share - _TAPER) / (1 - _TAPER)), 0.0),
    )


def _significant(departures: np.ndarray, fade: np.ndarray) -> np.ndarray:
    """What stands out from the noise of an image in units of it, scale by scale."""
    kept = np.zeros_like(departures)
    planes, _ = _starlet(departures)
    for plane, sigma in zip(planes, _starlet_noise(), strict=True):
        strong = np.abs(plane) > _CLIP * sigma * np.maximum(fade, 0.3)
        # Beside a strong coefficient weaker ones belong to the same structure.
        near = ndimage.binary_dilation(strong) & (np.abs(plane) > 2.0 * sigma)
        kept += np.where(strong | near, plane, 0.0)
    return kept * (fade > 0)


def _starlet(image: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """Isotropic undecimated wavelet transform: planes from fine to coarse, and what is left."""
    planes, rest = [], image
    for scale in range(_N_SCALES):
        taps = np.zeros(4 * 2**scale + 1)
        taps[:: 2**scale] = _SPLINE
        smooth = ndimage.convolve1d(rest, taps, axis=0, mode="constant")
        smooth = ndimage.convolve1d(smooth, taps, axis=1, mode="constant")
        planes.append(rest - smooth)
        rest = smooth
    return planes, rest


@functools.cache
def _starlet_noise() -> tuple[float, ...]:
    """Scatter of each plane of the transform of noise of unit variance."""
    noise = _correlated_noise((256, 256), np.random.default_rng(1))
    planes, _ = _starlet(noise)
    return tuple(float(plane[64:-64, 64:-64].std()) for plane in planes)


def _correlated_noise(shape: Sequence[int], rng: np.random.Generator) -> np.ndarray:
    """Noise of unit variance, correlated as in GalSim's COSMOS images.

    The borders of their stamps, drizzled images of HST's ACS, have a
    correlation of 0.46 between pixels side by side; white noise behind a
    Gaussian of 0.57 pixel has that.
    """
    noise = ndimage.gaussian_filter(rng.standard_normal(tuple(shape)), _BLUR, mode="wrap")
    taps = ndimage.gaussian_filter1d(np.eye(1, 33, 16)[0], _BLUR)
    return noise / float(np.sum(taps**2))
