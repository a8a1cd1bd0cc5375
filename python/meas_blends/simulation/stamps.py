"""Light of many galaxies at once: batches of Fourier-space stamps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from astropy.table import Table
from scipy import fft

from .conditions import Conditions
from .parts import galaxy_parts
from .profiles import sersic_brightness, sersic_transform
from .psf import psf_oversampling, psf_transform, psf_wing
from .structured import StructuredGalaxy, structured_galaxies
from .survey import Survey

__all__ = ["draw_light"]

#: Sides of the stamps [pixel]: even, and quick to transform.
_SIZES = (16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 2048, 4096)

#: Elements of one batch's transform; three such arrays fit into a core's cache.
_BATCH = 1 << 18

#: Light that may be missing from, or wrapped into, a stamp's border pixels, in
#: units of the sky noise of a pixel.
_EDGE = 0.01

#: Half-light radii across the stamp of a galaxy with structure at least, and the
#: largest of such stamps [pixel].
_REACH, _LARGEST = 12.0, 1024


def draw_light(
    galaxies: Table,
    survey: Survey,
    shape: tuple[int, int],
    xy0: tuple[int, int] = (0, 0),
    conditions: Conditions | None = None,
) -> np.ndarray:
    """Draw the noiseless light of galaxies, as seen through the coadd's PSF.

    Each galaxy is a bulge and a disk, both Sersic profiles, stretched by
    lensing, or has structure of its own; those of radius 0 are points.
    Their transforms are multiplied with that of the PSF on the grid of a real
    FFT and brought to the sub-pixel centre by its phases; a batch of stamps
    of one size is transformed at once.
    The size follows from the surface brightness at the stamp's border.

    Parameters
    ----------
    galaxies : `astropy.table.Table`
        `~meas_blends.data.catalogs.TRUTH`; may reach beyond the image.
    survey : `~meas_blends.simulation.survey.Survey`
        Calibration, PSF and sky noise.
    shape : `tuple` [`int`, `int`]
        ``(ny, nx)`` of the image.
    xy0 : `tuple` [`int`, `int`]
        Parent-pixel position of its first pixel.
    conditions : `~meas_blends.simulation.conditions.Conditions`, optional
        How the PSF varies over the image: each galaxy is seen through that of
        the cell that holds its centre.

    Returns
    -------
    image : `numpy.ndarray` of float32, (ny, nx)
        Expected photons in the coadd, without sky.
    """
    image = np.zeros(shape, np.float32)
    conditions = conditions or Conditions.constant(shape)
    parts = galaxy_parts(galaxies, survey, xy0)
    sizes = _stamp_sizes(parts, survey.replace(psf_fwhm=survey.psf_fwhm * conditions.fwhm.max()))
    parts, structured = structured_galaxies(galaxies, {**parts, "size": sizes})
    sizes = parts["size"]
    half = sizes / 2
    inside = (parts["x"] > -half) & (parts["x"] < shape[1] + half)
    inside &= (parts["y"] > -half) & (parts["y"] < shape[0] + half)
    parts = {name: values[inside] for name, values in parts.items()}
    cells = conditions.cells(parts["x"], parts["y"])
    for rows, first in _alike(cells, sizes[inside], parts["index"]):
        fwhm, *shear = conditions.psf_of(cells[first])
        local = survey.replace(psf_fwhm=survey.psf_fwhm * fwhm)
        times = psf_oversampling(local)
        transform = psf_transform(local, int(sizes[inside][first]), tuple(shear), times)
        batch = max(1, _BATCH // transform.size)
        for start in range(0, len(rows), batch):
            chosen = {name: values[rows[start : start + batch]] for name, values in parts.items()}
            index = chosen["index"][0]
            stamps, corner_x, corner_y = _draw_stamps(chosen, transform, index, times)
            _add(image, stamps, corner_x, corner_y)
    for galaxy in structured:
        _add_structured(image, galaxy, survey, conditions)
    return image


def _add_structured(
    image: np.ndarray, galaxy: StructuredGalaxy, survey: Survey, conditions: Conditions
) -> None:
    """Add a galaxy with structure to the image, if it reaches it."""
    x, y = galaxy.centre
    # Tails and anti-truncated disks reach further than a Sersic profile does.
    reach = max(galaxy.components["size"].max(), _REACH * galaxy.components["radius"].max())
    size = next(of for of in _SIZES if of >= min(reach, _LARGEST))
    half = size / 2
    if not (-half < x < image.shape[1] + half and -half < y < image.shape[0] + half):
        return
    fwhm, *shear = conditions.psf_of(conditions.cells(x, y))
    local = survey.replace(psf_fwhm=survey.psf_fwhm * fwhm)
    times = psf_oversampling(local)
    transform = psf_transform(local, size, tuple(shear), times)
    light, column, row = galaxy.light(size, times)
    # Of a finer image the frequencies that the PSF lets through.
    half = len(transform) // 2
    rows = np.r_[:half, len(light) - half : len(light)]
    spectrum = fft.rfft2(light.astype(np.float32))[rows, : half + 1] * transform
    stamp = fft.irfft2(np.float32(galaxy.flux) * spectrum, s=transform.shape[:1] * 2)
    stamp = np.float32(times**2) * stamp[None, ::times, ::times]
    _add(image, stamp, np.array([column]), np.array([row]))


def _alike(*keys: np.ndarray) -> Iterator[tuple[np.ndarray, int]]:
    """Rows that agree in all keys, group by group, and the first of each."""
    order = np.lexsort(keys)
    changes = np.any([np.diff(key[order]) != 0 for key in keys], axis=0)
    for rows in np.split(order, np.flatnonzero(changes) + 1):
        if len(rows):
            yield rows, rows[0]


def _stamp_sizes(parts: dict[str, np.ndarray], survey: Survey) -> np.ndarray:
    """Smallest stamps at whose border the light is lost in the sky noise."""
    limit = _EDGE * np.sqrt(survey.sky_level)
    seeing = survey.psf_fwhm / survey.pixel_scale
    sizes = np.full(len(parts["flux"]), _SIZES[-1])
    rest = np.arange(len(sizes))
    for size in _SIZES[:-1]:
        # Seeing brings light out to the border from about its own width.
        inner = max(size / 2 - seeing, 1.0)
        radius, index, ratio = (parts[name][rest] for name in ("radius", "index", "ratio"))
        border = sersic_brightness(inner, radius, index, ratio) + psf_wing(survey, size / 2)
        dark = parts["flux"][rest] * border < limit
        sizes[rest[dark]] = size
        rest = rest[~dark]
    return sizes


def _draw_stamps(
    parts: dict[str, np.ndarray], transform: np.ndarray, index: float, times: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw stamps of one size and Sersic index, and say where their corners lie.

    The transform is that of pixels ``times`` finer, of which every ``times``-th is kept.
    """
    fine = len(transform)
    size = fine // times
    kx = 2.0 * np.pi * np.fft.rfftfreq(fine, 1.0 / times)
    ky = 2.0 * np.pi * np.fft.fftfreq(fine, 1.0 / times)
    pixel_x = np.floor(parts["x"] + 0.5).astype(int)
    pixel_y = np.floor(parts["y"] + 0.5).astype(int)
    phase_x = np.exp(-1j * np.outer(parts["x"] - pixel_x + size // 2, kx)).astype(np.complex64)
    phase_y = np.exp(-1j * np.outer(parts["y"] - pixel_y + size // 2, ky)).astype(np.complex64)
    phase_y *= parts["flux"][:, None].astype(np.float32)
    xx, xy, yy = (parts[name][:, None].astype(np.float32) for name in ("xx", "xy", "yy"))
    kx, ky = kx.astype(np.float32), ky.astype(np.float32)
    s_squared = (xx * kx**2)[:, None, :] + (yy * ky**2)[:, :, None]
    s_squared += (2 * xy * ky)[:, :, None] * kx
    profile = sersic_transform(s_squared, index)
    profile *= transform
    stamps = fft.irfft2(profile * phase_y[:, :, None] * phase_x[:, None, :], s=(fine, fine))
    if times > 1:
        stamps = np.float32(times**2) * stamps[:, ::times, ::times]
    return stamps, pixel_x - size // 2, pixel_y - size // 2


def _add(image: np.ndarray, stamps: np.ndarray, corner_x: np.ndarray, corner_y: np.ndarray) -> None:
    """Add stamps to the image, clipped at its borders."""
    ny, nx = image.shape
    size = stamps.shape[-1]
    for stamp, x, y in zip(stamps, corner_x.tolist(), corner_y.tolist(), strict=True):
        x0, x1, y0, y1 = max(x, 0), min(x + size, nx), max(y, 0), min(y + size, ny)
        image[y0:y1, x0:x1] += stamp[y0 - y : y1 - y, x0 - x : x1 - x]
