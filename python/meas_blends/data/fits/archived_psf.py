"""PSFs that an Exposure's archive holds as kernels or formulas."""

from __future__ import annotations

import numpy as np

from ...errors import BadInputError
from ..psf import CellPsf, normalise_psf
from .archive import Archive, Record

__all__ = ["read_archived_psf"]

#: Kernels within kernels deeper than this are a loop in a damaged file.
_DEPTH = 8


def read_archived_psf(
    archive: Archive, identifier: int, shape: tuple[int, int], xy0: tuple[int, int]
) -> tuple[CellPsf | None, str]:
    """Evaluate an archived PSF over an image.

    ``PcaPsf`` and ``KernelPsf`` hold a kernel, ``SingleGaussianPsf`` and
    ``DoubleGaussianPsf`` the parameters of one. Others, such as ``CoaddPsf``,
    ``PsfexPsf`` and ``PiffPsf``, need their own code.

    Parameters
    ----------
    archive : `~meas_blends.data.fits.archive.Archive`
        Of the file.
    identifier : `int`
        Of the PSF in the archive: the header's PSF_ID.
    shape : `tuple` [`int`, `int`]
        ``(ny, nx)`` of the image.
    xy0 : `tuple` [`int`, `int`]
        Parent-pixel position of its first pixel.

    Returns
    -------
    psf : `~meas_blends.data.psf.CellPsf` or `None`
        `None` if it cannot be evaluated here.
    origin : `str`
        What it is, or why there is none.
    """
    if identifier not in archive:
        return None, "the file holds no PSF"
    name = archive.class_name(identifier)
    try:
        record = archive.record(identifier)
        if name in ("PcaPsf", "KernelPsf"):
            return _over_image(archive, int(record["kernel"]), shape, xy0), f"{name} in the file"
        if name in ("SingleGaussianPsf", "DoubleGaussianPsf"):
            width, height = (int(length) for length in record.point("dimensions"))
            centre = np.array([(width - 1) // 2, (height - 1) // 2])
            image = _round_gaussians(record, *_offsets((width, height), centre))
        else:
            return None, f"the file holds a {name}, which only the LSST stack can evaluate"
        image = _centred(image, *(int(c) for c in centre))
        return CellPsf.constant(image), f"{name} in the file"
    except (KeyError, IndexError, ValueError, BadInputError) as error:
        reason = str(error).strip("'\"").rstrip(".")
        return None, f"the file's {name} cannot be read ({reason})"


def _over_image(
    archive: Archive, kernel: int, shape: tuple[int, int], xy0: tuple[int, int]
) -> CellPsf:
    """A kernel in the middles of cells; where it is no PSF, it is that of the nearest cell."""
    centre = [int(c) for c in archive.record(kernel).point("center")]

    def image_at(x: float, y: float) -> np.ndarray:
        return normalise_psf(_centred(_kernel_image(archive, kernel, (x, y)), *centre))

    def image_or_none(x: float, y: float) -> np.ndarray | None:
        try:
            return image_at(x, y)
        except BadInputError:
            return None

    psf = CellPsf.evaluated(image_or_none, shape, xy0)
    if psf is None:
        # Says what is wrong with it.
        image_at(xy0[0] + 0.5 * (shape[1] - 1), xy0[1] + 0.5 * (shape[0] - 1))
        raise BadInputError("no PSF anywhere in the image")
    return psf


def _kernel_image(
    archive: Archive, identifier: int, position: tuple[float, float], depth: int = 0
) -> np.ndarray:
    """Image (height, width) of a kernel at a position, not normalised."""
    if depth > _DEPTH:
        raise ValueError("kernels nested in a loop")
    name = archive.class_name(identifier)
    record = archive.record(identifier)
    width, height = (int(length) for length in record.point("dimensions"))
    if name == "FixedKernel":
        return record.array("image").astype(np.float64).reshape(height, width)
    if name == "AnalyticKernel":
        if "spatialfunctions" in record:
            raise ValueError("an AnalyticKernel that varies")
        x, y = _offsets((width, height), record.point("center"))
        return _kernel_function(archive, int(record["kernelfunction"]), x, y)
    if name == "LinearCombinationKernel":
        components = [int(one) for one in record.array("components")]
        if "amplitudes" in record:
            weights = record.array("amplitudes")
        else:
            functions = record.array("spatialfunctions")
            weights = [_spatial_function(archive, int(one), position) for one in functions]
        images = [_kernel_image(archive, one, position, depth + 1) for one in components]
        return sum(weight * image for weight, image in zip(weights, images, strict=True))
    raise ValueError(f"a kernel of class {name}")


def _spatial_function(archive: Archive, identifier: int, position: tuple[float, float]) -> float:
    """Value of a 2-D polynomial of afw's FunctionLibrary at a position."""
    # The last letter is the type of number that it gives.
    name = archive.class_name(identifier)[:-1]
    record = archive.record(identifier)
    coefficients = record.array("coefficients")
    order = round((np.sqrt(1 + 8 * len(coefficients)) - 3) / 2)
    if name == "Chebyshev1Function2":
        low, high = record.point("min"), record.point("max")
        x, y = (2.0 * np.asarray(position) - (low + high)) / (high - low)
        columns = np.polynomial.chebyshev.chebvander([x, y], order)
    elif name == "PolynomialFunction2":
        columns = np.polynomial.polynomial.polyvander(list(position), order)
    else:
        raise ValueError(f"a function of class {name}")
    # [0,0; 1,0; 0,1; 2,0; 1,1; 0,2; ...] for the degrees in x and y.
    terms = [columns[0][n - m] * columns[1][m] for n in range(order + 1) for m in range(n + 1)]
    return float(np.dot(coefficients, terms))


def _kernel_function(archive: Archive, identifier: int, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Values of a Gaussian of afw's FunctionLibrary."""
    name = archive.class_name(identifier)[:-1]
    record = archive.record(identifier)
    if name == "DoubleGaussianFunction2":
        return _round_gaussians(record, x, y)
    if name == "GaussianFunction2":
        sine, cosine = np.sin(record["angle"]), np.cos(record["angle"])
        along = (cosine * x + sine * y) / record["sigma1"]
        across = (cosine * y - sine * x) / record["sigma2"]
        return np.exp(-0.5 * (along**2 + across**2))
    raise ValueError(f"a kernel function of class {name}")


def _round_gaussians(record: Record, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """One or two concentric Gaussians, by the fields of a PSF or a function."""
    square = -0.5 * (x**2 + y**2)
    if "sigma" in record:
        return np.exp(square / record["sigma"] ** 2)
    second = record["b"] if "b" in record else record["ampl2"]
    image = np.exp(square / record["sigma1"] ** 2)
    # Without a second Gaussian its width may be zero.
    return image + second * np.exp(square / record["sigma2"] ** 2) if second else image


def _offsets(dimensions: tuple[int, int], centre: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distances x and y of the pixels of an image from its centre pixel."""
    width, height = dimensions
    x, y = np.meshgrid(np.arange(width) - centre[0], np.arange(height) - centre[1])
    return x.astype(np.float64), y.astype(np.float64)


def _centred(image: np.ndarray, x: int, y: int) -> np.ndarray:
    """Pad an image with zeros until pixel ``[y, x]`` is its middle."""
    height, width = image.shape
    if not (0 <= x < width and 0 <= y < height):
        raise ValueError("a kernel whose centre is outside it")
    half_x, half_y = max(x, width - 1 - x), max(y, height - 1 - y)
    padded = np.zeros((2 * half_y + 1, 2 * half_x + 1))
    padded[half_y - y : half_y - y + height, half_x - x : half_x - x + width] = image
    return padded
