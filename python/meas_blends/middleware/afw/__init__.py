"""In place of LSST's own detection: our peaks in the footprints of ``lsst.afw``."""
