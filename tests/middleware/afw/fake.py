"""What our code uses of ``lsst.afw``, with the same semantics, for machines without the stack.

`real` builds the same things of the real one.
"""

import itertools
from collections import namedtuple
from types import SimpleNamespace

import numpy as np
from astropy.wcs import WCS


class Box:
    """Of pixels, upper bounds included; empty without any."""

    def __init__(self, x0, y0, width, height):
        self.x0, self.y0, self.width, self.height = x0, y0, width, height

    def isEmpty(self):
        return self.width == 0 or self.height == 0

    def getMinX(self):
        return self.x0

    def getMinY(self):
        return self.y0


class SpanSet:
    """Pixels in parent coordinates."""

    def __init__(self, mask, xy0):
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if len(rows) == 0:
            self.box, self.inside = Box(0, 0, 0, 0), mask[:0, :0]
            return
        x, y = slice(columns[0], columns[-1] + 1), slice(rows[0], rows[-1] + 1)
        self.inside = mask[y, x]
        height, width = self.inside.shape
        self.box = Box(xy0[0] + int(columns[0]), xy0[1] + int(rows[0]), width, height)

    def asArray(self):
        """In the frame of the bounding box."""
        return self.inside.astype(np.int32)


class Schema:
    """Names of the fields of peaks."""

    def __init__(self, significance):
        self.names = ["id", "f_x", "f_y", "i_x", "i_y", "peakValue"]
        self.names += ["significance"] if significance else []

    def getNames(self):
        return set(self.names)


class PeakRecord:
    """Holds what its schema has, in its precision."""

    def __init__(self, schema, identifier):
        self.schema = schema
        self.values = {"id": identifier}

    def set(self, name, value):
        if name not in self.schema.names or not isinstance(value, float):
            raise TypeError(f"{name} = {value!r}")
        self.values[name] = value

    def __getitem__(self, name):
        return self.values[name]

    def _set_integer(self, name, value):
        if not isinstance(value, int):
            raise TypeError(f"{name} = {value!r}")
        self.values[name] = value

    def setIx(self, value):
        self._set_integer("i_x", value)

    def setIy(self, value):
        self._set_integer("i_y", value)

    def getIx(self):
        return self.values["i_x"]

    def getIy(self):
        return self.values["i_y"]

    def getFx(self):
        return self.values["f_x"]

    def getFy(self):
        return self.values["f_y"]

    def getPeakValue(self):
        return self.values["peakValue"]


class PeakCatalog(list):
    """Peaks of one schema, numbered as they come."""

    def __init__(self, schema):
        super().__init__()
        self._schema = schema
        self._numbers = itertools.count(1)

    def getSchema(self):
        return self._schema

    def addNew(self):
        self.append(PeakRecord(self._schema, next(self._numbers)))
        return self[-1]


class Footprint:
    """Spans and peaks."""

    def __init__(self, spans, schema):
        self._spans, self._peaks = spans, PeakCatalog(schema)

    def getBBox(self):
        return self._spans.box

    def getSpans(self):
        return self._spans

    def getPeaks(self):
        return self._peaks

    def addPeak(self, fx, fy, height):
        """Single precision, and a pixel by truncation, as in C++."""
        fx, fy, height = (float(np.float32(value)) for value in (fx, fy, height))
        peak = self._peaks.addNew()
        peak.values.update(f_x=fx, f_y=fy, i_x=int(fx), i_y=int(fy), peakValue=height)
        return peak

    def sortPeaks(self):
        self._peaks.sort(key=lambda peak: -peak.getPeakValue())


class FootprintSet:
    """Footprints; gives a new list of the same ones each time."""

    def __init__(self, footprints):
        self._footprints = list(footprints)

    def getFootprints(self):
        return list(self._footprints)

    def makeSources(self, sources):
        sources.extend(SimpleNamespace(getFootprint=lambda f=f: f) for f in self._footprints)


class Image:
    """An array with the parent pixel of its corner."""

    def __init__(self, array, xy0):
        self.array, self._xy0 = array, xy0

    def getXY0(self):
        return self._xy0


class Mask(Image):
    """With named planes."""

    def __init__(self, array, xy0, planes):
        super().__init__(array, xy0)
        self._planes = planes

    def getMaskPlaneDict(self):
        return dict(self._planes)


Point = namedtuple("Point", "x y")


class Psf:
    """The same everywhere. Its kernel images have their centre at (0, 0)."""

    def __init__(self, array, centre):
        self._array, self._centre = array, centre

    def getAveragePosition(self):
        return Point(0.0, 0.0)

    def computeKernelImage(self, position):
        return Image(self._array.astype(float), (-self._centre[0], -self._centre[1]))


class SkyWcs:
    """Of parent pixels."""

    def __init__(self, wcs, xy0):
        self._header = wcs.to_header()
        for key, origin in zip(("CRPIX1", "CRPIX2"), xy0, strict=True):
            self._header[key] += origin

    def getFitsMetadata(self, precise=False):
        return SimpleNamespace(toDict=lambda: dict(self._header))


class FilterLabel:
    """A band, a physical filter, or both."""

    def __init__(self, band, physical):
        self._band, self.physicalLabel = band, physical

    def hasBandLabel(self):
        return self._band is not None

    @property
    def bandLabel(self):
        if self._band is None:
            raise LookupError("no band")
        return self._band


class Exposure:
    """Pixels with their calibration."""

    def __init__(self, image, variance, mask, parts):
        self.image, self.variance, self.mask = image, variance, mask
        self._parts = parts

    def getXY0(self):
        return self.image.getXY0()

    def getPsf(self):
        return self._parts.get("psf")

    def getWcs(self):
        return self._parts.get("wcs")

    def getPhotoCalib(self):
        return self._parts.get("calibration")

    def getFilter(self):
        return self._parts.get("filter")


def footprint(mask, xy0, peaks=(), significance=False):
    """Footprint of the pixels of a mask, with peaks (x, y, value)."""
    made = Footprint(SpanSet(np.asarray(mask, bool), xy0), Schema(significance))
    for peak in peaks:
        made.addPeak(*peak)
    return made


def footprint_set(footprints, shape, xy0):
    """Set of footprints in an image of a shape."""
    return FootprintSet(footprints)


def exposure(coadd, band="i", physical="HSC-I", centre=None):
    """Exposure of all that a coadd has; the PSF's centre may be off the middle of its image."""
    parts = {}
    if coadd.psf is not None:
        middle = (coadd.psf.middle.shape[1] // 2, coadd.psf.middle.shape[0] // 2)
        parts["psf"] = Psf(coadd.psf.middle, centre or middle)
    if coadd.wcs is not None:
        parts["wcs"] = SkyWcs(coadd.wcs, coadd.xy0)
    if np.isfinite(coadd.zero_point):
        mean = coadd.nanojansky_per_count
        parts["calibration"] = SimpleNamespace(getCalibrationMean=lambda: mean)
    if band or physical:
        parts["filter"] = FilterLabel(band, physical)
    planes = (Image(plane.copy(), coadd.xy0) for plane in (coadd.image, coadd.variance))
    mask = Mask(coadd.mask.copy(), coadd.xy0, coadd.mask_planes)
    return Exposure(*planes, mask, parts)


def tangent_wcs(xy0):
    """WCS of an array whose reference pixel is a parent one."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [150.0, 2.0]
    wcs.wcs.crpix = [1.0 - xy0[0], 1.0 - xy0[1]]
    wcs.wcs.cdelt = [-0.2 / 3600, 0.2 / 3600]
    return wcs
