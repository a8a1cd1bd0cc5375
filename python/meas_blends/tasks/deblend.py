"""Deblend the footprints of a patch in all its bands at once."""

from __future__ import annotations

from collections.abc import Sequence

import lsst.pipe.base.connectionTypes as ct
import numpy as np
from astropy.table import Table
from lsst.pex.config import Field
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..data.coadd import Coadd
from ..data.deblending_tables import CHILDREN
from ..data.footprints import pixel_lists, spans_to_labels
from ..data.image_names import band_rank
from ..detection.background import subtract_background
from ..errors import BadInputError
from .dimensions import IMAGE, PATCH
from .filtering import BackgroundConfig, without_sharp_pixels
from .handles import Handle, by_band, read_bands

__all__ = ["DeblendConfig", "DeblendConnections", "DeblendTask", "deblended_bands"]


class DeblendConnections(PipelineTaskConnections, dimensions=PATCH):
    """Coadds of all bands, spans and peaks in; children, their fluxes, models and stamps out."""

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
    peaks = ct.Input(
        doc="One row an object: where.",
        name="bands_blend_peaks",
        storageClass="ArrowAstropy",
        dimensions=PATCH,
    )
    children = ct.Output(
        doc="One row a peak: the child that was made of it.",
        name="blend_children",
        storageClass="ArrowAstropy",
        dimensions=PATCH,
    )
    fluxes = ct.Output(
        doc="One row a child and band.",
        name="blend_child_fluxes",
        storageClass="ArrowAstropy",
        dimensions=PATCH,
    )
    models = ct.Output(
        doc="Model of each child in every band.",
        name="blend_child_models",
        storageClass="BlendChildModels",
        dimensions=PATCH,
    )
    stamps = ct.Output(
        doc="Each child's share of the data in every band, in proportion to the models.",
        name="blend_child_stamps",
        storageClass="BlendChildModels",
        dimensions=PATCH,
    )


class DeblendConfig(PipelineTaskConfig, BackgroundConfig, pipelineConnections=DeblendConnections):
    """Configuration of `DeblendTask`."""

    max_side = Field[int](
        doc="Largest side of the square that holds a footprint and four pixels around it [pixel];"
        " footprints that need more are TOO_LARGE.",
        default=129,
        check=lambda side: 33 <= side <= 257,
    )
    max_peaks = Field[int](
        doc="Most peaks that are deblended together; footprints with more are TOO_LARGE.",
        default=16,
        check=lambda number: number >= 1,
    )
    max_steps = Field[int](doc="Most steps of a fit.", default=50, check=lambda number: number >= 1)
    max_misfit = Field[float](
        doc="A child gets a free image if its chi^2 is more than so many times the scatter of noise"
        " above that of noise; None gives none.",
        default=10.0,
        check=lambda value: value > 0,
        optional=True,
    )


class DeblendTask(PipelineTask):
    """Fit a scarlet2 model to each peak, all of a footprint together."""

    ConfigClass = DeblendConfig
    _DefaultName = "deblend"

    def run(self, coadds: Sequence[Handle], spans: Table, peaks: Table) -> Struct:
        """Deblend a patch.

        Parameters
        ----------
        coadds : sequence of `Handle`
            Handles of coadds with the band in their ``dataId``, one a band.
        spans, peaks : `astropy.table.Table`
            `~meas_blends.data.catalogs.SPANS` and
            `~meas_blends.data.catalogs.PEAKS`.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``children`` (`~meas_blends.data.deblending_tables.CHILDREN`, one
            row a peak in the same order), ``fluxes``
            (`~meas_blends.data.deblending_tables.CHILD_FLUXES`), ``models``
            and ``stamps`` (`~meas_blends.data.child_models.ChildModels`). A
            footprint that is too large or fails keeps its rows, flagged.

        Raises
        ------
        BadInputError
            If scarlet2 is not installed, or the bands are not on one grid.
        """
        try:
            # jax needs seconds to import.
            from ..deblending.deblend import deblend
        except ModuleNotFoundError as error:
            raise BadInputError(
                f"deblending needs {error.name}, which is not installed; run pip install"
                " 'meas_blends[deblend]'."
            ) from error
        ready = deblended_bands(coadds, spans, self.config)
        first = next(iter(ready.values()))
        pixels = pixel_lists(spans, first.shape, first.xy0)
        config = self.config
        made = deblend(
            ready,
            pixels,
            peaks,
            config.max_side,
            config.max_peaks,
            config.max_steps,
            config.max_misfit,
        )
        for footprint, why in made.failures.items():
            self.log.warning("%s: footprint %d not deblended: %s", first.name, footprint, why)
        lost = CHILDREN.flag("TOO_LARGE") | CHILDREN.flag("FAILED")
        self.log.info(
            "%s: %d of %d peaks deblended in %s",
            first.name,
            np.sum(np.asarray(made.children["flags"]) & lost == 0),
            len(peaks),
            ", ".join(ready),
        )
        return Struct(
            children=made.children, fluxes=made.fluxes, models=made.models, stamps=made.stamps
        )


def deblended_bands(
    coadds: Sequence[Handle], spans: Table, config: BackgroundConfig
) -> dict[str, Coadd]:
    """Read the coadds of a patch as they are deblended: without background and sharp pixels.

    Parameters
    ----------
    coadds : sequence of `Handle`
        Handles of coadds with the band in their ``dataId``, one a band.
    spans : `astropy.table.Table`
        `~meas_blends.data.catalogs.SPANS`, left out of the background: with
        the galaxies' wings in it, it would take light from them.
    config : `BackgroundConfig`

    Returns
    -------
    coadds : `dict` [`str`, `~meas_blends.data.coadd.Coadd`]
        By band, from blue to red; others than ugrizy come last, by their names.

    Raises
    ------
    BadInputError
        If the bands are not on one grid.
    """
    handles = by_band(coadds)
    ready = {}
    # A Butler gives bands by their letters, and the order is that of the tables.
    for band, coadd in read_bands(handles, sorted(handles, key=band_rank)):
        if config.subtract_background:
            sources = spans_to_labels(spans, coadd.shape, coadd.xy0) != 0
            coadd = subtract_background(
                coadd, config.background_mesh, config.background_median, sources
            )
        ready[band] = without_sharp_pixels(coadd, config)
    return ready
