"""Arrays as large as an image: in memory, or where they would fill it, in files."""

from __future__ import annotations

import errno
import math
import mmap
import os
import shutil
import tempfile
import weakref
from functools import cache
from pathlib import Path

import numpy as np

from ..errors import BadInputError

__all__ = ["MEMORY_VARIABLE", "image_array", "memory_share", "physical_memory", "release_pages"]

#: Environment variable: how much memory a process may take for an image [GB].
MEMORY_VARIABLE = "MEAS_BLENDS_MEMORY"

#: Detection and classification of a coadd with variance and mask need so much [bytes a pixel].
_WORKING_SIZE = 24

#: Without the variable, this part of the machine's memory.
_SHARE = 1 / 3

_GB = 2**30

#: Where control groups are, and the file that limits their memory: in newer systems, in older.
_LIMIT = ("/sys/fs/cgroup", "memory.max")
_OLD_LIMIT = ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")

#: Not every system can promise a file its room.
_allocate = getattr(os, "posix_fallocate", lambda file, _, size: os.ftruncate(file, size))

#: Maps of the files of all arrays that there are, by their identity.
_maps: weakref.WeakValueDictionary[int, mmap.mmap] = weakref.WeakValueDictionary()


def image_array(shape: tuple[int, int], dtype: type | np.dtype) -> np.ndarray:
    """Make an array for the pixels of an image, all zero.

    Of an image that takes more memory than `memory_share` it lies in a
    temporary file, which is gone when the array is: the system keeps of it in
    memory what there is room for. Use it for what is as large as the image,
    and walk through it by `~meas_blends.data.tiles.row_strips` or
    `~meas_blends.data.tiles.tiles`.

    Parameters
    ----------
    shape : `tuple` [`int`, `int`]
        ``(ny, nx)``.
    dtype : data type
        Of a pixel.

    Returns
    -------
    array : `numpy.ndarray`, (ny, nx)

    Raises
    ------
    BadInputError
        If there is no room on the disk either, or it cannot be written to.
    """
    if _WORKING_SIZE * math.prod(shape) <= memory_share():
        return np.zeros(shape, dtype)
    size = math.prod(shape) * np.dtype(dtype).itemsize
    try:
        # Asked first, for what tries for more than there is fills the disk for a moment.
        if size > shutil.disk_usage(tempfile.gettempdir()).free:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with tempfile.TemporaryFile(prefix="meas_blends-") as file:
            # All of it now: a disk that is full later would end the process.
            _allocate(file.fileno(), 0, size)
            mapped = mmap.mmap(file.fileno(), size)
    except OSError as error:
        # Where no folder can be written to, none is set.
        disk = f" on the disk of {tempfile.tempdir}" if tempfile.tempdir else ""
        raise BadInputError(
            f"an image of {shape[1]} x {shape[0]} pixels takes more than the"
            f" {memory_share() / _GB:.3g} GB of memory that it may have, and {size / _GB:.3g} GB"
            f" more{disk} cannot be had ({error.strerror}); name a folder with room for 25 bytes a"
            " pixel by TMPDIR, or cut the image into smaller ones."
        ) from error
    _maps[id(mapped)] = mapped
    return np.frombuffer(mapped, dtype).reshape(shape)


def release_pages() -> None:
    """Let go of the memory in which parts of large arrays are now; they stay in their files."""
    # A list at once: other threads may make arrays meanwhile.
    for reference in _maps.valuerefs():
        mapped = reference()
        if mapped is not None:
            mapped.madvise(mmap.MADV_DONTNEED)


def memory_share() -> float:
    """Memory that a process may take for an image [bytes].

    Raises
    ------
    BadInputError
        If ``MEAS_BLENDS_MEMORY`` is no size.
    """
    text = os.environ.get(MEMORY_VARIABLE)
    if not text:
        return _SHARE * physical_memory()
    try:
        share = float(text)
    except ValueError:
        share = math.nan
    if not share > 0:
        raise BadInputError(f"{MEMORY_VARIABLE}={text}: not a size; give a number of GB.")
    return share * _GB


@cache
def physical_memory() -> int:
    """Memory of this machine, or of the container or job that this process is in [bytes]."""
    limits = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    try:
        # One line a hierarchy: its number, what it limits, and the group that this process is in.
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        lines = []
    for _, what, group in (line.split(":", 2) for line in lines):
        # That of the unified one is empty; older systems have one for memory.
        if what and "memory" not in what.split(","):
            continue
        place, name = _OLD_LIMIT if what else _LIMIT
        for folder in (Path(group), *Path(group).parents):
            try:
                limits.append(int(Path(f"{place}{folder}/{name}").read_text()))
            # Without a limit it says "max", and at the top there is no such file.
            except (OSError, ValueError):
                continue
    return min(limits)
