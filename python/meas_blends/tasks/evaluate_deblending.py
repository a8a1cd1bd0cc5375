"""Score the children of several peak finders, and write a page about them."""

from __future__ import annotations

from collections.abc import Sequence

import lsst.pipe.base.connectionTypes as ct
import numpy as np
from astropy.table import Table
from lsst.pex.config import Field
from lsst.pipe.base import PipelineTask, PipelineTaskConnections, Struct

from ..data.pages import Pages
from .deblend import deblended_bands
from .dimensions import IMAGE, PATCH
from .handles import Handle
from .match_children import PARTS, MatchChildrenConfig

__all__ = [
    "EvaluateDeblendingConfig",
    "EvaluateDeblendingConnections",
    "EvaluateDeblendingTask",
]

_RUN = ("skymap",)


class EvaluateDeblendingConnections(PipelineTaskConnections, dimensions=_RUN):
    """Matches of all patches in, scores and a report out.

    Each name in ``finders`` adds the inputs ``children_NAME``,
    ``models_NAME`` and ``stamps_NAME``, for the picture of the first patch.
    """

    matches = ct.Input(
        doc="Galaxies and children of each patch, matched one to one.",
        name="blend_child_matches",
        storageClass="ArrowAstropy",
        dimensions=PATCH,
        multiple=True,
    )
    coadds = ct.Input(
        doc="Coadds of all patches and bands.",
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
        multiple=True,
        deferLoad=True,
    )
    scores = ct.Output(
        doc="One row a peak finder and kind of footprint.",
        name="blend_deblending_scores",
        storageClass="ArrowAstropy",
        dimensions=_RUN,
    )
    report = ct.Output(
        doc="A folder: index.html and its pictures.",
        name="blend_deblending_report",
        storageClass="BlendReport",
        dimensions=_RUN,
    )

    def __init__(self, *, config: EvaluateDeblendingConfig | None = None) -> None:
        super().__init__(config=config)
        for finder in config.finders:
            for part in ("children", "models", "stamps"):
                name, storage = PARTS[part]
                connection = ct.Input(
                    doc=f"From the peaks of {finder}.",
                    name=f"{finder}_{name}",
                    storageClass=storage,
                    dimensions=PATCH,
                    multiple=True,
                    deferLoad=True,
                )
                setattr(self, f"{part}_{finder}", connection)


class EvaluateDeblendingConfig(
    MatchChildrenConfig, pipelineConnections=EvaluateDeblendingConnections
):
    """Configuration of `EvaluateDeblendingTask`; that of the match, and the picture's."""

    view = Field[int](
        doc="Side of the part of the first patch that is drawn, around its largest blend [pixel].",
        default=120,
        check=lambda side: side >= 16,
    )


class EvaluateDeblendingTask(PipelineTask):
    """Score children and draw them."""

    ConfigClass = EvaluateDeblendingConfig
    _DefaultName = "evaluateDeblending"

    def run(
        self,
        matches: Sequence[Table],
        coadds: Sequence[Handle],
        spans: Sequence[Handle],
        **found: Sequence[Handle],
    ) -> Struct:
        """Score all patches together.

        Parameters
        ----------
        matches : sequence of `astropy.table.Table`
            `~meas_blends.data.deblending_tables.CHILD_MATCHES` of each patch.
        coadds, spans : sequences of `Handle`
            Coadds of all patches and bands, and the patches' footprints.
        **found : sequences of `Handle`
            ``children_NAME``, ``models_NAME`` and ``stamps_NAME`` of each
            peak finder.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``scores`` (`~meas_blends.data.deblending_tables.DEBLENDING_SCORES`)
            and ``report`` (`~meas_blends.data.pages.Pages`).
        """
        from ..evaluation.deblending_scores import score_children
        from ..pictures.deblended import draw_deblended
        from ..pictures.deblending_report import make_deblending_report

        scores = score_children(matches)
        patch = spans[0].dataId["patch"]
        images = deblended_bands(
            [handle for handle in coadds if handle.dataId["patch"] == patch],
            spans[0].get(),
            self.config,
        )
        figures = {}
        box = None
        for finder in self.config.finders:
            children = found[f"children_{finder}"][0].get()
            first = next(iter(images.values()))
            box = box or _largest_blend(children, first.xy0, first.shape, self.config.view)
            models, stamps = (found[f"{part}_{finder}"][0].get() for part in ("models", "stamps"))
            figures[finder] = draw_deblended(images, models, stamps, children, box)
        return Struct(scores=scores, report=Pages(make_deblending_report(scores, matches, figures)))


def _largest_blend(
    children: Table, xy0: tuple[int, int], shape: tuple[int, int], view: int
) -> tuple[int, int, int, int]:
    """Box (x, y, width, height) around the measured children that are most together."""
    width, height = min(view, shape[1]), min(view, shape[0])
    measured = np.isfinite(np.asarray(children["chi2"], float))
    x, y = xy0
    if measured.any():
        number = np.where(measured, np.asarray(children["nPeaks"]), 0)
        chosen = children["footprintId"] == children["footprintId"][int(np.argmax(number))]
        x = round(float(np.mean(children["x"][chosen]))) - width // 2
        y = round(float(np.mean(children["y"][chosen]))) - height // 2
    x = int(np.clip(x, xy0[0], xy0[0] + shape[1] - width))
    y = int(np.clip(y, xy0[1], xy0[1] + shape[0] - height))
    return x, y, width, height
