"""Layouts: the kinds of file that a coadd may come in, one small file a family."""

from .known import choose_layout, layout_names, register_layout
from .layout import AFW_BITS, ANY_BIT, JWST_BITS, Companion, Layout

__all__ = [
    "AFW_BITS",
    "ANY_BIT",
    "JWST_BITS",
    "Companion",
    "Layout",
    "choose_layout",
    "layout_names",
    "register_layout",
]
