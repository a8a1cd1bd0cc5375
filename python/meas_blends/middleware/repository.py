"""A Butler that knows our datasets, and what it holds of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lsst.daf.butler import Butler, CollectionType, DatasetType, StorageClassFactory

from ..errors import BadInputError
from ..tasks.dimensions import IMAGE

__all__ = ["DEFAULT_SKYMAP", "coadd_type", "open_repository", "prepare_run"]

#: Skymap of coadds that come without one.
DEFAULT_SKYMAP = "blend_coadds"


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
        If there is none, or it does not know how to keep our datasets.
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
        yield butler


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
