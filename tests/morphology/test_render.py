"""The batched renderer against GalSim."""

import galsim
import numpy as np

from meas_blends.morphology.galaxies import (
    BULGE_INDICES,
    DISK_INDICES,
    GalaxyRanges,
    draw_galaxies,
)
from meas_blends.morphology.render import GalaxyRenderer

ACCURATE = galsim.GSParams(
    folding_threshold=1e-3, maxk_threshold=1e-4, kvalue_accuracy=1e-6, maximum_fft_size=16384
)


def galsim_image(sample, i, size):
    """Draw one galaxy of a sample with GalSim."""

    def component(n, radius, q, angle):
        profile = galsim.Sersic(n, half_light_radius=radius * np.sqrt(q), gsparams=ACCURATE)
        return profile.shear(q=q, beta=angle * galsim.radians)

    bulge = component(
        BULGE_INDICES[sample.bulge_index[i]],
        sample.bulge_radius[i],
        sample.bulge_axis_ratio[i],
        sample.bulge_angle[i],
    )
    disk = component(
        DISK_INDICES[sample.disk_index[i]],
        sample.disk_radius[i],
        sample.disk_axis_ratio[i],
        sample.disk_angle[i],
    )
    share = sample.bulge_to_total[i]
    psf = galsim.Kolmogorov(fwhm=sample.psf_fwhm[i], gsparams=ACCURATE)
    seen = galsim.Convolve(share * bulge + (1 - share) * disk, psf, gsparams=ACCURATE)
    # GalSim counts pixels from 1.
    centre = galsim.PositionD(size // 2 + 1 + sample.dx[i], size // 2 + 1 + sample.dy[i])
    image = galsim.ImageD(size, size)
    return seen.drawImage(image, scale=sample.pixel_scale[i], center=centre).array


def test_images_are_galsims():
    ranges = GalaxyRanges(radius=(0.1, 1.2))
    sample = draw_galaxies(np.random.default_rng(2), 4, ranges)
    images = GalaxyRenderer(48)(sample).numpy()
    for i in range(len(sample)):
        expected = galsim_image(sample, i, 48)
        np.testing.assert_allclose(images[i], expected, atol=3e-4 * expected.max(), rtol=0)


def test_batches_do_not_matter():
    sample = draw_galaxies(np.random.default_rng(3), 20, GalaxyRanges())
    render = GalaxyRenderer(32)
    np.testing.assert_allclose(
        render(sample)[17:].numpy(), render(sample.select(slice(17, None))).numpy(), atol=1e-7
    )
    assert render(sample.select(slice(0, 0))).shape == (0, 32, 32)
