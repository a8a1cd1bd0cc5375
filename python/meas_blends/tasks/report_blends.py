"""Write the report of an evaluation."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import lsst.pipe.base.connectionTypes as ct
import numpy as np
import pyarrow.parquet as pq
from astropy.table import Table
from lsst.pex.config import Field
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..data.outcome_tables import OUTCOMES, PLACES
from ..data.pages import Pages
from ..data.tables import to_arrow
from ..data.versions import versions
from ..detection.noise import clipped_scatter
from ..evaluation.examples import choose_examples
from ..evaluation.numbers import number_table
from ..evaluation.summary import finders_of, gather
from ..pictures.gallery import Example, make_example
from ..pictures.report import make_report
from ..pictures.report_inputs import ReportInputs
from .dimensions import IMAGE, drop_band
from .handles import reference_band

__all__ = ["ReportBlendsConfig", "ReportBlendsConnections", "ReportBlendsTask"]

_RUN = ("skymap", "band")

#: Tables of scores by connection; those that may be missing.
_TABLES = (
    "evaluation",
    "reliability",
    "counts",
    "accuracy",
    "brightness",
    "confidence",
    "agreement",
)
_OPTIONAL = ("timing", "robustness", "studies")

#: Every how many pixels the sky of a gallery's image is measured.
_STRIDE = 3


class _Handle(Protocol):
    """What stands for a dataset that is read on demand."""

    dataId: Any

    def get(self) -> Any:
        """Read it."""


class ReportBlendsConnections(PipelineTaskConnections, dimensions=_RUN):
    """All that an evaluation made in, a report out."""

    evaluation = ct.Input(
        doc="One row a peak finder.",
        name="blend_evaluation",
        storageClass="ArrowAstropy",
        dimensions=_RUN,
    )
    reliability = ct.Input(
        doc="Stated against observed share of blends.",
        name="blend_reliability",
        storageClass="ArrowAstropy",
        dimensions=_RUN,
    )
    counts = ct.Input(
        doc="True against given numbers of objects.",
        name="blend_counts",
        storageClass="ArrowAstropy",
        dimensions=_RUN,
    )
    accuracy = ct.Input(
        doc="Accuracy against magnitude, separation and more.",
        name="blend_accuracy",
        storageClass="ArrowAstropy",
        dimensions=_RUN,
    )
    brightness = ct.Input(
        doc="Probabilities and peaks against truth, by the brightest galaxy's S/N and size.",
        name="blend_brightness",
        storageClass="ArrowAstropy",
        dimensions=_RUN,
    )
    confidence = ct.Input(
        doc="Confidence of right and of wrong calls.",
        name="blend_confidence",
        storageClass="ArrowAstropy",
        dimensions=_RUN,
    )
    agreement = ct.Input(
        doc="How often two peak finders are right together.",
        name="blend_agreement",
        storageClass="ArrowAstropy",
        dimensions=_RUN,
    )
    timing = ct.Input(
        doc="Processor time of each peak finder; may be missing.",
        name="blend_timing",
        storageClass="ArrowAstropy",
        dimensions=_RUN,
        minimum=0,
    )
    robustness = ct.Input(
        doc="Scores under several conditions; may be missing.",
        name="blend_robustness",
        storageClass="ArrowAstropy",
        dimensions=_RUN,
        minimum=0,
    )
    studies = ct.Input(
        doc="Scores of several options; may be missing.",
        name="blend_studies",
        storageClass="ArrowAstropy",
        dimensions=_RUN,
        minimum=0,
    )
    outcomes = ct.Input(
        doc="One row a footprint and peak finder.",
        name="blend_outcomes",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
        multiple=True,
    )
    places = ct.Input(
        doc="Galaxies and peaks, matched one to one.",
        name="blend_places",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
        multiple=True,
    )
    coadds = ct.Input(
        doc="Images for the galleries.",
        name="blend_coadd",
        storageClass="BlendCoadd",
        dimensions=IMAGE,
        multiple=True,
        deferLoad=True,
    )
    spans = ct.Input(
        doc="Pixels of the footprints.",
        name="blend_spans",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
        multiple=True,
        deferLoad=True,
    )
    report = ct.Output(
        doc="A folder: index.html, its pictures, and all numbers as tables.",
        name="blend_report",
        storageClass="BlendReport",
        dimensions=_RUN,
    )

    def __init__(self, *, config: PipelineTaskConfig | None = None) -> None:
        super().__init__(config=config)
        if config.over_bands:
            self.dimensions.discard("band")
            drop_band(self, *(self.inputs - {"coadds"}), *self.outputs)


class ReportBlendsConfig(PipelineTaskConfig, pipelineConnections=ReportBlendsConnections):
    """Configuration of `ReportBlendsTask`."""

    n_examples = Field[int](
        doc="Footprints in each gallery, at most.", default=12, check=lambda number: number >= 0
    )
    gallery_scenes = Field[int](
        doc="How many of the scenes the galleries draw from: each is read as a whole.",
        default=4,
        check=lambda number: number >= 1,
    )
    seed = Field[int](
        doc="Seed of the draw of examples.", default=1, check=lambda value: value >= 0
    )
    match_radius = Field[float](
        doc="Farthest distance of a peak from its galaxy [arcsec]; that of the match.",
        default=0.5,
        check=lambda value: value > 0,
    )
    over_bands = Field[bool](
        doc="Do the outcomes stand for all bands of a patch, not for one?", default=False
    )
    reference = Field[str](doc="Then the band of the galleries' images.", default="i")


class ReportBlendsTask(PipelineTask):
    """Draw the pictures of an evaluation and set them on a page."""

    ConfigClass = ReportBlendsConfig
    _DefaultName = "reportBlends"

    def run(
        self,
        outcomes: Sequence[Table],
        places: Sequence[Table],
        coadds: Sequence[_Handle],
        spans: Sequence[_Handle],
        **tables: Table,
    ) -> Struct:
        """Write the report.

        Parameters
        ----------
        outcomes, places : sequences of `astropy.table.Table`
            `~meas_blends.data.outcome_tables.OUTCOMES` and
            `~meas_blends.data.outcome_tables.PLACES` of each scene.
        coadds, spans : sequences of `lsst.daf.butler.DeferredDatasetHandle`
            Images and pixels of the footprints of the same scenes.
        **tables : `astropy.table.Table`
            Scores by the names of their connections.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``report``, `~meas_blends.data.pages.Pages`.
        """
        scores = {
            name: tables[name] for name in (*_TABLES, *_OPTIONAL) if tables.get(name) is not None
        }
        images = _images_in(self.config.reference, coadds) if self.config.over_bands else coadds
        inputs = ReportInputs(
            scores,
            gather(places, PLACES),
            self._examples(outcomes, places, images, spans),
            self.config.match_radius,
            list(_facts(images)),
        )
        numbers = number_table(scores)
        files = {
            **make_report(inputs),
            "numbers.ecsv": _as_text(numbers),
            "numbers.parquet": _as_parquet(numbers),
        }
        return Struct(report=Pages(files))

    def _examples(
        self,
        outcomes: Sequence[Table],
        places: Sequence[Table],
        coadds: Sequence[_Handle],
        spans: Sequence[_Handle],
    ) -> dict[str, list[Example]]:
        """Cut out footprints for the galleries."""
        number = self.config.gallery_scenes
        together = gather(outcomes[:number], OUTCOMES)
        if len(together) == 0 or self.config.n_examples == 0:
            return {}
        rng = np.random.default_rng(self.config.seed)
        chosen = choose_examples(together, self.config.n_examples, rng)
        finders = finders_of(together)
        made: dict[tuple[int, int], Example] = {}
        every = np.unique(np.concatenate(list(chosen.values())), axis=0)
        for scene in np.unique(every[:, 0]):
            coadd, footprints = coadds[scene].get(), spans[scene].get()
            sample = coadd.image[::_STRIDE, ::_STRIDE]
            sky = clipped_scatter(sample[~coadd.bad[::_STRIDE, ::_STRIDE]])
            for footprint in every[every[:, 0] == scene, 1]:
                parts = (
                    table[np.asarray(table["footprintId"]) == footprint]
                    for table in (footprints, outcomes[scene], places[scene])
                )
                made[scene, footprint] = make_example(coadd, sky, *parts, finders)
        return {
            name: [made[scene, footprint] for scene, footprint in rows]
            for name, rows in chosen.items()
        }


def _images_in(band: str, handles: Sequence[_Handle]) -> list[_Handle]:
    """Image of each patch in the reference band."""
    patches: dict[tuple[str, str], dict[str, _Handle]] = {}
    for handle in handles:
        identity = handle.dataId
        tract = str(identity["tract"]) if "tract" in identity else ""
        patch = patches.setdefault((tract, str(identity["patch"])), {})
        patch[str(identity["band"])] = handle
    return [patch[reference_band(list(patch), band)] for patch in patches.values()]


def _facts(coadds: Sequence[_Handle]) -> Iterator[tuple[str, str]]:
    """What the page says of its origin."""
    if coadds:
        coadd = coadds[0].get()
        ny, nx = coadd.shape
        origin = coadd.origins.get("image", "")
        yield "first scene", f"{coadd.name}, {nx} x {ny} pixels" + (f", {origin}" if origin else "")
    yield from versions().items()


def _as_text(table: Table) -> bytes:
    """Bytes of a table as ECSV."""
    text = io.StringIO()
    table.write(text, format="ascii.ecsv")
    return text.getvalue().encode()


def _as_parquet(table: Table) -> bytes:
    """Bytes of a table as Parquet."""
    content = io.BytesIO()
    pq.write_table(to_arrow(table), content)
    return content.getvalue()
