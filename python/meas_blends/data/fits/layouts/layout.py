"""What a layout declares: which HDU of a survey's file is what, and by which convention."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from astropy.io import fits

from ..zero_points import GENERAL_ZERO_POINTS, ZeroPointRule

__all__ = ["AFW_BITS", "ANY_BIT", "JWST_BITS", "NOISE_KINDS", "Companion", "Layout"]

#: What a plane of noise may hold; where a file has several, the first counts.
NOISE_KINDS = ("variance", "rms", "weight")

#: Mask without named planes whose bits are those of our own files and of ``lsst.afw``.
AFW_BITS: Mapping[str, int] = {}

#: Mask without named planes in which any value but zero is bad.
ANY_BIT: Mapping[str, int] = {"BAD": -1}

#: Data quality of JWST and Roman: DO_NOT_USE and SATURATED count, the other bits do not.
JWST_BITS: Mapping[str, int] = {"BAD": 1, "SAT": 2}


@dataclass(frozen=True)
class Companion:
    """A plane in a file of its own beside the image.

    Parameters
    ----------
    kind : `str`
        ``variance``, ``rms`` (standard deviation), ``weight`` (inverse
        variance) or ``mask``.
    image : `str`
        Regular expression that the whole name of the image's file matches.
    name : `str`
        Glob pattern of the companion's name, with the groups of ``image`` as
        ``{0}``, ``{1}``...
    """

    kind: str
    image: str
    name: str


#: The companions that several surveys and SWarp share.
GENERAL_COMPANIONS = (
    Companion("weight", r"(.+?)\.fits?(\.\w+)?", "{0}.weight.fits*"),
    Companion("weight", r"(.+)_sci\.fits?(\.\w+)?", "{0}_wht.fits*"),
)


@dataclass(frozen=True)
class Layout:
    """A kind of file.

    Names are those of HDUs (EXTNAME). What is not declared is as in a file of
    no known layout.

    Parameters
    ----------
    name : `str`
        What ``--layout`` chooses it by.
    recognise : callable
        Takes the open file (`astropy.io.fits.HDUList`) and says whether it is
        of this layout, by its headers alone.
    image : `tuple` [`str`]
        Where the image is: the first of these that the file has, else its
        first 2-D image.
    variance, rms, weight : `tuple` [`str`]
        Noise as variance, standard deviation or inverse variance. Of several
        that the file has, variance counts before standard deviation before
        weight. A UTYPE card, as astropy's CCDData writes it, wins over the
        name.
    mask : `tuple` [`str`]
        Mask of planes.
    psf : `tuple` [`str`]
        Image of the PSF.
    mask_bits : `dict` [`str`, `int`], optional
        Which values of a mask whose header names no planes stand for which of
        our planes (`~meas_blends.data.coadd.DEFAULT_MASK_PLANES`): any of the
        bits given. `None` is any value but zero is bad, or
        `JWST_BITS` where the HDU is called DQ; both are remarked.
    ignored : `tuple` [`str`]
        HDUs (patterns such as ``VAR_*``) that are left alone without a remark.
    zero_point : `tuple` [callable]
        The ways in which it says how much light a count is, see
        `meas_blends.data.fits.zero_points`.
    companions : `tuple` [`Companion`]
        Planes in files beside the image, for those that it does not hold.
    read : callable, optional
        Reads the file in place of all of the above: takes the open file and
        the name for messages, and returns parts of a
        `~meas_blends.data.coadd.Coadd` by name, among them ``origins`` and
        perhaps ``remarks``.
    band : callable, optional
        With ``read``: takes the open file and returns the band's name,
        without reading pixels.
    """

    name: str
    recognise: Callable[[fits.HDUList], bool]
    image: tuple[str, ...] = ("IMAGE", "SCI")
    variance: tuple[str, ...] = ("VARIANCE", "VAR")
    rms: tuple[str, ...] = ("ERR", "ERROR", "RMS", "SIGMA", "UNCERT", "STDDEV")
    weight: tuple[str, ...] = ("WHT", "WGT", "WEIGHT", "INVVAR", "IVAR")
    mask: tuple[str, ...] = ("MASK", "MSK", "DQ")
    psf: tuple[str, ...] = ("PSF", "PSF_DATA")
    mask_bits: Mapping[str, int] | None = None
    ignored: tuple[str, ...] = ()
    zero_point: tuple[ZeroPointRule, ...] = GENERAL_ZERO_POINTS
    companions: tuple[Companion, ...] = GENERAL_COMPANIONS
    read: Callable[[fits.HDUList, str], dict[str, Any]] | None = None
    band: Callable[[fits.HDUList], str] | None = None
