"""LSST's detection tasks in little: the fake of ``lsst.meas.algorithms``."""

import numpy as np
from lsst.pex.config import Config, Field
from lsst.pipe.base import Struct, Task

from meas_blends.blends.maxima import find_maxima
from meas_blends.data.footprints import pixel_lists
from meas_blends.detection.find import find_footprints
from meas_blends.detection.matched_filter import matched_filter
from meas_blends.middleware.afw.exposure import coadd_from_exposure
from middleware.afw import fake


class SourceDetectionConfig(Config):
    """Some of its fields."""

    thresholdValue = Field[float]("Threshold for footprints.", default=5.0)
    reEstimateBackground = Field[bool]("Estimate the background again?", default=False)
    thresholdPolarity = Field[str]("positive, negative or both", default="positive")

    def setDefaults(self):
        self.reEstimateBackground = True


class SourceDetectionTask(Task):
    """Detects as LSST does, with our own functions; marks its border as EDGE."""

    ConfigClass = SourceDetectionConfig
    _DefaultName = "sourceDetection"

    def __init__(self, schema=None, **kwargs):
        super().__init__(**kwargs)
        self.schema = schema

    def run(self, table, exposure, doSmooth=True, sigma=None, clearMask=True, expId=None):
        found = self.detectFootprints(
            exposure=exposure, doSmooth=doSmooth, sigma=sigma, clearMask=clearMask, expId=expId
        )
        sources = []
        if found.positive:
            found.positive.makeSources(sources)
        return Struct(sources=sources, **found.getDict())

    def detectFootprints(
        self, exposure, doSmooth=True, sigma=None, clearMask=True, expId=None, background=None
    ):
        self.seen = {"doSmooth": doSmooth, "expId": expId, "background": background}
        positive = self._find(exposure) if self.config.thresholdPolarity != "negative" else None
        negative = self._find(exposure, -1) if self.config.thresholdPolarity != "positive" else None
        edge = np.ones(exposure.mask.array.shape, bool)
        edge[6:-6, 6:-6] = False
        exposure.mask.array[edge] |= 1 << exposure.mask.getMaskPlaneDict()["EDGE"]
        if self.config.reEstimateBackground:
            exposure.image.array[:] -= np.median(exposure.image.array)
        return Struct(
            positive=positive,
            negative=negative,
            numPosPeaks=-1 if positive is None else _peaks(positive),
            numNegPeaks=0 if negative is None else _peaks(negative),
        )

    def _find(self, exposure, sign=1):
        coadd = coadd_from_exposure(exposure)
        filtered = matched_filter(coadd.replace(image=sign * coadd.image))
        _, spans = find_footprints(filtered, self.config.thresholdValue)
        pixels = pixel_lists(spans, coadd.shape, coadd.xy0)
        maxima = find_maxima(filtered, pixels, self.config.thresholdValue)
        footprints = []
        for k in range(len(pixels.identifiers)):
            mask = np.zeros(coadd.shape, bool)
            mask.ravel()[pixels.flat[pixels.first[k] : pixels.first[k + 1]]] = True
            y, x = np.divmod(maxima.flat[maxima.owner == k], coadd.shape[1])
            value = sign * filtered.smoothed[y, x]
            peaks = np.stack([x + coadd.xy0[0], y + coadd.xy0[1], value], 1).tolist()
            footprints.append(fake.footprint(mask, coadd.xy0, peaks, significance=True))
        return fake.footprint_set(footprints, coadd.shape, coadd.xy0)


class DynamicDetectionConfig(SourceDetectionConfig):
    """One field more."""

    prelimThresholdFactor = Field[float]("Share of the threshold in the first pass.", default=0.5)


class DynamicDetectionTask(SourceDetectionTask):
    """Has a configuration of its own."""

    ConfigClass = DynamicDetectionConfig
    _DefaultName = "dynamicDetection"


def _peaks(found):
    return sum(len(footprint.getPeaks()) for footprint in found.getFootprints())
