"""PSFs in Fourier space."""

import galsim
import numpy as np
import pytest
import torch

from meas_blends.errors import BadInputError
from meas_blends.morphology.rendering.psf import PsfTransform

K = torch.linspace(0.0, 2.5, 12)[None]


def test_a_kolmogorov_psf_is_galsims():
    real, imaginary = PsfTransform.kolmogorov(torch.tensor([4.0]))(K, K)
    profile = galsim.Kolmogorov(fwhm=4.0)
    expected = [[profile.kValue(float(x), float(y)).real for x in K[0]] for y in K[0]]
    np.testing.assert_allclose(real[0, 0], expected, atol=1e-4)
    assert imaginary is None


def test_an_image_has_its_own_transform():
    rng = np.random.default_rng(1)
    image = rng.uniform(0.0, 1.0, (5, 7))
    real, imaginary = PsfTransform.from_images(torch.from_numpy(image)[None])(K, K)
    y, x = np.mgrid[-2:3, -3:4]
    for sign, place in ((1, 0), (-1, 1)):
        phase = K[0, 5].numpy() * x + sign * K[0, 3].numpy() * y
        expected = (image * np.exp(-1j * phase)).sum() / image.sum()
        found = real[0, place, 3, 5] + 1j * imaginary[0, place, 3, 5]
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_each_stamp_has_its_image():
    images = torch.zeros(2, 3, 3)
    images[0, 1, 1] = images[1, 1, 1] = images[1, 1, 2] = images[1, 1, 0] = 1.0
    psf = PsfTransform.from_images(images, torch.tensor([1, 0, 1]))
    k = K.expand(3, -1)
    real, _ = psf(k, k)
    narrow = psf.select(slice(1, 2))(k[:1], k[:1])[0]
    np.testing.assert_allclose(real[1], torch.ones_like(real[1]), atol=1e-6)
    np.testing.assert_allclose(narrow[0], real[1], atol=1e-6)
    np.testing.assert_allclose(real[0], real[2])
    assert real[0].min() < 0


@pytest.mark.parametrize(
    ("image", "message"), [(torch.ones(1, 4, 4), "middle"), (torch.zeros(1, 3, 3), "no light")]
)
def test_images_that_are_no_psf_are_refused(image, message):
    with pytest.raises(BadInputError, match=message):
        PsfTransform.from_images(image)


def test_a_moffat_without_finite_flux_is_refused():
    with pytest.raises(BadInputError, match="finite flux"):
        PsfTransform.moffat(torch.tensor([3.0]), 1.0)
