"""Ground floor: coadds, footprints, table schemas, files and model packages."""
