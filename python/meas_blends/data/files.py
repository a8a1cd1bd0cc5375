"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["unfinished", "write_whole"]

#: Number of the process in a temporary name.
_TEMPORARY = re.compile(r"^\..*\.(\d+)\.part[^/]*$")


@contextmanager
def write_whole(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Write a file or folder under a temporary name, then rename it.

    A failure, or a kill, leaves what was there before. An error of the disk
    tells the path, whatever was writing.

    Parameters
    ----------
    path : path-like
        Where it goes in the end. Its folder is made if needed.

    Yields
    ------
    temporary : `pathlib.Path`
        Sibling name to write to: a file, or a folder that the caller makes.

    Raises
    ------
    OSError
        With the path as its ``filename``, if it cannot be written.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The suffix stays: savers such as matplotlib choose the format by it.
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        yield temporary
        if path.is_dir():
            shutil.rmtree(path)
        os.replace(temporary, path)
    except BaseException as error:
        if temporary.is_dir():
            shutil.rmtree(temporary)
        else:
            temporary.unlink(missing_ok=True)
        number = _error_number(error)
        if number is None:
            raise
        raise OSError(number, os.strerror(number), str(path)) from error


def _error_number(error: BaseException) -> int | None:
    """Number of the system's error; libraries may have put a sentence of theirs in front of it."""
    cause: BaseException | None = error
    while isinstance(cause, OSError):
        if cause.errno is not None:
            return cause.errno
        cause = cause.__cause__ or cause.__context__
    return None


def unfinished(folder: Path) -> list[Path]:
    """List what processes that have ended left in a folder under temporary names."""
    found = []
    for path in folder.glob(".*.part*"):
        match = _TEMPORARY.match(path.name)
        if match and not _is_running(int(match.group(1))):
            found.append(path)
    return found


def _is_running(process: int) -> bool:
    """Whether a process of this number runs on this machine."""
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
