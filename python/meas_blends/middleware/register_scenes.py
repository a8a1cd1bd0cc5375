"""Making room in a Butler for scenes that are simulated there."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from .placement import PlacedFile
from .records import PATCHES, add_records, check_records
from .repository import in_transaction, open_repository, prepare_run

__all__ = ["register_scenes"]


def register_scenes(
    repo: str, number: int, bands: Sequence[str], run: str, skymap: str = "blend_scenes"
) -> None:
    """Make the records of the patches that scenes will be, and a collection to start from.

    What is there already is left as it is.

    Parameters
    ----------
    repo : `str`
        The repository.
    number : `int`
        Of scenes; they are numbered as the patches are, tract by tract.
    bands : sequence of `str`
        Of each.
    run : `str`
        RUN collection to make, for ``pipetask`` wants one that it reads.
    skymap : `str`
        Name of their skymap, ours or not there yet.

    Raises
    ------
    BadInputError
        If there are too many, a name is too long, or the skymap or the
        collection is something else.
    """
    scenes = [
        PlacedFile(Path(f"scene {scene}"), skymap, *divmod(scene, PATCHES), band)
        for scene in range(number)
        for band in bands
    ]
    with open_repository(repo) as butler:
        check_records(butler, scenes)
        prepare_run(butler, run)
        in_transaction(butler, partial(add_records, butler, scenes))
