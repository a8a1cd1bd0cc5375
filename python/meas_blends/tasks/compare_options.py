"""Score options of training, labels and detection side by side."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import lsst.pipe.base.connectionTypes as ct
import numpy as np
from astropy.table import Table
from lsst.pex.config import DictField, Field
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..data.score_tables import STUDIES
from ..errors import BadInputError
from ..evaluation.studies import score_study
from ..evaluation.summary import of_finder
from .dimensions import IMAGE

__all__ = ["CompareOptionsConfig", "CompareOptionsConnections", "CompareOptionsTask"]

_RUN = ("skymap", "band")

#: A peak finder, or a chain of tasks and a peak finder in it.
_SOURCE = re.compile(r"(?:(?P<chain>[A-Za-z]\w*)\.)?(?P<finder>[A-Za-z]\w*)")


class CompareOptionsConnections(PipelineTaskConnections, dimensions=_RUN):
    """Outcomes and places of all scenes in, one row a study and option out.

    Each chain that ``options`` names adds two inputs, ``outcomes_CHAIN`` and
    ``places_CHAIN``, whose dataset types are ``CHAIN_blend_outcomes`` and
    ``CHAIN_blend_places``.
    """

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
    studies = ct.Output(
        doc="Scores of each option of each study.",
        name="blend_studies",
        storageClass="ArrowAstropy",
        dimensions=_RUN,
    )

    def __init__(self, *, config: CompareOptionsConfig | None = None) -> None:
        super().__init__(config=config)
        for chain in _chains(config.options.values()):
            for part in ("outcomes", "places"):
                connection = ct.Input(
                    doc=f"From the chain {chain}.",
                    name=f"{chain}_blend_{part}",
                    storageClass="ArrowAstropy",
                    dimensions=IMAGE,
                    multiple=True,
                )
                setattr(self, f"{part}_{chain}", connection)


class CompareOptionsConfig(PipelineTaskConfig, pipelineConnections=CompareOptionsConnections):
    """Configuration of `CompareOptionsTask`."""

    studies = DictField[str, str](
        doc="Studies by name: a sentence on what differs between the options of each.",
        default={"finder": "Which peak finder is used."},
        dictCheck=lambda studies: len(studies) > 0,
    )
    options = DictField[str, str](
        doc="Options, 'STUDY: OPTION', the first of each study being what the others are held"
        " against. The value says whose scores they are: FINDER, a peak finder of the match, or"
        " CHAIN.FINDER, one of a match whose outputs have names that begin with CHAIN_.",
        default={"finder: local maxima": "local_maxima", "finder: gp": "gp"},
        itemCheck=lambda source: _SOURCE.fullmatch(source) is not None,
    )
    n_bins = Field[int](
        doc="Bins of blend probability.", default=10, check=lambda number: number >= 2
    )

    def validate(self) -> None:
        """Check that studies and options belong together."""
        super().validate()
        named = {_parts(key)[0] for key in self.options}
        for study in named - set(self.studies):
            raise BadInputError(
                f"options: '{study}' is none of the studies ({', '.join(self.studies)}); write"
                " STUDY: OPTION, and say in 'studies' what differs in each."
            )
        for study in set(self.studies) - named:
            raise BadInputError(f"studies: '{study}' has no options; give some in 'options'.")


class CompareOptionsTask(PipelineTask):
    """Score the options of each study, and the change that each brings."""

    ConfigClass = CompareOptionsConfig
    _DefaultName = "compareOptions"

    def run(self, outcomes: Sequence[Table], places: Sequence[Table], **others: object) -> Struct:
        """Score all options of all studies.

        Parameters
        ----------
        outcomes, places : sequences of `astropy.table.Table`
            `~meas_blends.data.outcome_tables.OUTCOMES` and
            `~meas_blends.data.outcome_tables.PLACES` of each scene.
        **others : sequences of `astropy.table.Table`
            ``outcomes_CHAIN`` and ``places_CHAIN``, the same of the same
            scenes from every other chain.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``studies``, `~meas_blends.data.score_tables.STUDIES`, in the order
            of the configuration.

        Raises
        ------
        BadInputError
            If an option's peak finder is not among the outcomes, or the
            options of a study were tried on different numbers of scenes.
        """
        inputs = {"outcomes": outcomes, "places": places, **others}
        tables = []
        for study, varied in self.config.studies.items():
            options = {}
            for key, source in self.config.options.items():
                name, option = _parts(key)
                if name == study:
                    options[option] = _of_source(source, inputs, key)
            tables.append(score_study(study, varied, options, self.config.n_bins))
        return Struct(
            studies=STUDIES.make(
                {
                    column.name: np.concatenate([np.asarray(t[column.name]) for t in tables])
                    for column in STUDIES.columns
                }
            )
        )


def _parts(key: str) -> tuple[str, str]:
    """Study and option."""
    study, _, option = key.partition(":")
    return study.strip(), option.strip()


def _chains(sources: Iterable[str]) -> list[str]:
    """Names of the chains that sources name, each once."""
    chains = (_SOURCE.fullmatch(source)["chain"] for source in sources)
    return list(dict.fromkeys(chain for chain in chains if chain))


def _of_source(
    source: str, inputs: dict[str, Sequence[Table]], key: str
) -> tuple[list[Table], list[Table]]:
    """Outcomes and places of an option, scene by scene."""
    chain, finder = _SOURCE.fullmatch(source).group("chain", "finder")
    suffix = f"_{chain}" if chain else ""
    outcomes, places = (
        [of_finder(table, finder) for table in inputs[f"{part}{suffix}"]]
        for part in ("outcomes", "places")
    )
    if not any(len(table) for table in outcomes):
        raise BadInputError(
            f"options, '{key}': no outcomes of {source}; name a peak finder that was matched."
        )
    return outcomes, places
