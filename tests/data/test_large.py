"""Arrays in files are like those in memory."""

import errno
import os

import numpy as np
import pytest

from meas_blends.data import large
from meas_blends.data.large import image_array, memory_share, physical_memory, release_pages
from meas_blends.errors import BadInputError


@pytest.fixture
def little_memory(monkeypatch, tmp_path):
    """Every array lies in a file in an own folder."""
    monkeypatch.setenv("MEAS_BLENDS_MEMORY", "1e-9")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def in_file(array):
    while isinstance(array, np.ndarray):
        array = array.base
    return array is not None


def test_a_small_image_is_in_memory_and_a_large_one_is_not(monkeypatch):
    monkeypatch.setenv("MEAS_BLENDS_MEMORY", str(24 * 600 / 2**30))
    assert not in_file(image_array((20, 30), np.float32))
    assert in_file(image_array((20, 31), np.float32))
    # All arrays of an image are where the others are.
    assert in_file(image_array((20, 31), bool))


@pytest.mark.parametrize("dtype", [np.float32, np.int32, np.int64, bool])
def test_an_array_in_a_file_keeps_what_it_is_given(little_memory, dtype):
    array = image_array((70, 50), dtype)
    assert array.dtype == dtype and array.shape == (70, 50)
    assert not array.any()
    array[3:60] = 1
    release_pages()
    assert (array[3:60] == 1).all() and not array[60:].any()
    # The file has no name, so nothing can be left of it.
    assert not list(little_memory.iterdir())


def test_memory_is_released(little_memory):
    array = image_array((1024, 4096), np.float32)
    array += 1

    def mapped():
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("RssFile"))

    before = mapped()
    release_pages()
    assert before - mapped() > 15_000
    assert array.sum() == array.size


def test_a_disk_without_room(little_memory, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(large, "_allocate", full)
    with pytest.raises(BadInputError, match=r"30 x 20 pixels .*No space left.* by TMPDIR"):
        image_array((20, 30), np.float32)
    # Where more is wanted than is free, it is not even tried.
    monkeypatch.setattr(large, "_allocate", None)
    with pytest.raises(BadInputError, match=r"No space left.* by TMPDIR"):
        image_array((2**24, 2**24), np.float32)


@pytest.mark.parametrize("text", ["lots", "-1", "0", "nan"])
def test_a_share_that_is_no_size(monkeypatch, text):
    monkeypatch.setenv("MEAS_BLENDS_MEMORY", text)
    with pytest.raises(BadInputError, match=f"MEAS_BLENDS_MEMORY={text}: not a size"):
        memory_share()


def test_the_share_of_a_container_counts(monkeypatch):
    files = {
        "/proc/self/cgroup": "1:cpu:/\n0::/jobs/7\n",
        "/sys/fs/cgroup/jobs/7/memory.max": "max\n",
        "/sys/fs/cgroup/jobs/memory.max": "3000000\n",
    }

    def read(path):
        if str(path) in files:
            return files[str(path)]
        raise FileNotFoundError

    monkeypatch.delenv("MEAS_BLENDS_MEMORY", raising=False)
    monkeypatch.setattr(large.Path, "read_text", read)
    assert physical_memory.__wrapped__() == 3_000_000
    monkeypatch.setattr(large, "physical_memory", physical_memory.__wrapped__)
    assert memory_share() == 1_000_000
    files.clear()
    assert memory_share() > 10**8
