"""Images of Rubin's package ``lsst.images``, in memory, as coadds.

DP2 gives its deep coadds as ``CellCoadd``, its exposures as ``VisitImage``.
Nothing here imports ``lsst.images``: who has such an image has done so.
"""

from .convert import (
    as_coadd,
    coadd_from_cell_coadd,
    coadd_from_masked_image,
    coadd_from_visit_image,
)

__all__ = [
    "as_coadd",
    "coadd_from_cell_coadd",
    "coadd_from_masked_image",
    "coadd_from_visit_image",
]
