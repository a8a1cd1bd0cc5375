"""Layouts of other plugins, handed down to the readers."""

from __future__ import annotations

import functools
import logging

from ..data.fits.layouts import register_layout
from ..errors import BadInputError
from .manager import extensions, load

__all__ = ["register_layouts"]

_log = logging.getLogger(__name__)
_SHIPPED = "meas_blends.data.fits.layouts."


@functools.cache
def register_layouts() -> None:
    """Make `~meas_blends.data.fits.read_coadd` know the layouts of all plugins.

    One that cannot be used is a warning: files of the other layouts are read.
    """
    for found in extensions():
        if found.extension.kind != "layout" or found.extension.target.startswith(_SHIPPED):
            continue
        try:
            register_layout(load(found))
        except BadInputError as error:
            _log.warning("%s", error)
