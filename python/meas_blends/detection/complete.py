"""What a coadd lacks, estimated from its own pixels."""

from __future__ import annotations

import numpy as np

from ..data.coadd import Coadd
from ..data.fill_values import without_fill_values
from ..data.large import image_array
from ..data.tiles import row_strips
from ..errors import BadInputError
from .noise import MAX_LAG, PixelNoise, best_window, flattened, measure_noise, rough_median
from .psf import typical_width
from .rounding import dithered
from .stars import estimate_psf
from .variance import estimate_variance

__all__ = ["complete_coadd"]

#: Variances whose products with a smoothing kernel fit 32-bit numbers.
_VARIANCE_LIMITS = (1e-33, 1e36)

_FROM_PIXELS = "estimated from the clipped scatter of the image"

#: A variance plane that is right to this share of its standard deviation stands.
_AGREEMENT = 0.05

#: A standard deviation off by more than this factor contradicts the pixels.
_CONTRADICTION = 1.5

#: Pixels that show the pattern of a variance plane, and the median deviation
#: of the logarithm of an even one.
_PATTERN_PIXELS = 250_000
_EVEN = 0.1


def complete_coadd(coadd: Coadd) -> Coadd:
    """Estimate what a coadd lacks of variance and PSF, and measure its noise.

    Whatever convention the coadd's maker had, the variance is afterwards that
    of single pixels, and how their noise correlates is known beside it.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        A coadd.

    Returns
    -------
    coadd : `~meas_blends.data.coadd.Coadd`
        With ``variance``, ``psf`` and ``noise_correlation``, and with
        ``origins`` that say how they came about. The same object if it has
        been completed before.

    Raises
    ------
    BadInputError
        If it is no `Coadd`, or the counts are so large or small that their variance is no 32-bit
        number.

    Notes
    -----
    A variance plane whose blank pixels scatter as it says, within 5% and what
    chance does, is left as it is. Another one is scaled by one number, so that
    single pixels scatter as it says, as ``ScaleVarianceTask`` of the LSST
    pipelines does; that covers planes that stand for the noise of resampled
    fluxes. If it is off by more than a factor of 1.5 that is told, and where
    its pattern does not follow the scatter of the pixels either (a map of
    weights, say), the variance is estimated from the pixels instead.
    """
    if not isinstance(coadd, Coadd):
        raise BadInputError(
            f"coadd: a {type(coadd).__name__}, not a Coadd; give Coadd(image) of meas_blends."
        )
    if "noise" in coadd.origins:
        return _with_psf(coadd)
    coadd = without_fill_values(coadd)
    reason, lacking = "", "no variance in the file"
    if coadd.variance is not None and not _any_noise(coadd.variance):
        coadd = coadd.replace(variance=None)
        lacking = "its variance plane holds no positive value"
        reason = f", for {lacking}"
    if coadd.variance is None:
        coadd = _with_estimate(coadd, reason)
        told = f"{lacking}: the noise is estimated from the pixels (--variance, --weight, --rms)"
        coadd = coadd.replace(remarks={"noise": told})
    return _with_noise(_with_psf(coadd))


def _with_psf(coadd: Coadd) -> Coadd:
    """A coadd whose PSF comes from its stars, if it has none."""
    if coadd.psf is not None:
        return coadd
    psf, origin = estimate_psf(coadd)
    known = coadd.origins.get("psf", "")
    told = f"{known or 'no PSF in the file'}: {origin} (--psf FILE|ARCSEC)"
    return coadd.replace(
        psf=psf,
        origins={"psf": f"{origin}; {known}" if known else origin},
        remarks={} if "PSF" in coadd.remarks else {"PSF": told},
    )


def _with_estimate(coadd: Coadd, reason: str) -> Coadd:
    """A coadd whose variance comes from the scatter of its pixels."""
    return coadd.replace(
        variance=_estimated(coadd),
        origins={"variance": f"{_FROM_PIXELS}{reason}"},
    )


def _with_noise(coadd: Coadd) -> Coadd:
    """A coadd whose variance is that of single pixels, with their correlation."""
    bad = coadd.bad
    sigma = typical_width(coadd.psf)
    noise = _measured(coadd, bad, sigma)
    if noise is None:
        white = np.zeros((2 * MAX_LAG + 1,) * 2)
        white[MAX_LAG, MAX_LAG] = 1.0
        known = white if coadd.noise_correlation is None else coadd.noise_correlation
        told = (
            "no blank pixels tell noise from light: the variance is believed, noise taken as white"
        )
        return coadd.replace(
            noise_correlation=known,
            origins={"noise": "as the variance says: no blank pixels tell it from light"},
            remarks={} if "noise" in coadd.remarks else {"noise": told},
        )
    origins, remarks = {}, {}
    off = max(noise.scatter, 1.0 / noise.scatter)
    estimated = coadd.origins.get("variance", "").startswith(_FROM_PIXELS)
    if not estimated and off > _CONTRADICTION:
        said = f"blank pixels scatter {noise.scatter:.2g} times as the variance plane says"
        if _follows(coadd, bad):
            remarks["variance"] = f"{said}: it was scaled to them (--variance, --weight, --rms)"
        else:
            remarks["variance"] = (
                f"{said}, and not in its pattern: estimated from the pixels instead"
                " (--variance, --weight, --rms)"
            )
            coadd = _with_estimate(coadd, f", which its variance plane contradicts ({said})")
            noise = _measured(coadd, bad, sigma) or noise
    scale = noise.scatter**2
    if abs(noise.scatter - 1.0) > _AGREEMENT + 3.0 * noise.error:
        coadd = coadd.replace(variance=_scaled(coadd.variance, scale))
        origins["noise"] = f"variance times {scale:.3g}, the scatter of blank pixels"
    else:
        origins["noise"] = "variance that blank pixels agree with"
    if coadd.noise_correlation is None:
        coadd = coadd.replace(noise_correlation=noise.correlation)
        origins["noise"] += "; correlation of blank pixels"
    return coadd.replace(origins=origins, remarks=remarks)


def _measured(coadd: Coadd, bad: np.ndarray, sigma: float) -> PixelNoise | None:
    """Noise of a part of a coadd in units of its variance plane's."""
    part = best_window(bad)
    hidden = bad[part]
    variance = np.where(hidden, np.float32(1), coadd.variance[part])
    image, added = dithered(coadd.image[part], hidden)
    if not hidden.all():
        # A high sky over an uneven variance would be a pattern of its own.
        image = flattened(image, hidden, rough_median(image, hidden))
    noise = measure_noise(image / np.sqrt(variance), hidden, sigma)
    if noise is None or added == 0:
        return noise
    # The noise that hid the steps is white, and goes again.
    share = 1.0 - added / rough_median(variance, hidden) / noise.scatter**2
    if share <= 0:
        return None
    correlation = noise.correlation / share
    correlation[MAX_LAG, MAX_LAG] = 1.0
    return PixelNoise(float(noise.scatter * np.sqrt(share)), noise.error, correlation)


def _follows(coadd: Coadd, bad: np.ndarray) -> bool:
    """Whether the pattern of a variance plane is that of the scatter of its pixels.

    If it is, their ratio varies less over the image than the scatter itself does.
    """
    pixels = np.log(_estimated(coadd.replace(variance=None)))
    step = max(1, round(np.sqrt(bad.size / _PATTERN_PIXELS)))
    some = (slice(None, None, step), slice(None, None, step))
    use = ~bad[some]
    pixels, plane = pixels[some][use], np.log(coadd.variance[some][use])
    # Medians of deviations, so that the photons of bright objects have no say.
    own, ratio = (
        float(np.median(np.abs(values - np.median(values)))) for values in (pixels, pixels - plane)
    )
    return ratio <= max(own, _EVEN)


def _scaled(variance: np.ndarray, scale: float) -> np.ndarray:
    scaled = image_array(variance.shape, np.float32)
    for rows in row_strips(variance.shape):
        np.multiply(variance[rows], np.float32(scale), out=scaled[rows])
    return scaled


def _any_noise(variance: np.ndarray) -> bool:
    return any(
        np.any((variance[rows] > 0) & (variance[rows] < np.inf))
        for rows in row_strips(variance.shape)
    )


def _estimated(coadd: Coadd) -> np.ndarray:
    """Variance from the image, checked to be one that single precision holds."""
    bad = coadd.bad
    with np.errstate(over="ignore", under="ignore"):
        variance = estimate_variance(coadd.image, bad)
    low, high = _VARIANCE_LIMITS
    if not (bad.all() or low < rough_median(variance, bad) < high):
        raise BadInputError(
            f"{coadd.name}: the variance of its pixels does not fit 32-bit numbers; multiply the"
            " counts by a power of ten, and move the zero point with them."
        )
    return variance
