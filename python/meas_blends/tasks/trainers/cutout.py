"""Configuration that all trainers of cutout classifiers share."""

from __future__ import annotations

from lsst.pex.config import ChoiceField, Config, Field

__all__ = ["CutoutTrainerConfig"]


class CutoutTrainerConfig(Config):
    """How footprints become training data, and how probabilities are calibrated."""

    cutout_size = Field[int](
        doc="Side of the cutouts [pixel], odd.",
        default=23,
        check=lambda size: size > 0 and size % 2 == 1,
    )
    pedestal = Field[float](
        doc="Sky left in the cutouts, in units of the noise of a pixel. A hundred exposures of dark"
        " sky in the i band, as in the slides' coadds, are 264; 0 is for sky-subtracted cutouts."
        " The default has the best leave-one-out accuracy of 'gp_pca' on training scenes.",
        default=30.0,
        check=lambda value: value >= 0,
    )
    mixture = ChoiceField[str](
        doc="Mixture of the training footprints.",
        allowed={
            "even": "as many blended as unblended footprints, as in the slides",
            "natural": "as they occur",
        },
        default="even",
        optional=False,
    )
    calibration = ChoiceField[str](
        doc="Calibration of the blend probability on the scenes kept apart.",
        allowed={
            "none": "none, as in the slides",
            "curve": "one rising curve for all footprints",
            "curves_by_maxima": "a curve for footprints with one local maximum, one for others",
        },
        default="curve",
        optional=False,
    )
