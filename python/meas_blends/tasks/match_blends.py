"""Hold the calls and the peaks of several peak finders against the truth."""

from __future__ import annotations

import re

import lsst.pipe.base.connectionTypes as ct
import numpy as np
from astropy.table import Table, vstack
from lsst.pex.config import Field, ListField
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..data.footprints import footprint_of
from ..data.outcome_tables import OUTCOMES, PLACES
from ..errors import BadInputError
from ..evaluation.outcomes import footprint_facts, make_outcomes, pixel_scale_of
from ..evaluation.places import match_places
from .dimensions import IMAGE, drop_band

__all__ = ["MatchBlendsConfig", "MatchBlendsConnections", "MatchBlendsTask"]


class MatchBlendsConnections(PipelineTaskConnections, dimensions=IMAGE):
    """Truth and what each peak finder says in, outcomes and matched places out.

    Each name in ``finders`` adds two inputs, ``classification_NAME`` and
    ``peaks_NAME``, whose dataset types are ``NAME_blend_classification`` and
    ``NAME_blend_peaks``.
    """

    labels = ct.Input(
        doc="True number of objects of each footprint.",
        name="blend_labels",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
    )
    spans = ct.Input(
        doc="Pixels of the footprints.",
        name="blend_spans",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
    )
    truth = ct.Input(
        doc="The galaxies that are truly there.",
        name="blend_truth",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
    )
    limits = ct.Input(
        doc="How much tells each pair from one galaxy; may be missing.",
        name="blend_pair_limits",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
        minimum=0,
    )
    outcomes = ct.Output(
        doc="One row a footprint and peak finder: what is true, and what it says.",
        name="blend_outcomes",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
    )
    places = ct.Output(
        doc="Galaxies and peaks, matched one to one.",
        name="blend_places",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
    )

    def __init__(self, *, config: PipelineTaskConfig | None = None) -> None:
        super().__init__(config=config)
        for finder in config.finders:
            for part in ("classification", "peaks"):
                connection = ct.Input(
                    doc=f"From the peak finder {finder}.",
                    name=f"{finder}_blend_{part}",
                    storageClass="ArrowAstropy",
                    dimensions=IMAGE,
                )
                setattr(self, f"{part}_{finder}", connection)
        if config.over_bands:
            self.dimensions.discard("band")
            drop_band(self, *self.inputs, *self.outputs)


class MatchBlendsConfig(PipelineTaskConfig, pipelineConnections=MatchBlendsConnections):
    """Configuration of `MatchBlendsTask`."""

    finders = ListField[str](
        doc="Names of the peak finders to compare: the first part of the names of their datasets.",
        default=["local_maxima", "gp"],
        minLength=1,
        itemCheck=lambda name: re.fullmatch(r"[A-Za-z]\w*", name) is not None,
    )
    match_radius = Field[float](
        doc="Farthest distance of a peak from its galaxy [arcsec].",
        default=0.5,
        check=lambda value: value > 0,
    )
    min_significance = Field[float](
        doc="Least point-source S/N of a galaxy that counts; the same as of the labels.",
        default=5.0,
        check=lambda value: value >= 0,
    )
    over_bands = Field[bool](
        doc="Do footprints, labels and truth stand for all bands of a patch, not for one?",
        default=False,
    )
    pixel_scale = Field[float](
        doc="Pixel scale [arcsec]; from the sky coordinates of the galaxies if not given.",
        optional=True,
        check=lambda value: value > 0,
    )

    def validate(self) -> None:
        """Check that no peak finder is named twice."""
        super().validate()
        if len(set(self.finders)) < len(self.finders):
            raise BadInputError("finders: a name stands there twice; name each peak finder once.")


class MatchBlendsTask(PipelineTask):
    """Match peaks to galaxies, and calls to labels, for each peak finder."""

    ConfigClass = MatchBlendsConfig
    _DefaultName = "matchBlends"

    def run(
        self,
        labels: Table,
        spans: Table,
        truth: Table,
        limits: Table | None = None,
        **found: Table,
    ) -> Struct:
        """Hold what the peak finders say of one image against the truth.

        Parameters
        ----------
        labels, spans, truth : `astropy.table.Table`
            `~meas_blends.data.catalogs.FOOTPRINT_LABELS`,
            `~meas_blends.data.catalogs.SPANS` and
            `~meas_blends.data.catalogs.TRUTH`.
        limits : `astropy.table.Table`, optional
            `~meas_blends.data.outcome_tables.PAIR_LIMITS`.
        **found : `astropy.table.Table`
            ``classification_NAME`` and ``peaks_NAME`` of each peak finder.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``outcomes`` (`~meas_blends.data.outcome_tables.OUTCOMES`) and
            ``places`` (`~meas_blends.data.outcome_tables.PLACES`). Footprints
            without a galaxy are left out of both.

        Raises
        ------
        BadInputError
            If tables do not belong together, or the pixel scale is unknown.
        """
        scale = self.config.pixel_scale or pixel_scale_of(truth)
        if not np.isfinite(scale):
            raise BadInputError(
                "match: the true galaxies have no sky coordinates, so arcsec are unknown; set"
                " pixel_scale."
            )
        galaxies = truth[np.asarray(truth["significance"]) >= self.config.min_significance]
        owner = footprint_of(spans, galaxies["x"], galaxies["y"])
        galaxies, owner = galaxies[owner > 0], owner[owner > 0]
        facts = footprint_facts(labels, spans, galaxies, owner, scale, limits)
        outcomes, places = [OUTCOMES.make()], [PLACES.make()]
        for finder in self.config.finders:
            outcomes.append(make_outcomes(facts, found[f"classification_{finder}"], finder))
            peaks = found[f"peaks_{finder}"]
            radius = self.config.match_radius
            places.append(match_places(galaxies, owner, peaks, finder, radius, scale))
        return Struct(outcomes=vstack(outcomes), places=vstack(places))
