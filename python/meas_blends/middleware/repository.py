"""A Butler that knows our datasets, and what it holds of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from lsst.daf.butler import Butler, CollectionType, DatasetType, StorageClassFactory
from lsst.daf.butler.registry import ConflictingDefinitionError
from sqlalchemy.exc import IntegrityError, OperationalError

from ..errors import BadInputError
from ..tasks.dimensions import IMAGE

__all__ = ["DEFAULT_SKYMAP", "coadd_type", "in_transaction", "open_repository", "prepare_run"]

#: Skymap of coadds that come without one.
DEFAULT_SKYMAP = "blend_coadds"

#: Times that a transaction is tried before a conflict with others counts as an error.
_TRIALS = 20

_Result = TypeVar("_Result")


@contextmanager
def open_repository(repo: str) -> Iterator[Butler]:
    """Open a repository to write to.

    Parameters
    ----------
    repo : `str`
        Its folder, configuration file or alias.

    Yields
    ------
    butler : `lsst.daf.butler.Butler`

    Raises
    ------
    BadInputError
        If there is none, it does not know how to keep our datasets, or
        another process keeps its database to itself for minutes.
    """
    try:
        butler = Butler.from_config(repo, writeable=True)
    except FileNotFoundError as error:
        raise BadInputError(
            f"{repo}: no Butler repository; make one with 'butler create --seed-config"
            f" resource://meas_blends/config/butler_seed.yaml {repo}'."
        ) from error
    with butler:
        if "BlendCoadd" not in StorageClassFactory():
            raise BadInputError(
                f"{repo}: does not know how to keep blend coadds; add the line 'includeConfigs:"
                " resource://meas_blends/config/butler_seed.yaml' to its butler.yaml."
            )
        try:
            yield butler
        except OperationalError as error:
            if "locked" not in str(error):
                raise
            raise BadInputError(
                f"{repo}: another process has held its database for minutes; run this again when"
                " that one has ended."
            ) from error


def in_transaction(butler: Butler, work: Callable[[], _Result]) -> _Result:
    """Read from a repository and add to it, as if nobody else did so meanwhile.

    SQLite has one writer at a time, and has it from the start of a
    transaction: what is read in one stays true until its end. Databases with
    several writers find out when a row is added that another has added: then
    all is undone, and done again on what is there by now. Either way nothing
    is left of a process that is killed; there is no lock of ours.

    Parameters
    ----------
    butler : `lsst.daf.butler.Butler`
        The repository, writeable.
    work : callable
        Reads and adds. What it adds must not pass over rows that have come
        to be there since it looked; it may be called more than once.

    Returns
    -------
    result
        What it returned at last.
    """
    for trial in range(1, _TRIALS + 1):
        try:
            with butler.transaction():
                # What the Butler remembers of records may be older than the transaction.
                butler.registry.refresh()
                return work()
        except (ConflictingDefinitionError, IntegrityError):
            if trial == _TRIALS:
                raise
    raise AssertionError("unreachable")


def coadd_type(butler: Butler) -> DatasetType:
    """Return the dataset type of coadds."""
    return DatasetType("blend_coadd", IMAGE, "BlendCoadd", universe=butler.dimensions)


def prepare_run(butler: Butler, run: str, *types: DatasetType) -> None:
    """Register dataset types and a RUN collection, which no transaction can hold.

    Parameters
    ----------
    butler : `lsst.daf.butler.Butler`
        The repository, writeable.
    run : `str`
        Name of the collection.
    *types : `lsst.daf.butler.DatasetType`
        Those that will be written.

    Raises
    ------
    BadInputError
        If there is a collection of another kind with that name.
    """
    butler.collections.register(run, CollectionType.RUN)
    kind = butler.collections.get_info(run).type
    if kind != CollectionType.RUN:
        raise BadInputError(f"{run}: a {kind.name} collection, not a RUN; give another --run.")
    for dataset_type in types:
        butler.registry.registerDatasetType(dataset_type)
