"""What images hold besides galaxies, stars and noise: saturation, trails, residues, cirrus."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from astropy.table import Table
from scipy import fft

from ..data.coadd import Coadd
from ..data.psf import FWHM_PER_SIGMA
from ..errors import BadInputError
from .survey import Survey

__all__ = ["Artefacts", "add_artefacts"]

#: Power spectrum of galactic cirrus: its slope (Gautier et al. 1992, AJ 103, 1313), and
#: the largest scale of the background's residue and of cirrus in an image [pixel].
_CIRRUS_SLOPE, _LARGEST_SCALE = -2.9, 1024.0

#: Smallest scale of what the subtraction of the background left over [pixel].
_RESIDUE_SCALE = 96.0

#: Share of a saturated star's glare that lies in its four spikes.
_SPIKES = 0.3

#: Half width of the part of the image that a star's glare is drawn in [pixel], core of
#: its profile [pixel], and width of its spikes [pixel].
_GLARE_REACH, _GLARE_CORE, _SPIKE_WIDTH = 400, 5.0, 1.3

#: Longest trail of charge along a column, either way [pixel].
_LONGEST_BLEED = 300

#: Trails of satellites: their widths and brightness, in units of the PSF's width and the
#: noise of a pixel; cosmic rays: length [pixel] and brightness.
_TRAIL_WIDTHS, _TRAIL_PEAKS = (1.0, 3.0), (0.3, 20.0)
_RAY_LENGTHS, _RAY_PEAKS = (1.0, 12.0), (4.0, 200.0)


@dataclass(frozen=True)
class Artefacts:
    """What images hold besides galaxies, stars and noise; all in the mean of scenes.

    Parameters
    ----------
    saturation_mag : `float` or `None`
        AB magnitude of the faintest star whose brightest pixel saturates; `None`
        for no saturation.
    blank_cores : `float`
        Share of the scenes whose saturated pixels are NaN; in the others they
        have the value at which they saturate. They are in the plane SAT.
    glare : `float`
        Share of its light that a saturated star has in a halo of surface
        brightness 1 / r^2 and four spikes, besides the PSF.
    trails : `float`
        Residues of satellites' trails, a scene.
    cosmic_rays : `float`
        Residues of cosmic rays [arcmin^-2].
    background : `float`
        Scatter of what the subtraction of the background left, in units of
        the noise of a pixel.
    cirrus : `float`
        Scatter of galactic cirrus, likewise.

    Raises
    ------
    BadInputError
        If a value is not one that it can have.
    """

    saturation_mag: float | None = None
    blank_cores: float = 0.0
    glare: float = 0.0
    trails: float = 0.0
    cosmic_rays: float = 0.0
    background: float = 0.0
    cirrus: float = 0.0

    def __post_init__(self) -> None:
        for name in ("trails", "cosmic_rays", "background", "cirrus"):
            if not 0 <= getattr(self, name) < np.inf:
                raise BadInputError(f"artefacts: {name} is {getattr(self, name)}; give 0 or more.")
        for name in ("blank_cores", "glare"):
            if not 0 <= getattr(self, name) <= 1:
                raise BadInputError(
                    f"artefacts: {name} is {getattr(self, name)}; give a share from 0 to 1."
                )


def add_artefacts(
    coadd: Coadd, truth: Table, survey: Survey, artefacts: Artefacts, rng: np.random.Generator
) -> Coadd:
    """Add artefacts to a simulated coadd.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        Of galaxies, stars and noise.
    truth : `astropy.table.Table`
        `~meas_blends.data.catalogs.TRUTH`, whose stars may saturate.
    survey : `~meas_blends.simulation.survey.Survey`
        That it is a coadd of.
    artefacts : `Artefacts`
        Which, and how many.
    rng : `numpy.random.Generator`
        Source of randomness.

    Returns
    -------
    coadd : `~meas_blends.data.coadd.Coadd`
        A new one; the same if there is nothing to add.
    """
    if artefacts == Artefacts():
        return coadd
    # A stream each, so that one kind leaves the others' draws alone.
    core_rng, glare_rng, trail_rng, ray_rng, residue_rng, cirrus_rng = rng.spawn(6)
    image, mask = coadd.image.astype(np.float64), coadd.mask.copy()
    noise = float(np.sqrt(np.median(coadd.variance)))
    sigma = survey.psf_fwhm / survey.pixel_scale / FWHM_PER_SIGMA
    if artefacts.background > 0:
        power = _field(coadd.shape, residue_rng, 0.0, _RESIDUE_SCALE)
        image += artefacts.background * noise * power
    if artefacts.cirrus > 0:
        image += artefacts.cirrus * noise * _field(coadd.shape, cirrus_rng, _CIRRUS_SLOPE)
    for _ in range(trail_rng.poisson(artefacts.trails)):
        image += noise * _trail(coadd.shape, sigma, trail_rng)
    arcmin2 = image.size * (survey.pixel_scale / 60.0) ** 2
    for _ in range(ray_rng.poisson(artefacts.cosmic_rays * arcmin2)):
        _add_ray(image, noise, ray_rng)
    if artefacts.saturation_mag is not None:
        stars = truth[np.asarray(truth["isStar"]) & (truth["mag"] < artefacts.saturation_mag)]
        level = survey.photons(np.array([artefacts.saturation_mag]))[0] * survey.counts_per_photon
        level *= float(coadd.psf.at(*_middle(coadd)).max())
        blank = core_rng.uniform() < artefacts.blank_cores
        turn = glare_rng.uniform(0.0, np.pi / 2)
        for star in stars:
            x, y = star["x"] - coadd.xy0[0], star["y"] - coadd.xy0[1]
            counts = float(survey.photons(star["mag"])) * survey.counts_per_photon
            _add_glare(image, x, y, artefacts.glare * counts, turn)
        saturated = image > level
        for star in stars:
            _bleed(saturated, image, star["x"] - coadd.xy0[0], star["y"] - coadd.xy0[1], level)
        image[saturated] = np.nan if blank else level
        mask[saturated] |= 1 << coadd.mask_planes["SAT"]
    return coadd.replace(image=image.astype(np.float32), mask=mask)


def _middle(coadd: Coadd) -> tuple[float, float]:
    """Parent pixel in the middle."""
    return coadd.xy0[0] + coadd.shape[1] / 2, coadd.xy0[1] + coadd.shape[0] / 2


def _field(
    shape: tuple[int, int], rng: np.random.Generator, slope: float, smallest: float = 4.0
) -> np.ndarray:
    """Gaussian random field of unit scatter, of a power-law spectrum between two scales."""
    ky, kx = np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])
    k = np.hypot(ky, kx)
    amplitude = np.hypot(k, 1.0 / _LARGEST_SCALE) ** (slope / 2.0) * np.exp(-((k * smallest) ** 2))
    spectrum = fft.rfft2(rng.standard_normal(shape, np.float32)) * amplitude
    spectrum[0, 0] = 0.0
    field = fft.irfft2(spectrum, s=shape)
    return field / max(float(field.std()), 1e-30)


def _trail(shape: tuple[int, int], sigma: float, rng: np.random.Generator) -> np.ndarray:
    """A straight trail across the image, in units of the noise."""
    angle = rng.uniform(0.0, np.pi)
    x0, y0 = rng.uniform(0.0, shape[1]), rng.uniform(0.0, shape[0])
    width = sigma * np.exp(rng.uniform(*np.log(_TRAIL_WIDTHS)))
    peak = np.exp(rng.uniform(*np.log(_TRAIL_PEAKS)))
    y, x = np.ogrid[: shape[0], : shape[1]]
    across = (x - x0) * np.sin(angle) - (y - y0) * np.cos(angle)
    return peak * np.exp(-0.5 * np.minimum((across / width) ** 2, 50.0))


def _add_ray(image: np.ndarray, noise: float, rng: np.random.Generator) -> None:
    """A short, sharp streak."""
    length = np.exp(rng.uniform(*np.log(_RAY_LENGTHS)))
    angle, peak = rng.uniform(0.0, np.pi), noise * np.exp(rng.uniform(*np.log(_RAY_PEAKS)))
    along = np.arange(0.0, length, 0.5)
    x = np.floor(rng.uniform(0, image.shape[1]) + along * np.cos(angle)).astype(int)
    y = np.floor(rng.uniform(0, image.shape[0]) + along * np.sin(angle)).astype(int)
    inside = (x >= 0) & (x < image.shape[1]) & (y >= 0) & (y < image.shape[0])
    struck = np.unique(y[inside] * image.shape[1] + x[inside])
    image.ravel()[struck] += peak * rng.uniform(0.3, 1.0, len(struck))


def _add_glare(image: np.ndarray, x: float, y: float, counts: float, turn: float) -> None:
    """Halo and spikes of a star, which hold so many counts."""
    if counts <= 0:
        return
    y0, x0 = (max(int(of) - _GLARE_REACH, 0) for of in (y, x))
    part = image[y0 : max(int(y) + _GLARE_REACH, 0), x0 : max(int(x) + _GLARE_REACH, 0)]
    if not part.size:
        return
    dy, dx = np.ogrid[: part.shape[0], : part.shape[1]]
    dy, dx = dy + y0 - y, dx + x0 - x
    squared = dx**2 + dy**2 + _GLARE_CORE**2
    total = np.pi * np.log(1.0 + (_GLARE_REACH / _GLARE_CORE) ** 2)
    # It ends smoothly within the part.
    end = np.clip(1.0 - squared / _GLARE_REACH**2, 0.0, None)
    part += counts * (1.0 - _SPIKES) / total * end / squared
    for angle in (turn, turn + np.pi / 2):
        across = dy * np.cos(angle) - dx * np.sin(angle)
        profile = np.exp(-0.5 * np.minimum((across / _SPIKE_WIDTH) ** 2, 50.0))
        # Along a spike brightness falls inversely with distance.
        spike = profile * end / np.sqrt(squared)
        norm = 4.0 * np.log(_GLARE_REACH / _GLARE_CORE) * np.sqrt(2 * np.pi) * _SPIKE_WIDTH
        part += counts * _SPIKES / norm * spike


def _bleed(saturated: np.ndarray, image: np.ndarray, x: float, y: float, level: float) -> None:
    """Charge in excess fills the columns of a star's core, up and down."""
    column, row = round(float(x)), round(float(y))
    if not (0 <= column < image.shape[1] and 0 <= row < image.shape[0]):
        return
    core = saturated[row, max(column - 20, 0) : column + 21]
    half_width = max(int(core.sum()) // 6, 0)
    for of in range(max(column - half_width, 0), min(column + half_width + 1, image.shape[1])):
        values = image[max(row - 40, 0) : row + 41, of]
        excess = np.maximum(values / level - 1.0, 0.0).sum()
        length = min(int(0.5 * excess), _LONGEST_BLEED)
        if length:
            saturated[max(row - length, 0) : row + length + 1, of] = True
