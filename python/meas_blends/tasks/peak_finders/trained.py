"""The peak finder of every trained classifier."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from lsst.pex.config import Config, Field, RangeField
from lsst.pipe.base import Struct, Task

from ...blends.choose import choose_peaks, probable_number
from ...blends.classifier import Classifier, Prediction
from ...blends.conditions import CONDITIONS
from ...blends.cutouts import exceeds
from ...blends.detections import Detections
from ...blends.maxima import find_maxima, refine_centres
from ...blends.peaks import (
    has_sharp,
    in_order,
    make_classification,
    make_peaks,
    number_anew,
)
from ...blends.too_large import MAX_AREA, MAX_MAXIMA, is_too_large
from ...data.catalogs import CLASSIFICATION, PEAKS
from ...data.footprints import PixelLists
from ...data.packages import ModelPackage, find_package
from ...detection.cores import FILLED_CORE
from ...detection.matched_filter import FilteredCoadd
from ...errors import BadInputError

__all__ = ["TrainedPeakFinderConfig", "TrainedPeakFinderTask"]

#: Stands for the coadd's band in the name of a model package.
_BAND = "{band}"


class TrainedPeakFinderConfig(Config):
    """Configuration of `TrainedPeakFinderTask`."""

    model = Field[str](
        doc="Model package: the name of a shipped one, or a folder; '{band}' in it becomes the"
        " coadd's band, for a classifier a band. Empty if the task gets it as an input.",
        optional=False,
    )
    threshold = RangeField[float](
        doc="Blend probability above which a footprint is called blended; if not given, the"
        " model's own, which has the best balanced accuracy.",
        optional=True,
        default=None,
        min=0.0,
        max=1.0,
        inclusiveMax=True,
    )
    peak_probability = RangeField[float](
        doc="Probability that an object lies at a place which makes it a peak, beside the likeliest"
        " place of its footprint; of classifiers that know places.",
        default=0.6,
        min=0.0,
        max=1.0,
        inclusiveMax=True,
    )
    peak_threshold = Field[float](
        doc="Point-source S/N that a local maximum must exceed to become a peak; best the"
        " detection threshold, so change the two together.",
        default=5.0,
    )
    tolerance = RangeField[float](
        doc="Share by which the PSF's width or wings, the correlation of noise or the confusion by"
        " unseen galaxies may lie outside those of the training before footprints are flagged"
        " OUTSIDE_TRAINING.",
        default=0.12,
        min=0.0,
    )
    max_area = Field[int](
        doc="Largest area of a footprint's bounding box that is classified [pixel]; larger ones"
        " keep their local maxima, flagged TOO_LARGE. It bounds memory and time.",
        default=MAX_AREA,
        check=lambda area: area >= 1,
    )
    max_maxima = Field[int](
        doc="Most local maxima of a footprint that is classified; one with more keeps them,"
        " flagged TOO_LARGE.",
        default=MAX_MAXIMA,
        check=lambda number: number >= 1,
    )


class TrainedPeakFinderTask(Task):
    """A trained classifier says how many objects a footprint holds; then it gets its peaks.

    A subclass names its classifier:

    ``finder``
        Name of the peak finder, for the tables.
    ``kind``
        Kind of the model packages that it takes.
    ``classifier``
        ``"package.module:Class"`` of the
        `~meas_blends.blends.classifier.Classifier` that unpacks them. It is
        imported when the first image is classified.
    """

    ConfigClass = TrainedPeakFinderConfig
    _DefaultName = "trainedPeakFinder"
    finder: ClassVar[str]
    kind: ClassVar[str]
    classifier: ClassVar[str]

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self._models: dict[str, Classifier] = {}
        self._warned: set[str] = set()
        # Read here, so that a wrong name fails before any image is touched.
        if self.config.model and _BAND not in self.config.model:
            self.package = find_package(self.config.model, self.kind)

    def model(self, band: str) -> Classifier:
        """Build the configured classifier of a band, when it is first needed.

        Raises
        ------
        BadInputError
            If no model is configured, or there is none of this band.
        """
        name = self.config.model
        if not name:
            raise BadInputError(
                f"peak finder '{self.finder}': has no model; give the name of one in its 'model'."
            )
        name = name.replace(_BAND, band)
        if name not in self._models:
            package = find_package(name, self.kind) if name != self.config.model else self.package
            self._models[name] = self._unpack(package)
        return self._models[name]

    def run(
        self,
        filtered: FilteredCoadd,
        pixels: PixelLists,
        others: Mapping[str, FilteredCoadd] | None = None,
        package: ModelPackage | None = None,
    ) -> Struct:
        """Classify all footprints and find their peaks.

        Parameters
        ----------
        filtered : `~meas_blends.detection.matched_filter.FilteredCoadd`
        pixels : `~meas_blends.data.footprints.PixelLists`
        others : `dict` [`str`, `FilteredCoadd`], optional
            The same pixels in other bands, for classifiers over several.
        package : `~meas_blends.data.packages.ModelPackage`, optional
            Model of this image, in place of the configured one.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``classification`` and ``peaks``, the latter with sub-pixel
            centres. A footprint beyond ``max_area`` or ``max_maxima`` keeps
            its local maxima: it is flagged ``TOO_LARGE`` and all its
            probabilities are NaN.

        Raises
        ------
        BadInputError
            If the package is of another kind, or the classifier wants other
            bands.
        """
        model = self.model(filtered.coadd.band) if package is None else self._unpack(package)
        unseen = [band for band in others or {} if band not in model.others]
        if unseen:
            self._warn(
                f"{filtered.coadd.name}: model {model.label} does not look at"
                f" {', '.join(unseen)}; choose or train one that does"
            )
        maxima = find_maxima(filtered, pixels, self.config.peak_threshold)
        detections = Detections(filtered, pixels, maxima, others or {})
        large = is_too_large(detections, self.config.max_area, self.config.max_maxima)
        if not large.any():
            return self._classify(model, detections)
        parts = (
            self._classify(model, detections.select(~large)),
            self._keep(model, detections.select(large)),
        )
        return Struct(
            classification=in_order([part.classification for part in parts]),
            peaks=number_anew([part.peaks for part in parts]),
        )

    def is_too_large(self, area: np.ndarray) -> np.ndarray:
        """Whether footprints whose bounding boxes have such areas [pixel] are not looked at."""
        return area > self.config.max_area

    def run_piece(
        self,
        filtered: FilteredCoadd,
        pixels: PixelLists,
        others: Mapping[str, FilteredCoadd] | None = None,
        package: ModelPackage | None = None,
    ) -> Struct:
        """Find the local maxima in pieces of footprints that are too large.

        Parameters
        ----------
        filtered, pixels, others, package
            As for `run`.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            As of `run`, without any probability.
        """
        model = self.model(filtered.coadd.band) if package is None else self._unpack(package)
        maxima = find_maxima(filtered, pixels, self.config.peak_threshold)
        return self._keep(model, Detections(filtered, pixels, maxima))

    def _keep(self, model: Classifier, detections: Detections) -> Struct:
        """Tables of footprints that keep their local maxima."""
        filtered, pixels, maxima = detections.filtered, detections.pixels, detections.maxima
        flags = CLASSIFICATION.flag("TOO_LARGE") | self._bad_pixels(detections)
        maxima.flags[:] |= PEAKS.flag("TOO_LARGE")
        return Struct(
            classification=make_classification(
                pixels, detections.n_maxima, self.finder, model.label, flags=flags
            ),
            peaks=make_peaks(
                filtered, pixels, maxima, self.finder, refine_centres(filtered, maxima)
            ),
        )

    def _classify(self, model: Classifier, detections: Detections) -> Struct:
        """Tables of footprints that the classifier looks at."""
        filtered, pixels = detections.filtered, detections.pixels
        prediction = model.predict(detections)
        threshold = self.config.threshold
        if threshold is None:
            threshold = model.threshold
        chosen = choose_peaks(detections, prediction, threshold, self.config.peak_probability)
        return Struct(
            classification=make_classification(
                pixels,
                chosen.candidates.counts(len(detections)),
                self.finder,
                model.label,
                prediction.blend_probability,
                prediction.counts,
                self._flags(model, detections, prediction),
                probable_number(prediction, threshold),
            ),
            peaks=make_peaks(
                filtered,
                pixels,
                chosen.candidates,
                self.finder,
                (chosen.dx, chosen.dy),
                chosen.probability,
                (chosen.x_err, chosen.y_err),
            ),
        )

    def _warn(self, warning: str) -> None:
        """Warn of an image, once for all windows of it."""
        if warning not in self._warned:
            self.log.warning("%s", warning)
        self._warned.add(warning)

    def _unpack(self, package: ModelPackage) -> Classifier:
        """Build a classifier; its code is imported now, since it may bring torch."""
        module, _, name = self.classifier.partition(":")
        return getattr(importlib.import_module(module), name).from_package(package)

    def _flags(
        self, model: Classifier, detections: Detections, prediction: Prediction
    ) -> np.ndarray:
        """Flags of each footprint's classification."""
        filtered = detections.filtered
        off = model.learned.outside(detections.conditions, self.config.tolerance)
        strange = off.any(axis=1)
        if strange.any():
            names = [
                name for name, one in zip(CONDITIONS.values(), off.T, strict=True) if one.any()
            ]
            where = "" if strange.all() else "in parts of it "
            self._warn(
                f"{filtered.coadd.name}: {where}{' and '.join(names)} outside what model"
                f" {model.label} was trained on; train one on scenes like it, as the pipeline"
                " patch_models does"
            )
        outside = prediction.unusual | strange
        flags = outside * CLASSIFICATION.flag("OUTSIDE_TRAINING") | self._bad_pixels(detections)
        if model.cutout_size is not None:
            nx = filtered.smoothed.shape[1]
            clipped = exceeds(detections.pixels, nx, model.cutout_size)
            flags = flags | clipped * CLASSIFICATION.flag("CLIPPED")
        return flags

    @staticmethod
    def _bad_pixels(detections: Detections) -> np.ndarray:
        """The flags BAD_PIXELS and SHARP_PIXEL where a footprint has some."""
        pixels = detections.pixels
        filtered = detections.filtered
        unusable = filtered.bad | filtered.coadd.in_planes(FILLED_CORE)
        bad = pixels.reduce(np.logical_or, unusable.ravel()[pixels.flat])
        return bad * CLASSIFICATION.flag("BAD_PIXELS") | has_sharp(filtered, pixels)
