"""Dimension records that coadds need: skymap, tract, patch and band."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from lsst.daf.butler import Butler

from ..errors import BadInputError
from .placement import PlacedFile

__all__ = ["PATCHES", "add_records", "check_records", "is_ours"]

#: Instrument of the filters that stand for bands that no other has.
_INSTRUMENT = "BlendCoadds"

#: Our skymaps: tracts, and patches along a side of one.
_TRACTS = 100_000
_SIDE = 100

#: Patches of a tract of ours.
PATCHES = _SIDE**2

#: Longest names that the Butler's tables hold.
_LONGEST = {"skymap": 64, "band": 32}


def check_records(butler: Butler, placed: Sequence[PlacedFile]) -> None:
    """Check that all records are there or can be made.

    Parameters
    ----------
    butler : `lsst.daf.butler.Butler`
        The repository.
    placed : sequence of `PlacedFile`
        The coadds.

    Raises
    ------
    BadInputError
        If a name is too long, a number too large, or a skymap is somebody
        else's and has no such patch.
    """
    for file in placed:
        for what, longest in _LONGEST.items():
            value = str(file.data_id[what])
            if not 0 < len(value) <= longest:
                raise BadInputError(
                    f"{file.path}: {value!r} is no {what} for a Butler; give a name of 1 to"
                    f" {longest} characters."
                )
    for skymap in sorted({file.skymap for file in placed}):
        known = _patches(butler, skymap)
        for file in (file for file in placed if file.skymap == skymap):
            if (file.tract, file.patch) in known:
                continue
            if not is_ours(butler, skymap):
                raise BadInputError(
                    f"{file.path}: the skymap {skymap} has no patch {file.patch} in tract"
                    f" {file.tract}; correct the numbers, or choose another --skymap."
                )
            if file.tract >= _TRACTS or file.patch >= PATCHES:
                raise BadInputError(
                    f"{file.path}: tract {file.tract}, patch {file.patch}; give numbers below"
                    f" {_TRACTS} and {PATCHES}."
                )


def add_records(butler: Butler, placed: Sequence[PlacedFile]) -> None:
    """Insert the records that are not there yet, in a transaction of `in_transaction`.

    What somebody else has registered stays as it is: a band that a filter
    of any instrument has, and a skymap with its patches.

    Parameters
    ----------
    butler : `lsst.daf.butler.Butler`
        The repository, writeable.
    placed : sequence of `PlacedFile`
        The coadds, checked by `check_records`.
    """
    registry = butler.registry
    have = {
        str(record.band)
        for record in butler.query_dimension_records("physical_filter", explain=False, limit=None)
    }
    new = sorted({file.band for file in placed} - have)
    if new:
        registry.syncDimensionData(
            "instrument",
            {
                "name": _INSTRUMENT,
                "detector_max": 1,
                "visit_max": 1,
                "exposure_max": 1,
                "class_name": "lsst.pipe.base.Instrument",
            },
        )
        registry.insertDimensionData(
            "physical_filter",
            *({"instrument": _INSTRUMENT, "name": band, "band": band} for band in new),
        )
    for skymap in sorted({file.skymap for file in placed}):
        if not is_ours(butler, skymap):
            continue
        registry.syncDimensionData("skymap", _skymap_record(skymap))
        # Only what is missing, and told if it no longer is: a patch that another
        # process has made since then is another field's.
        wanted = {(file.tract, file.patch) for file in placed if file.skymap == skymap}
        patches = sorted(wanted - _patches(butler, skymap))
        registry.insertDimensionData(
            "tract",
            *({"skymap": skymap, "id": tract} for tract in sorted({one for one, _ in patches})),
            skip_existing=True,
        )
        registry.insertDimensionData(
            "patch",
            *(
                {
                    "skymap": skymap,
                    "tract": tract,
                    "id": patch,
                    "cell_x": patch % _SIDE,
                    "cell_y": patch // _SIDE,
                }
                for tract, patch in patches
            ),
        )


def _patches(butler: Butler, skymap: str) -> set[tuple[int, int]]:
    """Tract and number of all patches of a skymap."""
    records = butler.query_dimension_records("patch", skymap=skymap, explain=False, limit=None)
    return {(record.dataId["tract"], record.dataId["patch"]) for record in records}


def is_ours(butler: Butler, skymap: str) -> bool:
    """Whether a skymap is one that we made, or not there yet: then its patches are ours to add.

    Parameters
    ----------
    butler : `lsst.daf.butler.Butler`
        The repository.
    skymap : `str`
        Its name.
    """
    known = {
        record.name: record.hash
        for record in butler.query_dimension_records("skymap", explain=False, limit=None)
    }
    return known.get(skymap, _hash(skymap)) == _hash(skymap)


def _skymap_record(skymap: str) -> dict[str, object]:
    return {
        "name": skymap,
        "hash": _hash(skymap),
        "tract_max": _TRACTS,
        "patch_nx_max": _SIDE,
        "patch_ny_max": _SIDE,
    }


def _hash(skymap: str) -> bytes:
    """Stands for the geometry, which a set of files does not have."""
    return hashlib.sha1(f"meas_blends coadds {skymap}".encode()).digest()
