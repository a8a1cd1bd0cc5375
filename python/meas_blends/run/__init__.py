"""Running pipelines over FITS images, in memory, without a Butler."""
