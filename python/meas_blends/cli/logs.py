"""What of the tasks' and libraries' logs reaches the terminal."""

from __future__ import annotations

import logging
import sys

__all__ = ["set_up_logs"]


def set_up_logs(verbose: bool) -> None:
    """Show warnings, or with ``verbose`` everything that the tasks say.

    Warnings that libraries raise, such as astropy's about unusual FITS
    headers, are for developers: they show with ``verbose`` only.
    """
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        stream=sys.stderr,
        format="%(levelname)s %(name)s: %(message)s",
    )
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").setLevel(logging.WARNING if verbose else logging.ERROR)
