"""Running pipelines over FITS images, in memory, without a Butler.

`run_pipeline` is for notebooks; the command's own run over files is
`meas_blends.run.runner`.
"""

from __future__ import annotations

from typing import Any

__all__ = ["run_pipeline"]


def __getattr__(name: str) -> Any:
    """Import the LSST packages, which take seconds, only when something runs."""
    if name == "run_pipeline":
        from .memory import run_pipeline

        return run_pipeline
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
