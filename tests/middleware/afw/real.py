"""The builders of `fake`, of the real ``lsst.afw``."""

import lsst.afw.detection
import lsst.afw.geom
import lsst.afw.image
import lsst.afw.math
import lsst.geom
import lsst.meas.algorithms
import numpy as np


def footprint(mask, xy0, peaks=(), significance=False):
    """Footprint of the pixels of a mask, with peaks (x, y, value)."""
    schema = lsst.afw.detection.PeakTable.makeMinimalSchema()
    if significance:
        schema.addField("significance", type=float, doc="S/N of the peak")
    image = lsst.afw.image.Mask(np.asarray(mask, np.int32), xy0=lsst.geom.Point2I(*xy0))
    made = lsst.afw.detection.Footprint(lsst.afw.geom.SpanSet.fromMask(image), schema)
    for peak in peaks:
        made.addPeak(*peak)
    return made


def footprint_set(footprints, shape, xy0):
    """Set of footprints in an image of a shape."""
    made = lsst.afw.detection.FootprintSet(_box(shape, xy0))
    made.setFootprints(list(footprints))
    return made


def exposure(coadd, band="i", physical="HSC-I", centre=None):
    """Exposure of all that a coadd has; the PSF's centre may be off the middle of its image."""
    made = lsst.afw.image.ExposureF(_box(coadd.shape, coadd.xy0))
    made.image.array[:], made.variance.array[:] = coadd.image, coadd.variance
    for plane, bit in coadd.mask_planes.items():
        made.mask.array[coadd.mask & (1 << bit) != 0] |= made.mask.getPlaneBitMask(plane)
    if coadd.psf is not None:
        kernel = lsst.afw.math.FixedKernel(
            lsst.afw.image.ImageD(coadd.psf.middle.astype(np.float64))
        )
        if centre is not None:
            kernel.setCtr(lsst.geom.Point2I(*centre))
        made.setPsf(lsst.meas.algorithms.KernelPsf(kernel))
    if coadd.wcs is not None:
        made.setWcs(_sky_wcs(coadd))
    if np.isfinite(coadd.zero_point):
        made.setPhotoCalib(lsst.afw.image.PhotoCalib(coadd.nanojansky_per_count))
    names = {"band": band, "physical": physical}
    if band or physical:
        label = lsst.afw.image.FilterLabel(**{key: name for key, name in names.items() if name})
        made.setFilter(label)
    return made


def _box(shape, xy0):
    return lsst.geom.Box2I(lsst.geom.Point2I(*xy0), lsst.geom.Extent2I(shape[1], shape[0]))


def _sky_wcs(coadd):
    wcs = coadd.wcs.wcs
    return lsst.afw.geom.makeSkyWcs(
        crpix=lsst.geom.Point2D(*(wcs.crpix - 1 + coadd.xy0)),
        crval=lsst.geom.SpherePoint(*wcs.crval, lsst.geom.degrees),
        cdMatrix=np.diag(wcs.cdelt),
    )
