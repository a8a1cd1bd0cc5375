"""Putting model packages into a Butler."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from lsst.daf.butler import Butler, DatasetType

from ..data.packages import ModelPackage, find_package
from ..errors import BadInputError
from ..tasks.dimensions import BAND
from .repository import (
    DEFAULT_SKYMAP,
    coadd_type,
    in_transaction,
    open_repository,
    prepare_run,
)

__all__ = ["ingest_model"]

#: Dataset types of the kinds of packages, by how a kind begins.
_TYPES = {"blend_": "blend_model", "morphology_": "morphology_model"}


def ingest_model(
    repo: str,
    package: str,
    run: str,
    skymap: str = DEFAULT_SKYMAP,
    bands: Sequence[str] = (),
    dataset_type: str | None = None,
    at_once: bool = False,
) -> list[tuple[dict[str, str], bool]]:
    """Ingest a model package for some bands of a skymap.

    Parameters
    ----------
    repo : `str`
        The repository.
    package : `str`
        Folder of a package, or the name of a shipped one.
    run : `str`
        RUN collection to put it into; made if needed.
    skymap : `str`
        Of the coadds that it is for.
    bands : sequence of `str`
        Their bands; all that the skymap's coadds have if none is given.
    dataset_type : `str`, optional
        ``blend_model`` or ``morphology_model`` if not given, by its kind;
        ``bands_blend_model`` if it looks at several bands at once.
    at_once : `bool`
        It looks at several bands at once: it is one dataset for all of them.

    Returns
    -------
    ingested : `list` [(`dict`, `bool`)]
        Data ID of every dataset, and whether it is new.

    Raises
    ------
    BadInputError
        If the package cannot be used, its dataset type cannot be told, there
        are no such coadds, or another package is there in its place.
    """
    model = find_package(package)
    if at_once and bands:
        raise BadInputError(
            f"{package}: a model that looks at several bands at once is for all of them; leave out"
            " --band."
        )
    name = dataset_type or _type_of(model, package, at_once)
    with open_repository(repo) as butler:
        known = _bands(butler, skymap)
        missing = sorted(set(bands) - set(known))
        if missing or not known:
            raise BadInputError(
                f"{repo}: has no coadds of the skymap {skymap}"
                + (f" in {', '.join(missing)}" if missing else "")
                + "; ingest them first, with ingest-blend-coadds."
            )
        dimensions = ("skymap",) if at_once else BAND
        made = DatasetType(name, dimensions, "BlendModelPackage", universe=butler.dimensions)
        prepare_run(butler, run, made)
        ids = [{"skymap": skymap, "band": band} for band in bands or known]
        if at_once:
            ids = [{"skymap": skymap}]

        def ingest() -> list[tuple[dict[str, str], bool]]:
            done = [(data_id, _is_new(butler, model, name, data_id, run)) for data_id in ids]
            for data_id, new in done:
                if new:
                    butler.put(model, name, data_id, run=run)
            return done

        return in_transaction(butler, ingest)


def _type_of(model: ModelPackage, package: str, at_once: bool) -> str:
    """Dataset type of a package by its kind."""
    if at_once:
        if model.kind.startswith("blend_"):
            return "bands_blend_model"
        raise BadInputError(
            f"{package}: a package of kind {model.kind}, which looks at one band; leave out"
            " --at-once."
        )
    for start, name in _TYPES.items():
        if model.kind.startswith(start):
            return name
    raise BadInputError(
        f"{package}: a package of kind {model.kind}, which has no dataset type of its own; give"
        " --dataset-type."
    )


def _bands(butler: Butler, skymap: str) -> list[str]:
    """Bands of a skymap's coadds."""
    if not butler.registry.queryDatasetTypes("blend_coadd"):
        return []
    refs = butler.query_datasets(
        coadd_type(butler), "*", find_first=False, skymap=skymap, explain=False, limit=None
    )
    return sorted({str(ref.dataId["band"]) for ref in refs})


def _is_new(
    butler: Butler, model: ModelPackage, name: str, data_id: dict[str, str], run: str
) -> bool:
    """Whether a package is not there yet."""
    ref = butler.find_dataset(name, data_id, collections=run)
    if ref is None:
        return True
    if not _are_equal(butler.get(ref), model):
        raise BadInputError(
            f"{model.label}: {run} has another package as the {name} of"
            f" {' '.join(data_id.values())}; give another --run, or prune that one first."
        )
    return False


def _are_equal(first: ModelPackage, other: ModelPackage) -> bool:
    """Whether two packages hold the same."""
    return (
        (first.kind, first.label, first.description, first.meta)
        == (other.kind, other.label, other.description, other.meta)
        and first.arrays.keys() == other.arrays.keys()
        and all(np.array_equal(first.arrays[k], other.arrays[k]) for k in first.arrays)
    )
