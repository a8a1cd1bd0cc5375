"""Putting coadd files into a Butler."""

from __future__ import annotations

import filecmp
from collections.abc import Sequence
from pathlib import Path

from lsst.daf.butler import Butler, DatasetRef, DatasetType, FileDataset

from ..data.fits import read_coadd
from ..errors import BadInputError
from ..plugins.layouts import register_layouts
from ..tasks.dimensions import PATCH
from .placement import PlacedFile, check_distinct, place_by_manifest, place_by_name
from .records import add_records, check_records, is_ours
from .repository import (
    DEFAULT_SKYMAP,
    coadd_type,
    in_transaction,
    open_repository,
    prepare_run,
)

__all__ = ["ingest_coadds"]

#: Remembers which patch got its number from which name.
_PATCH_NAME = "blend_patch_name"


def ingest_coadds(
    repo: str,
    files: Sequence[Path],
    run: str,
    manifest: Path | None = None,
    skymap: str = DEFAULT_SKYMAP,
    transfer: str = "link",
) -> list[tuple[PlacedFile, bool]]:
    """Ingest coadds as ``blend_coadd``, with the dimension records that they need.

    All files are checked before anything is ingested; what is there already is
    left as it is.

    Parameters
    ----------
    repo : `str`
        The repository.
    files : sequence of `pathlib.Path`
        FITS files of any layout that `~meas_blends.data.fits.read_coadd`
        knows.
    run : `str`
        RUN collection to put them into; made if needed.
    manifest : `pathlib.Path`, optional
        Table that says of what each is; without one, its name does.
    skymap : `str`
        Name of the skymap where the manifest does not say.
    transfer : `str`
        As `lsst.daf.butler.Butler.ingest` has it.

    Returns
    -------
    ingested : `list` [(`PlacedFile`, `bool`)]
        Every file, and whether it is new.

    Raises
    ------
    BadInputError
        If a file cannot be used, or something else is there in its place; a
        line for each.
    """
    with open_repository(repo) as butler:
        _check_files(files)
        placed = _place(butler, files, manifest, skymap)
        if not files:
            _check_files([file.path for file in placed])
        coadd = coadd_type(butler)
        name = DatasetType(_PATCH_NAME, PATCH, "StructuredDataDict", universe=butler.dimensions)
        prepare_run(butler, run, coadd, name)
        equal: dict[tuple[Path, str], bool] = {}
        # What takes long is done before all others have to wait.
        _find_new(butler, placed, run, equal)

        def ingest() -> list[tuple[PlacedFile, bool]]:
            # Once more: another process may have taken numbers meanwhile.
            placed = _place(butler, files, manifest, skymap)
            add_records(butler, placed)
            done = _find_new(butler, placed, run, equal)
            datasets = [
                FileDataset(
                    file.path.resolve(),
                    DatasetRef(coadd, butler.registry.expandDataId(file.data_id), run=run),
                )
                for file, new in done
                if new
            ]
            if datasets:
                butler.ingest(*datasets, transfer=transfer)
            _remember_names(butler, placed, run)
            return done

        return in_transaction(butler, ingest)


def _place(
    butler: Butler, files: Sequence[Path], manifest: Path | None, skymap: str
) -> list[PlacedFile]:
    """Say of what each file is, as the repository is now, and check that it can be that."""
    if manifest is not None:
        placed = place_by_manifest(files, manifest, skymap)
    elif is_ours(butler, skymap):
        placed = place_by_name(files, skymap, _known_names(butler, skymap))
    else:
        raise BadInputError(
            f"{skymap}: a skymap with patches of its own, which no file name tells; give a"
            " --manifest with the columns file, tract and patch."
        )
    check_distinct(placed)
    check_records(butler, placed)
    return placed


def _check_files(files: Sequence[Path]) -> None:
    """Read every file once, for what is wrong may lie at its end."""
    register_layouts()
    wrong = []
    for file in files:
        try:
            read_coadd(file)
        except BadInputError as error:
            wrong.append(str(error))
    if wrong:
        raise BadInputError("\n".join(wrong))


def _known_names(butler: Butler, skymap: str) -> dict[str, int]:
    """Numbers of the patches that got theirs from a name, and under ``""`` the largest of all."""
    patches = butler.query_dimension_records(
        "patch", skymap=skymap, tract=0, explain=False, limit=None
    )
    known = {"": max((record.id for record in patches), default=-1)}
    if butler.registry.queryDatasetTypes(_PATCH_NAME):
        refs = butler.query_datasets(
            _PATCH_NAME, "*", find_first=False, skymap=skymap, explain=False, limit=None
        )
        known.update({butler.get(ref)["name"]: ref.dataId["patch"] for ref in refs})
    return known


def _remember_names(butler: Butler, placed: Sequence[PlacedFile], run: str) -> None:
    """Keep the names of patches beside their coadds."""
    names = {(file.skymap, file.tract, file.patch): file.name for file in placed if file.name}
    for (skymap, tract, patch), name in names.items():
        data_id = {"skymap": skymap, "tract": tract, "patch": patch}
        if butler.find_dataset(_PATCH_NAME, data_id, collections=run) is None:
            butler.put({"name": name}, _PATCH_NAME, data_id, run=run)


def _find_new(
    butler: Butler, placed: Sequence[PlacedFile], run: str, equal: dict[tuple[Path, str], bool]
) -> list[tuple[PlacedFile, bool]]:
    """Tell which files are not there yet; ``equal`` keeps which were compared, and how.

    Raises
    ------
    BadInputError
        If another one is there in its place.
    """
    found = []
    for file in placed:
        ref = butler.find_dataset(coadd_type(butler), file.data_id, collections=run)
        found.append((file, ref is None))
        if ref is None:
            continue
        uri = butler.getURI(ref)
        key = file.path, str(uri)
        if key not in equal:
            with uri.as_local() as local:
                equal[key] = filecmp.cmp(local.ospath, file.path, shallow=False)
        if not equal[key]:
            raise BadInputError(
                f"{file.path}: {run} has another file as the {file.band} band of patch"
                f" {file.patch} of tract {file.tract}; give another --run, or prune that one first."
            )
    return found
