"""Files that are known by the software that wrote them: astropy's CCDData, SWarp."""

from __future__ import annotations

from astropy.io import fits

from .cards import card_text, names
from .layout import ANY_BIT, Layout

__all__ = ["CCDDATA", "SWARP"]


def _is_ccddata(hdus: fits.HDUList) -> bool:
    return "UNCERT" in names(hdus) or any("UTYPE" in hdu.header for hdu in hdus)


def _is_swarp(hdus: fits.HDUList) -> bool:
    return card_text(hdus, "SOFTNAME") == "SWARP"


#: The uncertainty's kind stands in UTYPE; the mask is of zeros and ones.
CCDDATA = Layout("ccddata", _is_ccddata, mask_bits=ANY_BIT)

#: A coadd with its weight map in ``.weight.fits`` beside it.
SWARP = Layout("swarp", _is_swarp)
