"""Saturated stars as detectors show them: halo, spikes, bleed trail, and a core that is lost."""

import galsim
import numpy as np

from meas_blends.data.coadd import DEFAULT_MASK_PLANES, Coadd

#: LSST's i band at ten-year depth: standard deviation of the sky, zero point, pixels [arcsec].
SKY_SIGMA, ZERO_POINT, SCALE, FWHM = 339.5, 36.51, 0.2, 0.7

#: What a pixel holds at most, in standard deviations of the sky.
FULL = 2000.0


def star_profile():
    """A PSF with the aureole that real ones have: r^-2, with 3% of the light."""
    kolmogorov = galsim.Kolmogorov(fwhm=FWHM)
    aureole = galsim.Moffat(beta=1.2, scale_radius=3.0, trunc=60.0)
    return galsim.Add([kolmogorov.withFlux(0.97), aureole.withFlux(0.03)])


def star_scene(magnitude, core="SAT", spikes=True, bleed=True, neighbours=(), side=400, seed=1):
    """A star in the middle, a little off the pixel's centre, and galaxies.

    ``core`` is how it is lost: "SAT" (clipped and flagged), "NAN" or "CLIPPED" (and unflagged).
    ``neighbours`` are (dx, dy, magnitude) of exponential galaxies from the star [pixel].
    Returns the coadd, and the star's centre.
    """
    rng = np.random.default_rng(seed)
    x, y = side // 2 + 0.3, side // 2 - 0.2
    image = galsim.ImageF(side, side, scale=SCALE)
    profile = star_profile()
    flux = 10 ** (0.4 * (ZERO_POINT - magnitude))
    centre = galsim.PositionD(x + 1, y + 1)
    profile.withFlux(flux).drawImage(image=image, center=centre, method="no_pixel")
    galaxy = galsim.Convolve(
        galsim.Exponential(half_light_radius=0.5), galsim.Kolmogorov(fwhm=FWHM)
    )
    for dx, dy, faint in neighbours:
        place = galsim.PositionD(x + dx + 1, y + dy + 1)
        image += galaxy.withFlux(10 ** (0.4 * (ZERO_POINT - faint))).drawImage(
            image=galsim.ImageF(side, side, scale=SCALE), center=place, method="no_pixel"
        )
    light = image.array.astype(float)
    rows, columns = np.indices(light.shape)
    if spikes:
        for angle in (0.8, 0.8 + np.pi / 2):
            along = (columns - x) * np.cos(angle) + (rows - y) * np.sin(angle)
            across = (rows - y) * np.cos(angle) - (columns - x) * np.sin(angle)
            # 1% of the light, with the lumps that spikes of several colours have.
            lumps = 1.0 + 0.3 * np.cos(np.abs(along) / 4.0)
            light += (
                2e-5
                * flux
                * lumps
                * np.exp(-np.abs(along) / 25.0)
                * np.exp(-0.5 * (across / 1.5) ** 2)
            )
    variance = SKY_SIGMA**2 + light
    light = light + rng.normal(size=light.shape) * np.sqrt(variance)
    full = FULL * SKY_SIGMA
    lost = light > full
    if bleed and lost.any():
        height = 3.0 * np.sqrt(lost.sum())
        lost |= (np.abs(columns - x) < 1.2) & (np.abs(rows - y) < height)
    mask = np.zeros(light.shape, np.int32)
    light[lost] = full * (1.0 + 0.003 * rng.normal(size=lost.sum()))
    if core == "NAN":
        light[lost] = np.nan
    elif core == "SAT":
        mask[lost] = 1 << DEFAULT_MASK_PLANES["SAT"]
    psf = galsim.Kolmogorov(fwhm=FWHM).drawImage(nx=45, ny=45, scale=SCALE, method="no_pixel")
    coadd = Coadd(
        light,
        variance,
        mask,
        psf=psf.array,
        zero_point=ZERO_POINT,
        pixel_scale=SCALE,
        band="i",
    )
    return coadd, (x, y)
