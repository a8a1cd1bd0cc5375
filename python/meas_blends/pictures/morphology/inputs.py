"""What a report on morphology is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from astropy.table import Table

from .cutouts import GalaxyExample

__all__ = ["MorphologyInputs", "Show"]

#: Keeps a picture and gives the HTML that shows it: name, figure, caption, wide.
Show = Callable[..., str]


@dataclass(frozen=True)
class MorphologyInputs:
    """What a report is made of.

    Parameters
    ----------
    tables : mapping of `str` to `astropy.table.Table`
        ``coverage``, ``residuals``, ``labels``, ``label_residuals``,
        ``bound_ratios``, ``components``, ``peers`` and ``costs``; see
        `meas_blends.data.galaxy_score_tables`.
    outcomes : `astropy.table.Table`
        `~meas_blends.data.galaxy_outcome_tables.GALAXY_OUTCOMES` of all sets.
    methods : sequence of `str`
        Those with posteriors; the first one is shown in full.
    crops, joint : mapping of `str` to sequence of `GalaxyExample`
        For the galleries, by method.
    rng : `numpy.random.Generator`
        Draws samples of joint posteriors.
    facts : sequence of `tuple` [`str`, `str`]
        How it was made: what, and its value.
    """

    tables: Mapping[str, Table]
    outcomes: Table
    methods: Sequence[str]
    crops: Mapping[str, Sequence[GalaxyExample]]
    joint: Mapping[str, Sequence[GalaxyExample]]
    rng: np.random.Generator
    facts: Sequence[tuple[str, str]] = field(default_factory=tuple)

    @property
    def shown(self) -> Table:
        """Outcomes of galaxies that were measured, with a posterior."""
        use = np.asarray(self.outcomes["measured"]) & np.asarray(self.outcomes["posterior"])
        return self.outcomes[use]
