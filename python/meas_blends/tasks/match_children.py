"""Hold the children of several peak finders against the galaxies that are truly there."""

from __future__ import annotations

import re
from collections.abc import Sequence

import lsst.pipe.base.connectionTypes as ct
import numpy as np
from astropy.table import Table, vstack
from lsst.pex.config import Field, ListField
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..data.child_models import ChildModels
from ..data.deblending_tables import CHILD_MATCHES
from ..data.footprints import footprint_of
from ..errors import BadInputError
from .deblend import deblended_bands
from .dimensions import IMAGE, PATCH
from .filtering import BackgroundConfig
from .handles import Handle, by_band, reference_band

__all__ = ["PARTS", "MatchChildrenConfig", "MatchChildrenConnections", "MatchChildrenTask"]

#: What there is of each peak finder: end of the dataset type, storage class.
PARTS = {
    "peaks": ("blend_peaks", "ArrowAstropy"),
    "children": ("blend_children", "ArrowAstropy"),
    "fluxes": ("blend_child_fluxes", "ArrowAstropy"),
    "models": ("blend_child_models", "BlendChildModels"),
    "stamps": ("blend_child_stamps", "BlendChildModels"),
}

#: Those that the match looks at.
_MATCHED = ("peaks", "children", "fluxes", "stamps")


class MatchChildrenConnections(PipelineTaskConnections, dimensions=PATCH):
    """Coadds, truth and the children of each peak finder in, matches out.

    Each name in ``finders`` adds the inputs ``peaks_NAME``, ``children_NAME``,
    ``fluxes_NAME`` and ``stamps_NAME``, whose dataset types are
    ``NAME_blend_peaks``, ``NAME_blend_children``, ``NAME_blend_child_fluxes``
    and ``NAME_blend_child_stamps``.
    """

    coadds = ct.Input(
        doc="Coadds of the bands.",
        name="blend_coadd",
        storageClass="BlendCoadd",
        dimensions=IMAGE,
        multiple=True,
        deferLoad=True,
    )
    spans = ct.Input(
        doc="Pixels of the footprints.",
        name="bands_blend_spans",
        storageClass="ArrowAstropy",
        dimensions=PATCH,
    )
    truths = ct.Input(
        doc="The galaxies that are truly there, as each band shows them.",
        name="blend_truth",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
        multiple=True,
        deferLoad=True,
    )
    matches = ct.Output(
        doc="Galaxies and children, matched one to one.",
        name="blend_child_matches",
        storageClass="ArrowAstropy",
        dimensions=PATCH,
    )

    def __init__(self, *, config: MatchChildrenConfig | None = None) -> None:
        super().__init__(config=config)
        for finder in config.finders:
            for part in _MATCHED:
                name, storage = PARTS[part]
                connection = ct.Input(
                    doc=f"From the peaks of {finder}.",
                    name=f"{finder}_{name}",
                    storageClass=storage,
                    dimensions=PATCH,
                )
                setattr(self, f"{part}_{finder}", connection)


class MatchChildrenConfig(
    PipelineTaskConfig, BackgroundConfig, pipelineConnections=MatchChildrenConnections
):
    """Configuration of `MatchChildrenTask`."""

    finders = ListField[str](
        doc="Names of the peak finders to compare: the first part of the names of their datasets.",
        default=["local_maxima", "bands"],
        minLength=1,
        itemCheck=lambda name: re.fullmatch(r"[A-Za-z]\w*", name) is not None,
    )
    reference = Field[str](doc="Band of fluxes, shapes and significance.", default="i")
    match_radius = Field[float](
        doc="Farthest distance of a child from its galaxy [arcsec].",
        default=0.5,
        check=lambda value: value > 0,
    )
    min_significance = Field[float](
        doc="Least point-source S/N of a galaxy that counts.",
        default=5.0,
        check=lambda value: value >= 0,
    )


class MatchChildrenTask(PipelineTask):
    """Match children to galaxies, and measure what deblending did to them."""

    ConfigClass = MatchChildrenConfig
    _DefaultName = "matchChildren"

    def run(
        self,
        coadds: Sequence[Handle],
        spans: Table,
        truths: Sequence[Handle],
        **found: Table | ChildModels,
    ) -> Struct:
        """Match the children of one patch.

        Parameters
        ----------
        coadds, truths : sequences of `Handle`
            Coadds and `~meas_blends.data.catalogs.TRUTH`, one a band. A
            galaxy has the same ``galaxyId`` in each.
        spans : `astropy.table.Table`
            `~meas_blends.data.catalogs.SPANS`.
        **found
            ``peaks_NAME``, ``children_NAME``, ``fluxes_NAME`` and
            ``stamps_NAME`` of each peak finder.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``matches``, `~meas_blends.data.deblending_tables.CHILD_MATCHES`.

        Raises
        ------
        BadInputError
            If the reference band is missing, or its pixel scale is unknown.
        """
        from ..evaluation.deblending import match_children, true_galaxies

        images = deblended_bands(coadds, spans, self.config)
        reference = reference_band(list(images), self.config.reference)
        coadd = images[reference]
        if not np.isfinite(coadd.pixel_scale):
            raise BadInputError(f"{coadd.name}: has no pixel scale; give --pixel-scale.")
        tables = by_band(truths)
        bluest = next(iter(images))
        truth = tables[reference].get()
        truth = truth[np.asarray(truth["significance"]) >= self.config.min_significance]
        owner = footprint_of(spans, truth["x"], truth["y"])
        galaxies = true_galaxies(
            truth[owner > 0],
            owner[owner > 0],
            tables[bluest].get(),
            coadd.psf,
            coadd.pixel_scale,
        )
        matches = [
            match_children(
                galaxies,
                coadd,
                *(found[f"{part}_{finder}"] for part in _MATCHED),
                finder,
                (reference, bluest),
                self.config.match_radius,
            )
            for finder in self.config.finders
        ]
        self.log.info("%s: %d galaxies", coadd.name, len(galaxies.table))
        return Struct(matches=vstack([CHILD_MATCHES.make(), *matches]))
