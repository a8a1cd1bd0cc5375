"""Real galaxies without their PSF, noise and cut borders, to be drawn as another telescope sees."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import galsim
import numpy as np

from ...data.space_galaxies import SpaceGalaxy
from ...simulation.profiles import shape_matrix
from .sersic_fit import SersicFit, shape_of
from .starlet import correlated_noise, significant

__all__ = ["CONTROLS", "KINDS", "Template", "make_template", "smooth_twin_image"]

#: What a template is called by its light beside its smooth part.
KINDS = ("smooth", "structured")

#: What else is drawn of a template, for comparison.
CONTROLS = {
    "twin": "the smooth part alone: what any departure from it is held against",
    "raw": "the stamp as it is, with its noise and its cut border",
    "control": "the smooth part, seen from space with noise, and made a template as real ones are",
}

#: The stamp counts whole up to this share of its inscribed ellipse, and not at all at its border.
_TAPER = 0.7

#: Share of the light that must depart from the smooth part for a galaxy to have structure.
_STRUCTURED = 0.06


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
        return self.radii("real")[0]

    def radii(self, sample: str = "real") -> tuple[float, float]:
        """Sizes of what holds half of the light, PSF taken out.

        Parameters
        ----------
        sample : `str`
            As of `profile`; raw stamps are as large as real galaxies.

        Returns
        -------
        circle, major : `float`
            Radius of a circle, and semi-major axis of an ellipse of the shape
            of the smooth part, both about its centre [arcsec].
        """
        scale = self.galaxy.pixel_scale
        blur = max(0.05, 2.0 * scale)
        profile = self.profile("real" if sample == "raw" else sample)
        seen = galsim.Convolve([profile, galsim.Gaussian(fwhm=blur)])
        size = int(np.clip(12.0 * self.radius, 64, 768))
        image = seen.drawImage(nx=size, ny=size, scale=scale, method="no_pixel").array
        row, column = np.indices(image.shape) - (size - 1) / 2.0
        sizes = []
        for ellipticity in (0.0, self.ellipticity):
            distance = _elliptical(column, row, 1.0, ellipticity, self.angle).ravel()
            order = np.argsort(distance)
            inside = np.cumsum(image.ravel()[order]) / float(seen.flux)
            half = distance[order][np.argmax(inside >= 0.5)] if inside[-1] > 0.5 else self.radius
            # The blur is small beside all but the most compact.
            sizes.append(max((half * scale) ** 2 - (0.59 * blur) ** 2, 1e-4) ** 0.5)
        ratio = (1.0 + self.ellipticity) / (1.0 - self.ellipticity)
        return float(sizes[0]), float(sizes[1] * np.sqrt(ratio))

    def image(self) -> np.ndarray:
        """What the stamp would be without noise and neighbours, (ny, nx) [count]."""
        fit = SersicFit(self.galaxy.image, self.galaxy.psf, self.galaxy.noise_variance)
        return fit.draw(self.index, _theta_of(self)) * self.flux + self.departures

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
    fit = SersicFit(image, galaxy.psf, galaxy.noise_variance)
    index, theta, flux = fit.best()
    x, y, radius, ellipticity, angle = shape_of(theta)
    model = fit.draw(index, theta) * flux
    fade = _fade(image.shape, (x, y), radius, ellipticity, angle)
    noise = np.sqrt(galaxy.noise_variance)
    departures = significant((image - model) / noise * fade, fade) * noise
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
        Draws the noise, whose pixels are correlated as drizzling leaves them.

    Returns
    -------
    galaxy : `~meas_blends.data.space_galaxies.SpaceGalaxy`
    """
    galaxy = template.galaxy
    fit = SersicFit(galaxy.image, galaxy.psf, galaxy.noise_variance)
    theta = _theta_of(template)
    noise = correlated_noise(galaxy.image.shape, rng) * np.sqrt(galaxy.noise_variance)
    image = fit.draw(template.index, theta) * template.flux + noise
    return SpaceGalaxy(
        galaxy.name, image, galaxy.psf, galaxy.pixel_scale, galaxy.noise_variance, galaxy.mag
    )


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
    distance = _elliptical(x, y, radius, 0.5 * ellipticity, angle)
    border = np.ones(shape, bool)
    border[1:-1, 1:-1] = False
    share = distance / max(distance[border].min(), 1e-6)
    return np.where(
        share < _TAPER,
        1.0,
        np.where(share < 1.0, 0.5 + 0.5 * np.cos(np.pi * (share - _TAPER) / (1 - _TAPER)), 0.0),
    )


def _elliptical(
    x: np.ndarray, y: np.ndarray, radius: float, ellipticity: float, angle: float
) -> np.ndarray:
    """Distances in units of an ellipse's radius, the root of its axes' product."""
    xx, xy, yy = shape_matrix(radius, ellipticity, angle)
    return np.sqrt((yy * x**2 - 2 * xy * x * y + xx * y**2) / (xx * yy - xy**2))
