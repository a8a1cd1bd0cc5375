"""What the model packages of several classifiers have in common."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...data.packages import ModelPackage
from ...errors import BadInputError
from ..calibration import Calibration, CountCalibration

__all__ = ["check_kind", "incomplete", "pack_calibration", "unpack_calibration"]


def check_kind(package: ModelPackage, kind: str) -> None:
    """Check that a package is of the kind that a classifier unpacks.

    Raises
    ------
    BadInputError
        If it is not.
    """
    if package.kind != kind:
        raise BadInputError(
            f"{package.name}: a model package of kind {package.kind}, where {kind} is needed;"
            " choose another one."
        )


def incomplete(package: ModelPackage, error: Exception) -> BadInputError:
    """Say what a package lacks, given the error of looking it up."""
    return BadInputError(f"{package.name}: the model package lacks {error}; copy or train it anew.")


def pack_calibration(calibration: CountCalibration) -> dict[str, np.ndarray]:
    """Arrays of a calibration of counts, for a package."""
    return {
        "calibration_weight": calibration.weight,
        "calibration_shift": calibration.shift,
        "calibration_stated": calibration.blend.stated,
        "calibration_observed": calibration.blend.observed,
    }


def unpack_calibration(arrays: Mapping[str, np.ndarray]) -> CountCalibration:
    """Build the calibration that `pack_calibration` packed.

    Raises
    ------
    KeyError
        If one of its arrays is missing.
    """
    return CountCalibration(
        arrays["calibration_weight"],
        arrays["calibration_shift"],
        Calibration(arrays["calibration_stated"], arrays["calibration_observed"]),
    )
