"""A report as a folder."""

import pytest

from meas_blends.data.pages import Pages
from meas_blends.errors import BadInputError

FILES = {"index.html": b"<p>1</p>", "a.png": b"\x89PNG"}


def test_write_and_read(tmp_path):
    folder = tmp_path / "report"
    Pages(FILES).write(folder)
    assert Pages.read(folder) == Pages(FILES)
    # A second report leaves nothing of the first.
    Pages({"index.html": b"2"}).write(folder)
    assert [path.name for path in folder.iterdir()] == ["index.html"]


def test_a_report_needs_its_page():
    with pytest.raises(ValueError, match=r"index\.html"):
        Pages({"a.png": b""})


@pytest.mark.parametrize("name", ["../a.png", "sub/a.png", ".hidden", ""])
def test_all_files_lie_in_the_folder(name):
    with pytest.raises(ValueError, match="cannot hold"):
        Pages({**FILES, name: b""})


def test_a_folder_that_is_no_report(tmp_path):
    with pytest.raises(BadInputError, match="no report"):
        Pages.read(tmp_path)
