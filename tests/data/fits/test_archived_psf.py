import numpy as np
import pytest
from astropy.io import fits

from meas_blends.data.fits import read_coadd
from meas_blends.data.fits.archive import Archive
from meas_blends.data.fits.archived_psf import read_archived_psf

# The middle of the image of the fixtures, in parent pixels.
CENTRE = (17900 + 19.5, 15900 + 14.5)


def gaussian(sigma, size=21, x=0.0, y=0.0):
    offset = np.arange(size) - size // 2
    return np.exp(-0.5 * (((offset - x) / sigma) ** 2 + ((offset - y)[:, None] / sigma) ** 2))


def fixed_kernel(tables, image, centre=None):
    height, width = image.shape
    centre = centre or (width // 2, height // 2)
    return tables.add(
        "FixedKernel", dimensions=(width, height), center=centre, image=list(image.ravel())
    )


def normalised(image):
    return image / image.sum()


@pytest.mark.parametrize("two_columns", [True, False])
def test_kernel_psf_with_a_fixed_kernel(write_exposure, archive, two_columns):
    tables = archive(two_columns)
    image = gaussian(2.0, x=0.4)
    kernel = fixed_kernel(tables, image)
    psf = tables.add("KernelPsf", kernel=kernel, averagePosition=(0.0, 0.0))
    coadd = read_coadd(write_exposure(tables, PSF_ID=psf))
    assert coadd.psf.middle == pytest.approx(normalised(image), abs=1e-6)
    assert coadd.origins["psf"] == "KernelPsf in the file"


def test_rows_and_columns_are_not_swapped(write_exposure, archive):
    tables = archive()
    image = gaussian(2.0)[4:-4]
    image[:, 12:] *= 0.5
    psf = tables.add("KernelPsf", kernel=fixed_kernel(tables, image), averagePosition=(0.0, 0.0))
    coadd = read_coadd(write_exposure(tables, PSF_ID=psf))
    assert coadd.psf.middle.shape == (13, 21)
    assert coadd.psf.middle == pytest.approx(normalised(image), abs=1e-6)


def test_a_kernel_whose_centre_is_not_in_the_middle_is_padded(write_exposure, archive):
    tables = archive()
    image = gaussian(2.0)[2:, :-4]
    kernel = fixed_kernel(tables, image, centre=(10, 8))
    psf = tables.add("KernelPsf", kernel=kernel, averagePosition=(0.0, 0.0))
    coadd = read_coadd(write_exposure(tables, PSF_ID=psf))
    assert coadd.psf.middle.shape == (21, 21)
    assert coadd.psf.middle[10, 10] == coadd.psf.middle.max()
    assert coadd.psf.middle[0, 0] == 0.0


@pytest.mark.parametrize("kind", ["Chebyshev1Function2D", "PolynomialFunction2D"])
def test_pca_psf_that_varies(write_exposure, archive, kind):
    tables = archive()
    low, high = (17000.0, 15000.0), (21000.0, 19000.0)
    u, v = (2.0 * np.array(CENTRE) - np.array(low) - np.array(high)) / 4000.0
    if kind.startswith("Chebyshev"):
        limits = {"min": low, "max": high}
        coefficients = [0.3, 0.2, -0.1, 0.05, 0.4, -0.3]
        expected = (
            0.3 + 0.2 * u - 0.1 * v + 0.05 * (2 * u**2 - 1) + 0.4 * u * v - 0.3 * (2 * v**2 - 1)
        )
    else:
        limits = {}
        x, y = CENTRE
        coefficients = [0.1, 1e-5, 2e-5, 1e-10, -2e-10, 3e-10]
        expected = 0.1 + 1e-5 * x + 2e-5 * y + 1e-10 * x**2 - 2e-10 * x * y + 3e-10 * y**2
    constant = tables.add(kind, coefficients=[1.0], **limits)
    varying = tables.add(kind, coefficients=coefficients, **limits)
    images = [gaussian(2.0), gaussian(3.0) - gaussian(1.5)]
    kernel = tables.add(
        "LinearCombinationKernel",
        dimensions=(21, 21),
        center=(10, 10),
        spatialfunctions=[constant, varying],
        components=[fixed_kernel(tables, image) for image in images],
    )
    psf = tables.add("PcaPsf", kernel=kernel, averagePosition=CENTRE)
    coadd = read_coadd(write_exposure(tables, PSF_ID=psf))
    assert coadd.psf.middle == pytest.approx(normalised(images[0] + expected * images[1]), abs=1e-6)


def test_a_psf_that_varies_is_evaluated_over_the_image(archive):
    tables = archive()
    constant = tables.add("PolynomialFunction2D", coefficients=[1.0])
    slope = tables.add("PolynomialFunction2D", coefficients=[0.0, 1e-3, 0.0])
    images = [gaussian(2.0), gaussian(3.0)]
    kernel = tables.add(
        "LinearCombinationKernel",
        dimensions=(21, 21),
        center=(10, 10),
        spatialfunctions=[constant, slope],
        components=[fixed_kernel(tables, image) for image in images],
    )
    identifier = tables.add("PcaPsf", kernel=kernel, averagePosition=(0.0, 0.0))
    # Far to the left the sum is negative: that is no PSF.
    hdus = fits.HDUList([fits.PrimaryHDU(), *tables.hdus()])
    hdus[0].header["AR_HDU"] = 2
    psf, origin = read_archived_psf(Archive(hdus), identifier, (300, 1024), (-900, 40))
    assert origin == "PcaPsf in the file"
    assert psf.present.tolist() == [[False, False, True, True]]
    x = -900 + 127.5 + 256 * np.arange(4)
    for place, got in zip(x[psf.present[0]], psf.images[0][psf.present[0]], strict=True):
        expected = normalised(images[0] + 1e-3 * place * images[1])
        assert got == pytest.approx(expected, abs=1e-6)
    assert not psf.is_constant


def test_combination_with_fixed_amplitudes(write_exposure, archive):
    tables = archive()
    images = [gaussian(2.0), gaussian(3.0)]
    kernel = tables.add(
        "LinearCombinationKernel",
        dimensions=(21, 21),
        center=(10, 10),
        components=[fixed_kernel(tables, image) for image in images],
        amplitudes=[1.0, 0.25],
    )
    psf = tables.add("PcaPsf", kernel=kernel, averagePosition=(0.0, 0.0))
    coadd = read_coadd(write_exposure(tables, ARCHIVE_ID_PSF=psf))
    assert coadd.psf.middle == pytest.approx(normalised(images[0] + 0.25 * images[1]), abs=1e-6)


def test_gaussian_psfs_by_formula(write_exposure, archive):
    tables = archive()
    psf = tables.add("SingleGaussianPsf", dimensions=(21, 21), sigma=2.2)
    assert read_coadd(write_exposure(tables, PSF_ID=psf)).psf.middle == pytest.approx(
        normalised(gaussian(2.2)), abs=1e-6
    )
    tables = archive(False)
    psf = tables.add("DoubleGaussianPsf", dimensions=(21, 21), sigma1=1.7, sigma2=3.4, b=0.1)
    assert read_coadd(write_exposure(tables, PSF_ID=psf)).psf.middle == pytest.approx(
        normalised(gaussian(1.7) + 0.1 * gaussian(3.4)), abs=1e-6
    )
    tables = archive()
    psf = tables.add("DoubleGaussianPsf", dimensions=(20, 20), sigma1=1.7, sigma2=0.0, b=0.0)
    coadd = read_coadd(write_exposure(tables, PSF_ID=psf))
    assert coadd.psf.middle.shape == (21, 21)
    assert coadd.psf.middle[10, 10] == coadd.psf.middle.max()


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (("GaussianFunction2D", {"sigma1": 3.0, "sigma2": 2.0, "angle": np.pi / 2}), (2.0, 3.0)),
        (("DoubleGaussianFunction2F", {"sigma1": 2.0, "sigma2": 1.0, "ampl2": 0.0}), (2.0, 2.0)),
    ],
)
def test_analytic_kernel(write_exposure, archive, function, expected):
    tables = archive()
    name, fields = function
    kernel = tables.add(
        "AnalyticKernel",
        dimensions=(21, 21),
        center=(10, 10),
        kernelfunction=tables.add(name, **fields),
    )
    psf = tables.add("KernelPsf", kernel=kernel, averagePosition=(0.0, 0.0))
    image = read_coadd(write_exposure(tables, PSF_ID=psf)).psf.middle
    x, y = (np.exp(-0.5 * ((np.arange(21) - 10) / sigma) ** 2) for sigma in expected)
    assert image == pytest.approx(normalised(np.outer(y, x)), abs=1e-6)


def test_psfs_that_cannot_be_read_say_why(write_exposure, archive):
    tables = archive()
    kernel = tables.add("DeltaFunctionKernel", dimensions=(3, 3), center=(1, 1))
    odd_kernel = tables.add("KernelPsf", kernel=kernel, averagePosition=(0.0, 0.0))
    lost_kernel = tables.add("KernelPsf", kernel=77, averagePosition=(0.0, 0.0))
    empty = fixed_kernel(tables, np.zeros((3, 3)))
    empty_kernel = tables.add("KernelPsf", kernel=empty, averagePosition=(0.0, 0.0))
    loop = len(tables.tables) + 1
    tables.add(
        "LinearCombinationKernel",
        dimensions=(3, 3),
        center=(1, 1),
        components=[loop],
        amplitudes=[1.0],
    )
    loop_kernel = tables.add("KernelPsf", kernel=loop, averagePosition=(0.0, 0.0))
    for psf, word in [
        (odd_kernel, "DeltaFunctionKernel"),
        (lost_kernel, "77"),
        (empty_kernel, "sums to"),
        (loop_kernel, "loop"),
    ]:
        coadd = read_coadd(write_exposure(tables, PSF_ID=psf))
        assert coadd.psf is None
        assert word in coadd.origins["psf"]
