"""Configuration of how a ground coadd is held against a space image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsst.pex.config import ChoiceField, Config, Field

if TYPE_CHECKING:
    from ..evaluation.skies.matching import Matching

__all__ = ["MatchingConfig"]


class MatchingConfig(Config):
    """How objects of the ground and of space are compared; a base of task configurations."""

    match = ChoiceField[str](
        doc="How a space image is laid onto a ground coadd.",
        allowed={
            "wcs": "by their WCS",
            "sources": "by the sources that both see, both turned alike; needs the pixel scales",
        },
        default="wcs",
        optional=False,
    )
    refine = Field[bool](
        doc="Take out the median offset of the sources that both see?", default=True
    )
    match_radius = Field[float](
        doc="Farthest distance of a peak from its space object [arcsec].",
        default=0.5,
        check=lambda value: value > 0,
    )
    min_significance = Field[float](
        doc="Point-source S/N on the ground from which space objects count.",
        default=5.0,
        check=lambda value: value > 0,
    )
    boost = Field[float](
        doc="Axes of the ellipses whose overlap makes a blend, in units of the second moments' own"
        " (SITCOMTN-128: 2).",
        default=2.0,
        check=lambda value: value > 0,
    )
    faintest = Field[float](
        doc="Magnitude of the faintest space object in a blend (SITCOMTN-128: 26.5).", default=26.5
    )
    difference = Field[float](
        doc="Most magnitudes by which it is fainter than the blend's brightest (SITCOMTN-128: 2).",
        default=2.0,
        check=lambda value: value > 0,
    )
    search = Field[float](
        doc="Farthest distance at which an overlap is looked for [arcsec] (SITCOMTN-128: 5).",
        default=5.0,
        check=lambda value: value > 0,
    )
    space_threshold = Field[float](
        doc="Threshold of a pixel of a smoothed space image [sigma].",
        default=3.0,
        check=lambda value: value > 0,
    )
    space_min_area = Field[int](
        doc="Fewest pixels of a space object.", default=12, check=lambda value: value >= 1
    )
    space_contrast = Field[float](
        doc="Least share of light that makes a part of a space object one of its own; smaller"
        " values turn the knots of a galaxy into objects.",
        default=0.01,
        check=lambda value: 0 <= value <= 1,
    )

    def matching(self) -> Matching:
        """Make what the comparison takes."""
        from ..evaluation.skies.matching import Matching

        names = ("match", "refine", "match_radius", "min_significance")
        names += ("boost", "faintest", "difference", "search")
        return Matching(
            **{name: getattr(self, name) for name in names},
            threshold=self.space_threshold,
            contrast=self.space_contrast,
            min_area=self.space_min_area,
        )
