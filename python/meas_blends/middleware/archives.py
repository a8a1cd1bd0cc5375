"""A folder of plain files as one file, for a Butler keeps files."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

from ..errors import BadInputError

__all__ = ["pack_folder", "unpack_folder"]

#: Earliest time that a zip archive knows: the same folder gives the same bytes.
_TIME = (1980, 1, 1, 0, 0, 0)


def pack_folder(folder: Path, path: str | os.PathLike[str]) -> None:
    """Write the files of a folder into a zip archive, uncompressed.

    Parameters
    ----------
    folder : `pathlib.Path`
        With plain files in it.
    path : path-like
        The archive to write.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted(folder.iterdir()):
            with archive.open(zipfile.ZipInfo(file.name, _TIME), "w", force_zip64=True) as inside:
                with file.open("rb") as content:
                    shutil.copyfileobj(content, inside)


def unpack_folder(path: str | os.PathLike[str], folder: Path) -> None:
    """Make a folder out of an archive that `pack_folder` wrote.

    Parameters
    ----------
    path : path-like
        The archive.
    folder : `pathlib.Path`
        The folder to make.

    Raises
    ------
    BadInputError
        If it is no such archive: damaged, compressed (a small file could fill
        the disk), or with names that lead elsewhere.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if member.compress_type != zipfile.ZIP_STORED or not _is_plain(member.filename):
                    raise BadInputError(
                        f"{path}: holds {member.filename!r} in another way than meas_blends keeps"
                        " it; ingest the folder itself."
                    )
            folder.mkdir()
            archive.extractall(folder)
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise BadInputError(f"{path}: a damaged archive ({error}); make it anew.") from error


def _is_plain(name: str) -> bool:
    """Whether a name is that of a file in the folder itself."""
    return name not in ("", ".", "..") and not set(name) & set("/\\:\0")
