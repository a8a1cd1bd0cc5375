"""Galaxies drawn by GalSim, for what is held against it."""

import galsim
import numpy as np

ACCURATE = galsim.GSParams(
    folding_threshold=1e-3, maxk_threshold=1e-4, kvalue_accuracy=1e-6, maximum_fft_size=16384
)


def kolmogorov(fwhm):
    return galsim.Kolmogorov(fwhm=fwhm, gsparams=ACCURATE)


def galsim_image(galaxy, psf, size, method="auto"):
    """Draw a galaxy of unit flux, given by name as `GalaxyModel` has it, radii in pixels."""

    def component(which):
        radius, q = galaxy[f"{which}_radius"], galaxy[f"{which}_axis_ratio"]
        profile = galsim.Sersic(
            galaxy[f"{which}_n"], half_light_radius=radius * np.sqrt(q), gsparams=ACCURATE
        )
        return profile.shear(q=q, beta=galaxy[f"{which}_angle"] * galsim.radians)

    share, parts = galaxy["bulge_to_total"], []
    if share > 0:
        parts.append(share * component("bulge"))
    if share < 1:
        parts.append((1 - share) * component("disk"))
    seen = galsim.Convolve(galsim.Sum(parts), psf, gsparams=ACCURATE)
    # GalSim counts pixels from 1.
    centre = galsim.PositionD(size // 2 + 1 + galaxy["dx"], size // 2 + 1 + galaxy["dy"])
    image = galsim.ImageD(size, size)
    return seen.drawImage(image, scale=1.0, center=centre, method=method).array
