import os

import pytest

from fake_tasks import write_image
from meas_blends.data.catalogs import PEAKS, SPANS
from meas_blends.data.fits import read_coadd
from meas_blends.run.picture import PICTURE_NAME, make_picture
from meas_blends.run.workspace import Workspace

STORAGE = {
    "blend_coadd": "BlendCoadd",
    "blend_spans": "ArrowAstropy",
    "blend_classification": "ArrowAstropy",
    "blend_peaks": "ArrowAstropy",
}


@pytest.fixture
def space(tmp_path):
    """A workspace with an image of two squares and the spans of one."""
    path = write_image(tmp_path / "a.fits")
    reader = {"blend_coadd": ("image", lambda: read_coadd(path))}
    space = Workspace(tmp_path / "a", STORAGE, reader)
    spans = SPANS.make({"footprintId": 1, "y": [2, 3], "x0": 3, "x1": 5})
    space.put("blend_spans", spans, "f1", ["blend_coadd"])
    return space


def set_old(path, record):
    """Give the picture a time long past, as if the record had been written then."""
    os.utime(path, ns=(0, 1000))
    record.add(
        "picture", path, record.datasets["picture"]["fingerprint"], ["blend_coadd", "blend_spans"]
    )


def test_the_picture_is_entered_as_made_from_its_datasets(space, tmp_path):
    path = make_picture(space)
    assert path == tmp_path / "a" / PICTURE_NAME
    assert path.read_bytes().startswith(b"\x89PNG")
    assert space.record.datasets["picture"]["inputs"] == ["blend_coadd", "blend_spans"]
    space.discard(["blend_spans"])
    assert not path.exists()


def test_a_current_picture_is_kept(space):
    path = make_picture(space)
    set_old(path, space.record)
    assert make_picture(space) == path
    assert path.stat().st_mtime_ns == 1000


def test_new_peaks_are_drawn(space):
    path = make_picture(space)
    set_old(path, space.record)
    space.put("blend_peaks", PEAKS.make(), "f2", ["blend_spans"])
    make_picture(space)
    assert path.stat().st_mtime_ns > 1000
    assert space.record.datasets["picture"]["inputs"] == [
        "blend_coadd",
        "blend_peaks",
        "blend_spans",
    ]


def test_a_damaged_picture_is_drawn_again(space):
    path = make_picture(space)
    path.write_text("half")
    make_picture(space)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_a_patch_is_drawn_on_one_of_its_images(tmp_path):
    images = []
    for band in "gir":
        path = write_image(tmp_path / f"{band}.fits")
        reader = {"blend_coadd": (f"image {band}", lambda path=path: read_coadd(path))}
        images.append(Workspace(tmp_path / band, STORAGE, reader, {"band": band}))
    patch = Workspace(tmp_path / "patch", {"merged_blend_spans": "ArrowAstropy"})
    assert make_picture(patch, images) is None
    spans = SPANS.make({"footprintId": 1, "y": [2, 3], "x0": 3, "x1": 5})
    patch.put("merged_blend_spans", spans, "f1", [])
    assert make_picture(patch, images) == tmp_path / "patch" / PICTURE_NAME
    assert [image.loaded("blend_coadd") is not None for image in images] == [False, True, False]
    # Without an i band it is the middle one.
    make_picture(patch, [images[0], images[2], images[2]])
    assert images[2].loaded("blend_coadd") is not None


def test_without_footprints_or_coadd_there_is_none(space, tmp_path):
    alone = Workspace(tmp_path / "a", STORAGE)
    assert make_picture(alone) is None
    space.discard(["blend_spans"])
    assert make_picture(space) is None
    assert not (tmp_path / "a" / PICTURE_NAME).exists()
