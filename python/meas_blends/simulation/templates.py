"""Colours of galaxy spectra against redshift, from published spectra and LSST's filters."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import galsim
import numpy as np

__all__ = ["BANDS", "LAST_TEMPLATE", "template_colours"]

#: LSST's bands; colours are relative to the fourth.
BANDS = "ugrizy"

#: Coleman, Wu & Weedman (1980, ApJS 43, 393), extended by Bolzonella et al.
#: (2000, A&A 363, 476), as GalSim ships them: from red to blue.
_SPECTRA = ("CWW_E_ext", "CWW_Sbc_ext", "CWW_Scd_ext", "CWW_Im_ext")

#: Slope of the ultraviolet continuum of the bluest template, a young starburst
#: without dust, ``f_lambda ~ lambda ** slope`` (Meurer et al. 1999, ApJ 521, 64).
_STARBURST = -2.2

#: Position of the starburst after the others, which are 0 to 3.
LAST_TEMPLATE = 4.0

_REDSHIFTS = np.linspace(0.0, 6.0, 241)

#: Wavelengths [nm] at which filters are integrated.
_STEP = 1.0

#: Mean transmission of the intergalactic medium between Lyman beta and alpha
#: and below: Madau (1995, ApJ 441, 18), Eqs. 12 and 13, in Lyman-series lines
#: of these wavelengths [nm] and strengths.
_LINES = ((121.567, 0.0036), (102.572, 0.0017), (97.254, 0.0012), (94.974, 0.00093))
_LYMAN_LIMIT = 91.175


@dataclass(frozen=True)
class _Filter:
    wavelength: np.ndarray
    throughput: np.ndarray


def template_colours(redshift: np.ndarray, template: np.ndarray, dust: np.ndarray) -> np.ndarray:
    """Magnitudes of spectra in the six bands, relative to the i band.

    Parameters
    ----------
    redshift : `numpy.ndarray`, (n,)
        0 to 6.
    template : `numpy.ndarray`, (n,)
        Position from 0, an elliptical, over 1, 2 and 3, spirals and an
        irregular, to 4, a starburst; between them spectra mix.
    dust : `numpy.ndarray`, (n,)
        Reddening E(B-V) [mag] beyond that of the template, by the law of
        Calzetti et al. (2000, ApJ 533, 682).

    Returns
    -------
    colours : `numpy.ndarray`, (n, 6)
        ``mag - mag_i`` in the order of `BANDS`.
    """
    table, reddening = _table()
    last = len(_REDSHIFTS) - 1
    row = np.clip(np.asarray(redshift, float) / _REDSHIFTS[-1], 0.0, 1.0) * last
    column = np.clip(np.asarray(template, float), 0.0, LAST_TEMPLATE)
    i = np.minimum(row.astype(int), last - 1)
    j = np.minimum(column.astype(int), table.shape[1] - 2)
    s, t = (row - i)[:, None], (column - j)[:, None]
    colours = (1.0 - s) * ((1.0 - t) * table[i, j] + t * table[i, j + 1])
    colours += s * ((1.0 - t) * table[i + 1, j] + t * table[i + 1, j + 1])
    dimming = (1.0 - s) * reddening[i] + s * reddening[i + 1]
    return colours + np.asarray(dust, float)[:, None] * dimming


@functools.lru_cache(maxsize=1)
def _table() -> tuple[np.ndarray, np.ndarray]:
    """Colours (redshift, template, band), and change with E(B-V) (redshift, band)."""
    spectra = [_spectrum(name) for name in _SPECTRA]
    grid = np.geomspace(10.0, 3000.0, 6000)
    rest = [np.interp(grid, *spectrum) for spectrum in spectra]
    rest.append(grid**_STARBURST * (grid > _LYMAN_LIMIT))
    magnitudes = np.zeros((len(_REDSHIFTS), len(rest), len(BANDS)))
    reddening = np.zeros((len(_REDSHIFTS), len(BANDS)))
    for b, band in enumerate(BANDS):
        seen = _filter(band)
        weight = seen.throughput * seen.wavelength
        mean = (seen.wavelength * weight).sum() / weight.sum()
        for k, z in enumerate(_REDSHIFTS):
            through = weight * _transmission(seen.wavelength, z)
            emitted = seen.wavelength / (1.0 + z)
            flux = [(through * np.interp(emitted, grid, values)).sum() for values in rest]
            magnitudes[k, :, b] = -2.5 * np.log10(np.maximum(flux, 1e-12 * max(flux)))
            reddening[k, b] = _calzetti(mean / (1.0 + z))
        magnitudes[:, :, b] += 2.5 * np.log10((seen.throughput / seen.wavelength).sum())
    i = BANDS.index("i")
    return magnitudes - magnitudes[:, :, i, None], reddening - reddening[:, i, None]


def _spectrum(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Wavelength [nm] and flux per wavelength of one of GalSim's spectra."""
    path = Path(galsim.meta_data.share_dir) / "SEDs" / f"{name}.sed"
    wavelength, flux = np.loadtxt(path, unpack=True)
    return wavelength / 10.0, flux


def _filter(band: str) -> _Filter:
    """LSST's total throughput, at equal steps of wavelength."""
    path = Path(galsim.meta_data.share_dir) / "bandpasses" / f"LSST_{band}.dat"
    wavelength, throughput = np.loadtxt(path, unpack=True)
    grid = np.arange(wavelength[0], wavelength[-1], _STEP)
    return _Filter(grid, np.interp(grid, wavelength, throughput))


def _transmission(wavelength: np.ndarray, redshift: float) -> np.ndarray:
    """Share of the light that passes the intergalactic medium."""
    depth = np.zeros(len(wavelength))
    for line, strength in _LINES:
        depth += np.where(
            wavelength < line * (1.0 + redshift), strength * (wavelength / line) ** 3.46, 0.0
        )
    # Beyond the Lyman limit next to nothing passes from where u can see it.
    depth += np.where(wavelength < _LYMAN_LIMIT * (1.0 + redshift), 3.0, 0.0)
    return np.exp(-depth)


def _calzetti(wavelength: float) -> float:
    """Extinction over E(B-V) [mag] at a rest wavelength [nm]: Calzetti et al. (2000), Eq. 4."""
    inverse = 1000.0 / wavelength
    if wavelength >= 630.0:
        return max(2.659 * (-1.857 + 1.040 * inverse) + 4.05, 0.0)
    poly = -2.156 + 1.509 * inverse - 0.198 * inverse**2 + 0.011 * inverse**3
    return 2.659 * poly + 4.05
