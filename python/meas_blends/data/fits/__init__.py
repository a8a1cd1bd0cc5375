"""Coadds from and to FITS: our own layout and the LSST pipelines' Exposures."""
