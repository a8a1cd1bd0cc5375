"""The targets of GaMPEN, of which it predicts logits and logarithms.

Those of B/T, radius and flux are what
`~meas_blends.morphology.posterior.to_transformed` gives (Ghosh et al. 2022, Eq. 15).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["MEASURED", "TRANSFORMS", "Target", "target_scaling"]

#: Names of the targets that are measured, in the order of the table.
MEASURED = ("bulge_to_total", "half_light_radius", "flux")

#: Transforms that a target may have (Eq. 15).
TRANSFORMS = ("logit", "log")


@dataclass(frozen=True)
class Target:
    """One number that the network predicts.

    Parameters
    ----------
    name : `str`
        One of `MEASURED`, or another.
    transform : `str`
        ``logit`` (of what lies between 0 and 1) or ``log``.
    mean, std : `float`
        Of the transformed values in the training set (Eq. 16).
    unit : `str`
        Before the transform: ``arcsec`` for the radius, ``count`` or ``nJy``
        for the flux.
    """

    name: str
    transform: str
    mean: float
    std: float
    unit: str = ""


def target_scaling(transformed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of a training set's transformed targets (Eq. 16), (t,) each."""
    return transformed.mean(axis=0), transformed.std(axis=0)
