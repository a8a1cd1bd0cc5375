"""What a survey's coadd is made of: exposures, sky, seeing, calibration."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
import yaml

from ..errors import BadInputError

__all__ = ["RESAMPLINGS", "Survey", "shipped_surveys", "survey_of_band"]

#: How exposures may be brought onto the grid of a coadd.
RESAMPLINGS = ("none", "bilinear", "lanczos")

#: Stands for the band in the name of a survey.
_BAND = "{band}"

_TEXT = ("name", "band")
_MAY_BE_ZERO = ("psf_scatter", "psf_beta", "charge_diffusion")
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
        FWHM of the Kolmogorov PSF, median of the exposures [arcsec].
    psf_scatter : `float`
        Relative scatter of the FWHM between exposures: it is
        ``psf_fwhm * (1 + psf_scatter) ** z`` with ``z`` standard normal.
    psf_beta : `float`
        Power of the wings of a Moffat PSF, above 1; 0 for a Kolmogorov one.
    charge_diffusion : `float`
        Variance of the charge diffusion along each axis [pixel^2].
    resampling : `str`
        How exposures at random sub-pixel dithers are brought onto the coadd's
        grid, one of `RESAMPLINGS`: ``bilinear`` interpolation smooths the PSF
        and correlates the noise, ``lanczos`` (of third order) leaves the PSF
        and correlates the noise a little, ``none`` leaves both.
    coadd_zero_point : `float`
        AB magnitude of one count of the coadd.

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
        shipped = shipped_surveys()
        path = shipped.get(str(name), Path(name))
        try:
            values = yaml.safe_load(path.read_text())
        except OSError as error:
            raise BadInputError(
                f"survey {name}: neither shipped nor a readable file; give a path or one of"
                f" {', '.join(shipped)}."
            ) from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise BadInputError(
                f"survey {name}: not YAML; copy a shipped one and edit it."
            ) from error
        if not isinstance(values, dict):
            raise BadInputError(
                f"survey {name}: no list of values; copy a shipped one and edit it."
            )
        wrong = sorted({field.name for field in dataclasses.fields(cls)} ^ set(map(str, values)))
        if wrong:
            raise BadInputError(
                f"survey {name}: values missing or unknown: {', '.join(wrong)};"
                " copy a shipped one and edit it."
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


def _wanted(name: str) -> str:
    if name in _TEXT:
        return "a text"
    if name == "resampling":
        return f"one of {', '.join(RESAMPLINGS)}"
    if name == "psf_beta":
        return "a number above 1, or 0"
    if name in _MAGNITUDES:
        return "a magnitude"
    return "a positive number"
