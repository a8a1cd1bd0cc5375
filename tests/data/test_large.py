"""Arrays in files are like those in memory."""

import errno
import os
import sys
import threading

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
            # The second, where the folder is in memory.
            names = ("RssFile", "RssShmem")
            return sum(int(line.split()[1]) for line in status if line.startswith(names))

    before = mapped()
    release_pages()
    assert before - mapped() > 15_000
    assert array.sum() == array.size


def test_threads_make_arrays_while_others_release(little_memory):
    interval = sys.getswitchinterval()
    done, errors = threading.Event(), []

    def release():
        try:
            while not done.is_set():
                release_pages()
        except RuntimeError as error:
            errors.append(error)

    def make():
        for _ in range(100):
            assert not any(array.any() for array in [image_array((4, 4), bool) for _ in range(5)])

    threads = [threading.Thread(target=release), *(threading.Thread(target=make) for _ in range(2))]
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads[1:]:
            thread.join()
    finally:
        done.set()
        threads[0].join()
        sys.setswitchinterval(interval)
    assert not errors


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


def test_no_folder_that_can_be_written_to(little_memory, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(little_memory / "gone"))
    with pytest.raises(BadInputError, match=r"on the disk of .*gone .*No such file.* by TMPDIR"):
        image_array((20, 30), np.float32)

    def nowhere():
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr("tempfile._get_default_tempdir", nowhere)
    with pytest.raises(BadInputError, match=r"GB more cannot be had \(No usable .* by TMPDIR"):
        image_array((20, 30), np.float32)


@pytest.mark.parametrize("text", ["lots", "-1", "0", "nan"])
def test_a_share_that_is_no_size(monkeypatch, text):
    monkeypatch.setenv("MEAS_BLENDS_MEMORY", text)
    with pytest.raises(BadInputError, match=f"MEAS_BLENDS_MEMORY={text}: not a size"):
        memory_share()


UNIFIED = {
    "/proc/self/cgroup": "1:cpu:/\n0::/jobs/7\n",
    "/sys/fs/cgroup/jobs/7/memory.max": "max\n",
    "/sys/fs/cgroup/jobs/memory.max": "3000000\n",
}
OLD = {
    "/proc/self/cgroup": "11:cpu,cpuacct:/jobs\n7:rdma,memory:/slurm/job_7\n0::/\n",
    "/sys/fs/cgroup/memory/slurm/job_7/memory.limit_in_bytes": "3000000\n",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    "/sys/fs/cgroup/memory/jobs/memory.limit_in_bytes": "1000\n",
}


@pytest.mark.parametrize("files", [UNIFIED, OLD], ids=["unified", "old"])
def test_the_share_of_a_container_counts(monkeypatch, files):
    files = dict(files)

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
