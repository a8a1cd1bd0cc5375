"""Which layouts there are, and which one a file has."""

from __future__ import annotations

import logging

from astropy.io import fits

from ....errors import BadInputError
from . import cfht, des, general, legacy, panstarrs, rubin, sdss, software, space
from .layout import Layout

__all__ = ["SHIPPED", "all_layouts", "choose_layout", "layout_names", "register_layout"]

_log = logging.getLogger(__name__)

#: The first that recognises a file counts; the last recognises all.
SHIPPED = (
    rubin.LSST_IMAGES,
    rubin.EXPOSURE,
    legacy.CUTOUT,
    legacy.BRICK,
    des.DES,
    sdss.FRAME,
    panstarrs.STACK,
    cfht.MEGAPIPE,
    des.DECAM,
    space.ROMAN,
    space.GRIZLI,
    space.JWST,
    space.HST,
    space.EUCLID,
    software.CCDDATA,
    software.SWARP,
    general.OWN,
    general.ANY,
)

#: Those of others, which are asked before ours.
_registered: dict[str, Layout] = {}


def register_layout(layout: Layout) -> None:
    """Add a layout to those that are looked for, in front of the shipped ones.

    Parameters
    ----------
    layout : `Layout`
        One of the same name that was registered before is replaced.
    """
    _registered[layout.name] = layout


def all_layouts() -> list[Layout]:
    """All layouts, in the order in which they are asked."""
    return [*_registered.values(), *SHIPPED]


def layout_names() -> list[str]:
    """Names that ``--layout`` takes."""
    return [layout.name for layout in all_layouts()]


def choose_layout(hdus: fits.HDUList, name: str, wanted: str | Layout | None = None) -> Layout:
    """Choose a file's layout: the one that is asked for, else by looking at it.

    Parameters
    ----------
    hdus : `astropy.io.fits.HDUList`
        An open file.
    name : `str`
        What to call it in messages.
    wanted : `str` or `Layout`, optional
        The user's choice.

    Returns
    -------
    layout : `Layout`

    Raises
    ------
    BadInputError
        If there is no layout of that name.
    """
    if isinstance(wanted, Layout):
        return wanted
    layouts = all_layouts()
    if wanted is not None:
        for layout in layouts:
            if layout.name == wanted:
                return layout
        raise BadInputError(
            f"--layout {wanted}: no such layout; choose one of {', '.join(layout_names())}."
        )
    for layout in layouts:
        if _recognises(layout, hdus):
            return layout
    raise AssertionError(f"{name}: no layout recognises it")


def _recognises(layout: Layout, hdus: fits.HDUList) -> bool:
    """Ask a layout; one of others that fails does not stop the reading."""
    if layout.name not in _registered:
        return layout.recognise(hdus)
    try:
        return bool(layout.recognise(hdus))
    except Exception as error:
        _log.warning("layout '%s' cannot look at the file: %s", layout.name, error)
        return False
