"""A survey's description from one of its images: what pixels tell, and what they cannot."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np

from ..data.coadd import Coadd
from ..data.psf import FWHM_PER_SIGMA
from ..detection.psf import psf_fwhm, typical_width
from .depths import limiting_magnitude
from .likeness import match_width, measure_likeness
from .noise import pixel_variance
from .psf import effective_psf
from .survey import Survey, shipped_surveys

__all__ = ["ImageSurvey", "nearest_survey", "survey_of_image"]

#: Powers of the wings of Moffat profiles that are tried beside the profile of the survey like it
#: and a Kolmogorov one.
_BETAS = (2.0, 2.5, 3.0, 3.5, 4.5, 6.0)

#: Bands that stand for an unknown one sooner than others, where surveys are equally near.
_USUAL_BANDS = ("r", "i")

#: What a difference of a magnitude in depth counts for beside that in the logarithms of pixels and
#: seeing.
_PER_MAGNITUDE = 0.1

#: Range of seeing that a training should see, in that of the image.
_SEEING = (0.75, 1.4)


@dataclass(frozen=True)
class ImageSurvey:
    """A survey that was measured from an image.

    Parameters
    ----------
    survey : `~meas_blends.simulation.survey.Survey`
        Scenes simulated with it have the image's pixels, noise and PSF.
    base : `~meas_blends.simulation.survey.Survey`
        What gave the rest.
    image : `str`
        Name of the image.
    noise : `float`
        Standard deviation of a pixel of blank sky [count].
    fwhm : `float`
        FWHM of the image's PSF [arcsec].
    origins : `dict` [`str`, `str`]
        Where the image's ``zero_point``, ``variance`` and ``psf`` came from.
    has_gain : `bool`
        Whether the photons of a count were known.
    """

    survey: Survey
    base: Survey
    image: str
    noise: float
    fwhm: float
    origins: dict[str, str]
    has_gain: bool = False

    @property
    def seeing_range(self) -> tuple[float, float]:
        """Range of ``psf_fwhm`` that a training for images like it should see [arcsec]."""
        low, high = (round(factor * self.survey.psf_fwhm, 3) for factor in _SEEING)
        return low, high

    def summary(self) -> str:
        """What was measured, in a line."""
        survey = self.survey
        shape = "Kolmogorov"
        if survey.psf_beta > 0:
            shape = f"Moffat of beta {survey.psf_beta:g}"
        elif survey.psf_diffraction > 0:
            shape = "Airy pattern with jitter"
        return (
            f"pixels of {survey.pixel_scale:.4g} arcsec; PSF of {self.fwhm:.3g} arcsec FWHM"
            f" ({survey.psf_fwhm:.3g} before pixels, {shape}); {self.noise:.4g} counts of noise a"
            f" pixel, correlated as by resampling '{survey.resampling}'; 5 sigma for point sources"
            f" at {limiting_magnitude(survey):.2f} mag"
        )

    def assumptions(self) -> list[str]:
        """What the image could not tell, a line each, and how to give it."""
        known = "its sky and throughput come from --gain; exposure time"
        unknown = "exposure time, throughput, sky brightness"
        said = [
            f"{known if self.has_gain else unknown} and charge diffusion are those of"
            f" {self.base.name} (--like SURVEY"
            + (")" if self.has_gain else ", --gain PHOTONS): they tell how noisy bright light is"),
            f"how much seeing differs between exposures is that of {self.base.name} (psf_scatter"
            " in the file)",
        ]
        if not self.survey.band:
            said.append("its band is unknown: galaxies are drawn as bright as in i (--band BAND)")
        return said

    def to_yaml(self) -> str:
        """Return the file that `~meas_blends.simulation.survey.Survey.named` reads."""
        survey, base = self.survey, self.base.name
        psf, noise, zero_point = (
            " ".join(self.origins.get(what, "").split()) or "as the image has it"
            for what in ("psf", "variance", "zero_point")
        )
        image = " ".join(self.image.split())
        exposures = f"as many of {base} as make the noise of a pixel, {self.noise:.4g} counts"
        sky = f"that of {base} in pixels of this size"
        if self.has_gain:
            exposures = f"as many of {base} as make the photons of a count that were given"
            sky = f"the noise of a pixel is {self.noise:.4g} counts"
        lines = [
            f"# Measured by blendtask survey from {image}.",
            f"name: {_quoted(survey.name)}",
            f"band: {_quoted(survey.band)}",
            f"pixel_scale: {survey.pixel_scale:.6g}  # arcsec",
            f"# Exposures: {exposures}.",
            f"# Noise: {noise}.",
            f"n_exposures: {survey.n_exposures:.6g}",
            f"exposure_time: {survey.exposure_time:.6g}  # s: that of {base}",
            f"# AB magnitude of one photon a second: that of {base}.",
            f"zero_point: {survey.zero_point:.6g}",
            f"# Photons a pixel and exposure: {sky}.",
            f"sky_photons: {survey.sky_photons:.6g}",
            f"# FWHM before pixels, with which it is {self.fwhm:.4g} arcsec in the image.",
            f"# PSF: {psf}.",
            f"psf_fwhm: {survey.psf_fwhm:.6g}  # arcsec",
            f"psf_scatter: {survey.psf_scatter:.6g}  # from exposure to exposure: that of {base}",
            f"psf_beta: {survey.psf_beta:.6g}  # the profile most like the image's PSF",
        ]
        if survey.psf_diffraction > 0:
            lines += [
                f"psf_diffraction: {survey.psf_diffraction:.6g}  # that of {base}",
                f"psf_obscuration: {survey.psf_obscuration:.6g}  # that of {base}",
            ]
        lines += [
            f"charge_diffusion: {survey.charge_diffusion:.6g}  # pixel^2: that of {base}",
            f"resampling: {survey.resampling}  # its noise is correlated most like the image's",
            f"# Zero point of the image: {zero_point}.",
            f"coadd_zero_point: {survey.coadd_zero_point:.8g}",
            "about:",
            f"  title: {_quoted(f'like {image}')}",
            f"  source: {_quoted(f'measured from {image}')}",
            f"  image_fwhm: {self.fwhm:.4g}  # arcsec",
        ]
        return "\n".join(lines) + "\n"


def nearest_survey(coadd: Coadd) -> Survey:
    """Find the shipped survey whose images are most like one, in band, pixels, PSF and depth.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        Complete, with zero point and pixel scale.

    Returns
    -------
    survey : `~meas_blends.simulation.survey.Survey`
        In the image's band if there is one, else in any.
    """
    surveys = [Survey.named(name) for name in shipped_surveys()]
    alike = [survey for survey in surveys if survey.band.lower() == coadd.band.lower()] or surveys
    scale = coadd.pixel_scale
    width = typical_width(coadd.psf) * FWHM_PER_SIGMA * scale

    # The magnitude whose photons are five times the noise of a point source's pixels.
    noise = np.sqrt(np.median(coadd.variance[~coadd.bad]) * 2.266) * width / scale
    depth = coadd.zero_point - 2.5 * np.log10(5.0 * noise)

    def distance(survey: Survey) -> tuple[float, int]:
        apart = np.log(survey.pixel_scale / scale)
        if not _is_guess(coadd):
            seeing = np.log(survey.psf_fwhm / width)
            apart = np.linalg.norm([apart, seeing, _PER_MAGNITUDE * (survey.depth() - depth)])
        usual = _USUAL_BANDS.index(survey.band) if survey.band in _USUAL_BANDS else -1
        return round(abs(float(apart)), 3), -usual

    return min(alike, key=distance)


def survey_of_image(
    coadd: Coadd, name: str, base: Survey | None = None, gain: float | None = None
) -> ImageSurvey:
    """Describe the survey that an image is of.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        Complete, with zero point and pixel scale.
    name : `str`
        What to call the survey.
    base : `~meas_blends.simulation.survey.Survey`, optional
        A survey like it, for what an image cannot tell; the nearest shipped
        one if not given.
    gain : `float`, optional
        Photons of one count of the image, all exposures together.

    Returns
    -------
    measured : `ImageSurvey`

    Raises
    ------
    BadInputError
        If zero point, pixel scale or a usable pixel is missing.
    """
    known = np.isfinite([coadd.pixel_scale, coadd.zero_point]).all() and not coadd.bad.all()
    if base is None and known:
        base = nearest_survey(coadd)
    # Where something is lacking there is no survey like it, and no likeness either.
    likeness = measure_likeness(coadd, base or Survey.named("lsst_i"))
    survey = likeness.survey.replace(name=name, band=coadd.band)
    variance = float(np.median(coadd.variance[~coadd.bad]))
    if gain is not None:
        photons = coadd.zero_point + 2.5 * np.log10(gain) - survey.zero_point
        exposures = float(10 ** (0.4 * photons) / survey.exposure_time)
        sky = variance * gain**2 / (pixel_variance(survey) * exposures)
        survey = survey.replace(n_exposures=exposures, sky_photons=float(sky))
    if not _is_guess(coadd):
        survey = _with_profile(survey, coadd)
    origins = {
        what: coadd.origins[what]
        for what in ("psf", "variance", "zero_point")
        if what in coadd.origins
    }
    return ImageSurvey(
        survey, base, coadd.name, variance**0.5, _fwhm(coadd), origins, gain is not None
    )


def _is_guess(coadd: Coadd) -> bool:
    """Whether an image had too few stars to show its PSF, and nobody gave it."""
    return "a Gaussian" in coadd.origins.get("psf", "")


def _fwhm(coadd: Coadd) -> float:
    """Median FWHM of an image's PSF [arcsec]."""
    images, kind = coadd.psf.kinds
    widths = np.array([psf_fwhm(image) for image in images])
    return float(np.median(widths[kind]) * coadd.pixel_scale)


def _with_profile(survey: Survey, coadd: Coadd) -> Survey:
    """Give a survey the profile, and its width, that an image's PSF is most like."""
    sigma = typical_width(coadd.psf)
    target = np.asarray(coadd.psf.middle, float)
    profiles = [(survey.psf_beta, survey.psf_diffraction), (0.0, 0.0)]
    profiles += [(beta, 0.0) for beta in _BETAS]
    best, least = survey, np.inf
    for beta, diffraction in dict.fromkeys(profiles):
        tried = survey.replace(psf_beta=beta, psf_diffraction=diffraction)
        tried = match_width(tried, sigma)
        drawn = effective_psf(tried).drawImage(
            nx=target.shape[1], ny=target.shape[0], scale=survey.pixel_scale, method="no_pixel"
        )
        image = drawn.array.astype(float)
        misfit = float(np.sum((image / image.sum() - target / target.sum()) ** 2))
        if misfit < least:
            best, least = tried, misfit
    return best


def _quoted(text: str) -> str:
    """Text as YAML reads it back, whatever it holds."""
    return json.dumps(text, ensure_ascii=False)
