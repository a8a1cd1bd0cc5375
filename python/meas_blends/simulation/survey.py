"""What a survey's coadd is made of: exposures, sky, seeing, calibration."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from ..errors import BadInputError

__all__ = ["RESAMPLINGS", "Survey", "shipped_surveys", "survey_notes", "survey_of_band"]

#: How exposures may be brought onto the grid of a coadd.
RESAMPLINGS = ("none", "bilinear", "lanczos")

#: Stands for the band in the name of a survey.
_BAND = "{band}"

#: What a survey's file may hold beside its values: for readers, not for the simulation.
_ABOUT = "about"

_TEXT = ("name", "band")
_MAY_BE_ZERO = (
    "psf_scatter",
    "psf_beta",
    "charge_diffusion",
    "psf_diffraction",
    "psf_obscuration",
)
_MAGNITUDES = ("zero_point", "coadd_zero_point")


@dataclass(frozen=True)
class Survey:
    """One band of a survey, coadded.

    Parameters
    ----------
    name, band : `str`
        What to call it.
    pixel_scale : `float`
        Pixel scale [arcsec].
    n_exposures : `float`
        Number of exposures in the coadd; not a whole number where a depth
        was asked for.
    exposure_time : `float`
        Of each exposure [s].
    zero_point : `float`
        AB magnitude, above the atmosphere, of one detected photon a second.
    sky_photons : `float`
        Sky background [photon / pixel / exposure].
    psf_fwhm : `float`
        FWHM of the PSF of an exposure before charge diffusion and pixels
        widen it, median of the exposures [arcsec].
    psf_scatter : `float`
        Relative scatter of the FWHM between exposures: it is
        ``psf_fwhm * (1 + psf_scatter) ** z`` with ``z`` standard normal.
    psf_beta : `float`
        Power of the wings of a Moffat PSF, above 1; 0 for a Kolmogorov one,
        or for that of a telescope in space.
    charge_diffusion : `float`
        Variance of the charge diffusion along each axis [pixel^2].
    resampling : `str`
        How exposures at random sub-pixel dithers are brought onto the coadd's
        grid, one of `RESAMPLINGS`: ``bilinear`` interpolation smooths the PSF
        and correlates the noise, ``lanczos`` (of third order) leaves the PSF
        and correlates the noise a little, ``none`` leaves both.
    coadd_zero_point : `float`
        AB magnitude of one count of the coadd.
    psf_obscuration : `float`
        Diameter of what obscures the mirror of a telescope in space over that
        of the mirror.
    psf_diffraction : `float`
        Wavelength over the diameter of such a telescope, as a share of
        ``psf_fwhm``: the PSF is its Airy pattern, and Gaussian jitter makes up
        for what that lacks in width. 0 for a telescope on the ground.

    Raises
    ------
    BadInputError
        If a value is not one that it can have.
    """

    name: str
    band: str
    pixel_scale: float
    n_exposures: float
    exposure_time: float
    zero_point: float
    sky_photons: float
    psf_fwhm: float
    psf_scatter: float
    psf_beta: float
    charge_diffusion: float
    resampling: str
    coadd_zero_point: float
    psf_obscuration: float = 0.0
    psf_diffraction: float = 0.0

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.name in _TEXT:
                good = isinstance(value, str)
            elif field.name == "resampling":
                good = value in RESAMPLINGS
            elif isinstance(value, bool) or not isinstance(value, int | float):
                good = False
            elif field.name in _MAGNITUDES:
                good = bool(np.isfinite(value))
            else:
                good = 0 < value < np.inf or (value == 0 and field.name in _MAY_BE_ZERO)
            if field.name == "psf_beta" and good:
                good = value == 0 or value > 1
            if field.name == "psf_obscuration" and good:
                good = value < 1
            if field.name == "psf_diffraction" and good:
                good = value <= 1.0 / _airy_fwhm(self.psf_obscuration)
            if not good:
                raise BadInputError(
                    f"survey {self.name}: {field.name} is {value!r}; give {_wanted(field.name)}."
                )

    @classmethod
    def named(cls, name: str) -> Survey:
        """Read a survey by the name of a shipped one, or from a YAML file.

        Parameters
        ----------
        name : `str`
            Name, such as ``lsst_i``, or path.

        Raises
        ------
        BadInputError
            If there is none of that name, or the file does not describe one.
        """
        values = _read(name)
        values.pop(_ABOUT, None)
        fields = {field.name: field.default for field in dataclasses.fields(cls)}
        needed = {field for field, default in fields.items() if default is dataclasses.MISSING}
        wrong = sorted((needed - set(values)) | (set(map(str, values)) - set(fields)))
        if wrong:
            raise BadInputError(
                f"survey {name}: values missing or unknown: {', '.join(wrong)};"
                f" copy a shipped one and edit it, with {', '.join(fields)} and {_ABOUT}."
            )
        return cls(**values)

    def replace(self, **changes: object) -> Survey:
        """Return a copy with some values changed."""
        return dataclasses.replace(self, **changes)

    def deepened(self, magnitudes: float) -> Survey:
        """Return a copy that reaches fainter point sources, by more exposures.

        Parameters
        ----------
        magnitudes : `float`
            By how much; negative makes it shallower.
        """
        return self.replace(n_exposures=self.n_exposures * 10 ** (0.8 * magnitudes))

    @property
    def photon_zero_point(self) -> float:
        """AB magnitude of one photon in the whole coadd."""
        return self.zero_point + 2.5 * np.log10(self.exposure_time * self.n_exposures)

    @property
    def counts_per_photon(self) -> float:
        """Counts of the coadd for each photon of all its exposures."""
        return 10 ** (0.4 * (self.coadd_zero_point - self.photon_zero_point))

    @property
    def sky_level(self) -> float:
        """Sky background of all exposures [photon / pixel]."""
        return self.sky_photons * self.n_exposures

    @property
    def noise_equivalent_area(self) -> float:
        """Number of pixels whose sky noise a point source competes with.

        ``2.266 (FWHM / pixel scale)^2``, the value for a Gaussian PSF that
        SMTN-002 (smtn-002.lsst.io) and Buchanan et al. (2022) count by.
        """
        return 2.266 * (self.psf_fwhm / self.pixel_scale) ** 2

    def photons(self, mag: np.ndarray) -> np.ndarray:
        """Photons in the coadd of sources of AB magnitude ``mag``."""
        return 10 ** (0.4 * (self.photon_zero_point - np.asarray(mag, float)))

    def magnitude(self, photons: np.ndarray) -> np.ndarray:
        """AB magnitude of sources with ``photons`` in the coadd."""
        return self.photon_zero_point - 2.5 * np.log10(photons)

    def significance(self, photons: np.ndarray) -> np.ndarray:
        """Nominal point-source S/N of sources, sky noise alone.

        Parameters
        ----------
        photons : array-like
            Photons in the coadd.

        Notes
        -----
        This is the figure by which Buchanan et al. (2022) call a galaxy
        significant (5 and more), so that the labels mean the same. The wings
        of the Kolmogorov PSF, charge diffusion and resampling spread a point
        source over more pixels than `noise_equivalent_area`: a matched filter
        finds 0.8 times this S/N in LSST's seeing.
        """
        return np.asarray(photons, float) / np.sqrt(self.sky_level * self.noise_equivalent_area)

    def depth(self, significance: float = 5.0) -> float:
        """AB magnitude of a point source of the given nominal S/N."""
        noise = np.sqrt(self.sky_level * self.noise_equivalent_area)
        return float(self.magnitude(significance * noise))


def shipped_surveys() -> dict[str, Path]:
    """Descriptions of the surveys that come with meas_blends, by name."""
    folder = Path(str(resources.files("meas_blends") / "config" / "surveys"))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def survey_notes(name: str) -> dict[str, Any]:
    """Read what a survey's file says about it, beside the values.

    Parameters
    ----------
    name : `str`
        As for `Survey.named`.

    Returns
    -------
    notes : `dict`
        The file's ``about``, empty if it has none: in shipped ones ``title``,
        ``source``, the published ``depth`` and how it is counted, and others
        that doc/surveys.md lists.

    Raises
    ------
    BadInputError
        If there is none of that name, or the notes are no list of values.
    """
    notes = _read(name).get(_ABOUT) or {}
    if not isinstance(notes, dict):
        raise BadInputError(
            f"survey {name}: {_ABOUT} is no list of values; give some, or leave it out."
        )
    return notes


def survey_of_band(name: str, band: str | None) -> Survey:
    """Find the survey like a configured one in a band.

    Parameters
    ----------
    name : `str`
        Name or path of a survey, with ``{band}`` in it or for one band.
    band : `str`, optional
        The band that is wanted; any, and ``i`` for ``{band}``, if not given.

    Returns
    -------
    survey : `Survey`

    Raises
    ------
    BadInputError
        If there is none.
    """
    if _BAND in name:
        return Survey.named(name.replace(_BAND, band or "i"))
    survey = Survey.named(name)
    if band in (None, survey.band):
        return survey
    stem = name.removesuffix(f"_{survey.band}")
    if stem == name:
        raise BadInputError(
            f"survey {name}: of the band {survey.band}, and {band} is wanted; give a name or path"
            f" that holds {_BAND}."
        )
    return Survey.named(f"{stem}_{band}")


def _read(name: str) -> dict[str, Any]:
    """All of a survey's file."""
    shipped = shipped_surveys()
    path = shipped.get(str(name), Path(name))
    try:
        values = yaml.safe_load(path.read_text())
    except OSError as error:
        raise BadInputError(
            f"survey {name}: neither shipped nor a readable file; give a path or one of"
            f" {_families(shipped)}."
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInputError(f"survey {name}: not YAML; copy a shipped one and edit it.") from error
    if not isinstance(values, dict):
        raise BadInputError(f"survey {name}: no list of values; copy a shipped one and edit it.")
    return values


def _families(names: Iterable[str]) -> str:
    """Names of surveys in short: one a family, with its bands."""
    bands: dict[str, list[str]] = {}
    for name in names:
        family, _, band = name.rpartition("_")
        bands.setdefault(family, []).append(band)
    return ", ".join(f"{family}_{'/'.join(some)}" for family, some in bands.items())


@functools.cache
def _airy_fwhm(obscuration: float) -> float:
    """FWHM of the Airy pattern of an obscured mirror, in its ``lambda / D``."""
    from scipy.optimize import brentq
    from scipy.special import j1

    def amplitude(x: float, diameter: float) -> float:
        return diameter * j1(np.pi * diameter * x) / (0.5 * np.pi * x) if diameter else 0.0

    def over_half(x: float) -> float:
        whole = (amplitude(x, 1.0) - amplitude(x, obscuration)) / (1.0 - obscuration**2)
        return whole - np.sqrt(0.5)

    return 2.0 * brentq(over_half, 0.05, 0.6)


def _wanted(name: str) -> str:
    if name in _TEXT:
        return "a text"
    if name == "resampling":
        return f"one of {', '.join(RESAMPLINGS)}"
    if name == "psf_beta":
        return "a number above 1, or 0"
    if name == "psf_obscuration":
        return "a number from 0 to below 1"
    if name == "psf_diffraction":
        return "a number up to 0.97 (up to 1.1 for an obscured mirror), or 0"
    if name in _MAGNITUDES:
        return "a magnitude"
    return "a positive number"
