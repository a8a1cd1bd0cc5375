"""Scenes of the cosmoDC2 truth that GalSim draws, with noise resampled dither by dither."""

import galsim
import numpy as np
from astropy.table import Table
from scipy.ndimage import correlate1d

from meas_blends.simulation.noise import lanczos_taps

#: LSST's i band at ten-year depth: sky and zero point of a hundred exposures [photon].
SKY, EXPOSURES, ZERO_POINT = 115_230.0, 100, 27.82 + 2.5 * np.log10(3000.0)
SCALE, FWHM, DITHERS = 0.2, 0.7, 40

_FAST = galsim.GSParams(
    folding_threshold=2e-2, maxk_threshold=5e-3, kvalue_accuracy=1e-4, stepk_minimum_hlr=4
)


def draw_scene(path, side, profile="kolmogorov", resampling="bilinear", seed=1):
    """Draw the corner of a scene.

    Returns image, noise alone, photon variance, PSF image, and the truth with its
    nominal S/N; sizes and shapes, which the truth lacks, follow the paper's relations.
    """
    rng = np.random.default_rng(seed)
    truth = Table.read(path)
    x, y = (np.array(truth[axis], float) for axis in "xy")
    near = (x > -20) & (x < side + 20) & (y > -20) & (y < side + 20)
    x, y, photons = x[near], y[near], np.array(truth["n_photons_i"], float)[near] * EXPOSURES
    magnitude = ZERO_POINT - 2.5 * np.log10(photons)
    radius = 0.26 * 10 ** (-0.085 * (magnitude - 25)) * np.exp(0.38 * rng.normal(size=len(x)))
    shear = np.clip(0.26 * rng.normal(size=(len(x), 2)), -0.55, 0.55)
    bulge = rng.uniform(size=len(x)) < 0.2
    psf = _psf(profile, resampling)
    image = galsim.ImageF(side, side, scale=SCALE)
    for k in range(len(x)):
        kind = galsim.DeVaucouleurs if bulge[k] else galsim.Exponential
        galaxy = kind(half_light_radius=float(np.clip(radius[k], 0.03, 4.0)), gsparams=_FAST)
        galaxy = galaxy.shear(g1=shear[k, 0], g2=shear[k, 1]).withFlux(photons[k])
        size = int(min(max(32, 60 * radius[k] + 16 * np.log10(max(photons[k] / 300, 10))), 400))
        middle = galsim.PositionI(round(x[k]) + 1, round(y[k]) + 1)
        bounds = galsim.BoundsI(middle, middle).withBorder(size // 2) & image.bounds
        if bounds.isDefined():
            centre = galsim.PositionD(x[k] + 1, y[k] + 1)
            seen = galsim.Convolve([galaxy, psf], gsparams=_FAST)
            stamp = seen.drawImage(
                image=galsim.ImageF(bounds, scale=SCALE), center=centre, method="no_pixel"
            )
            image[bounds] += stamp
    variance = np.maximum(image.array, 0) + SKY
    noise = _noise(variance, resampling, rng)
    significance = photons / np.sqrt(SKY * 2.266 * (FWHM / SCALE) ** 2)
    return (
        image.array + noise,
        noise,
        variance,
        psf.drawImage(nx=45, ny=45, scale=SCALE, method="no_pixel").array,
        Table({"x": x, "y": y, "significance": significance}),
    )


def _psf(profile, resampling):
    seeing = {
        "kolmogorov": galsim.Kolmogorov(fwhm=FWHM),
        "moffat": galsim.Moffat(beta=2.8, fwhm=FWHM),
    }[profile]
    diffusion = galsim.Gaussian(sigma=SCALE * np.sqrt(0.17))
    pixels = [galsim.Pixel(SCALE)] * (3 if resampling == "bilinear" else 1)
    return galsim.Convolve([seeing, diffusion, *pixels], gsparams=_FAST)


def _noise(variance, resampling, rng):
    """Sum of the noise of exposures, each shifted by a sub-pixel dither of its own."""
    side, total = len(variance), np.zeros(variance.shape, np.float32)
    deviation = np.pad(np.sqrt(variance / DITHERS), 8, mode="edge").astype(np.float32)
    for _ in range(DITHERS):
        noise = rng.standard_normal(deviation.shape, dtype=np.float32) * deviation
        for axis, shift in enumerate(rng.uniform(size=2)):
            if resampling == "bilinear":
                noise = correlate1d(noise, [1 - shift, shift], axis=axis, origin=-1)
            elif resampling == "lanczos":
                noise = correlate1d(noise, lanczos_taps(shift), axis=axis, origin=-1)
        total += noise[8 : 8 + side, 8 : 8 + side]
    return total
