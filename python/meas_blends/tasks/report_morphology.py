"""Write the report of an evaluation of morphology estimators."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import lsst.pipe.base.connectionTypes as ct
import numpy as np
from astropy.table import Table
from lsst.pex.config import Field
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..data.galaxy_outcome_tables import GALAXY_OUTCOMES
from ..data.galaxy_sets import GalaxySet
from ..data.pages import Pages
from ..data.versions import versions
from ..errors import BadInputError
from ..evaluation.summary import gather
from .dimensions import IMAGE

if TYPE_CHECKING:
    from ..pictures.morphology.cutouts import GalaxyExample

__all__ = ["ReportMorphologyConfig", "ReportMorphologyConnections", "ReportMorphologyTask"]

_RUN = ("skymap", "band")

_TABLES = (
    "coverage",
    "residuals",
    "labels",
    "label_residuals",
    "bound_ratios",
    "components",
    "peers",
    "costs",
)

#: Galaxies with the smallest and with the largest crops that are shown.
_CROPS = 12


class _Handle(Protocol):
    """What stands for a dataset that is read on demand."""

    dataId: Any

    def get(self) -> GalaxySet:
        """Read it."""


def _scores(name: str, doc: str) -> ct.Input:
    """Declare a table of scores."""
    return ct.Input(doc=doc, name=f"galaxy_{name}", storageClass="ArrowAstropy", dimensions=_RUN)


class ReportMorphologyConnections(PipelineTaskConnections, dimensions=_RUN):
    """All that an evaluation made in, a report out."""

    coverage = _scores("coverage", "How often intervals hold the truth.")
    residuals = _scores("residuals", "How far values are from the truth.")
    labels = _scores("labels", "Confusion of the qualitative labels.")
    label_residuals = _scores(
        "label_residuals", "Residuals with and without the galaxies that get a label."
    )
    bound_ratios = _scores("bound_ratios", "Scatter over the Cramer-Rao bound.")
    components = _scores("components", "Bias of galaxies with one component and with two.")
    peers = _scores("peers", "All methods on the galaxies that peers measured.")
    costs = _scores("costs", "Time and memory of each estimator.")
    outcomes = ct.Input(
        doc="One row a galaxy and method.",
        name="galaxy_outcomes",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
        multiple=True,
    )
    galaxies = ct.Input(
        doc="Cutouts for the galleries, of the same sets; the first one is shown.",
        name="galaxies",
        storageClass="GalaxySet",
        dimensions=IMAGE,
        multiple=True,
        deferLoad=True,
    )
    report = ct.Output(
        doc="A folder: index.html, its pictures, and all numbers as tables.",
        name="galaxy_report",
        storageClass="BlendReport",
        dimensions=_RUN,
    )


class ReportMorphologyConfig(PipelineTaskConfig, pipelineConnections=ReportMorphologyConnections):
    """Configuration of `ReportMorphologyTask`."""

    n_joint = Field[int](
        doc="Joint posteriors to draw for each method.", default=4, check=lambda number: number >= 0
    )
    seed = Field[int](
        doc="Seed of the draw of examples and samples.", default=1, check=lambda value: value >= 0
    )


class ReportMorphologyTask(PipelineTask):
    """Draw the pictures of an evaluation and set them on a page."""

    ConfigClass = ReportMorphologyConfig
    _DefaultName = "reportMorphology"

    def run(
        self, outcomes: Sequence[Table], galaxies: Sequence[_Handle], **tables: Table
    ) -> Struct:
        """Write the report.

        Parameters
        ----------
        outcomes : sequence of `astropy.table.Table`
            `~meas_blends.data.galaxy_outcome_tables.GALAXY_OUTCOMES` of each
            set.
        galaxies : sequence of `lsst.daf.butler.DeferredDatasetHandle`
            The sets.
        **tables : `astropy.table.Table`
            Scores by the names of their connections.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``report``, `~meas_blends.data.pages.Pages`.

        Raises
        ------
        BadInputError
            If no galaxy was measured.
        """
        from ..pictures.morphology.inputs import MorphologyInputs
        from ..pictures.morphology.report import make_report

        together = gather(outcomes, GALAXY_OUTCOMES)
        known = np.asarray(together["measured"]) & np.asarray(together["posterior"])
        measured = set(np.asarray(together["method"])[known].tolist())
        methods = [str(name) for name in tables["costs"]["method"] if str(name) in measured]
        if not methods:
            raise BadInputError("report: no galaxy was measured; look at the flags of the tables.")
        rng = np.random.default_rng(self.config.seed)
        first = galaxies[0].get()
        crops, joint = self._examples(first, outcomes[0], tables["costs"], rng)
        inputs = MorphologyInputs(
            tables={name: tables[name] for name in _TABLES},
            outcomes=together,
            methods=methods,
            crops=crops,
            joint=joint,
            rng=rng,
            facts=list(_facts(first, len(galaxies))),
        )
        files = make_report(inputs)
        files |= {f"{name}.ecsv": _as_text(tables[name]) for name in _TABLES}
        return Struct(report=Pages(files))

    def _examples(
        self, galaxies: GalaxySet, outcomes: Table, costs: Table, rng: np.random.Generator
    ) -> tuple[dict[str, list[GalaxyExample]], dict[str, list[GalaxyExample]]]:
        """Galaxies of one set for the galleries: crops and joint posteriors, by method."""
        from ..pictures.morphology.cutouts import make_example

        table = galaxies.galaxies
        known = table["galaxyId"] if "galaxyId" in table.colnames else np.arange(len(galaxies))
        row_of = {int(identifier): row for row, identifier in enumerate(known)}
        drawn = rng.permutation(sorted(row_of))
        crops, joint = {}, {}
        for cost in costs:
            method = str(cost["method"])
            theirs = outcomes[
                (np.asarray(outcomes["method"]) == method) & np.asarray(outcomes["measured"])
            ]
            by_id = {int(row["galaxyId"]): row for row in theirs}
            chosen = [by_id[k] for k in drawn if k in by_id][: self.config.n_joint]
            scaled = theirs[np.isfinite(np.asarray(theirs["cropScale"], float))]
            scaled.sort("cropScale")
            half = min(_CROPS, len(scaled)) // 2
            ends = [*scaled[:half], *scaled[len(scaled) - half :]]
            for rows, found in ((chosen, joint), (ends, crops)):
                if rows:
                    found[method] = [
                        make_example(galaxies, row_of[int(row["galaxyId"])], row, cost["stampSize"])
                        for row in rows
                    ]
        return crops, joint


def _facts(galaxies: GalaxySet, number: int) -> Iterator[tuple[str, str]]:
    """What the page says of its origin."""
    yield (
        "galaxies",
        (
            f"{number} x {len(galaxies):,} of {galaxies.survey or 'an unnamed survey'},"
            f" {galaxies.size} pixels of {galaxies.pixel_scale:g} arcsec"
        ),
    )
    yield from versions().items()


def _as_text(table: Table) -> bytes:
    """Bytes of a table as ECSV."""
    text = io.StringIO()
    table.write(text, format="ascii.ecsv")
    return text.getvalue().encode()
