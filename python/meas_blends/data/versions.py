"""Versions of what results depend on."""

from __future__ import annotations

import functools
import platform
from importlib import metadata

__all__ = ["versions"]

_DISTRIBUTIONS = (
    "meas_blends",
    "astropy",
    "galsim",
    "lsst-pex-config",
    "lsst-pipe-base",
    "muygpys",
    "numpy",
    "scikit-learn",
    "scipy",
    "sep",
    "torch",
)


@functools.cache
def versions() -> dict[str, str]:
    """Versions of Python and of the packages that results depend on."""
    found = {"python": platform.python_version()}
    for name in _DISTRIBUTIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found
