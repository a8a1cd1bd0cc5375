import numpy as np
import pytest
from lsst.pipe.base import InMemoryDatasetHandle

from band_toys import band_detections, band_scene
from meas_blends.errors import BadInputError
from meas_blends.tasks.filtering import FilteringConfig
from meas_blends.tasks.labelled_bands import LabelledBands, group_scenes


def handles(seeds, bands=("r", "i")):
    """Coadds, spans and truths of some scenes, each of a patch of its own."""
    coadds, spans, truth = [], [], []
    for seed in seeds:
        images, pixels, galaxies = band_scene(seed, shape=(120, 120))
        coadds += [InMemoryDatasetHandle(images[b], patch=str(seed), band=b) for b in bands]
        spans.append(InMemoryDatasetHandle(pixels, patch=str(seed)))
        truth.append(InMemoryDatasetHandle(galaxies, patch=str(seed)))
    return coadds, spans, truth


def scenes(*seeds):
    config = FilteringConfig()
    config.subtract_background = False
    return LabelledBands(group_scenes(*handles(seeds)), config)


def test_datasets_come_together_whatever_their_order():
    coadds, spans, truth = handles([1, 2, 3])
    grouped = group_scenes(coadds[::-1], spans, truth[::-1])
    assert [scene.spans.dataId["patch"] for scene in grouped] == ["3", "2", "1"]
    for scene in grouped:
        places = {handle.dataId["patch"] for handle in (*scene.coadds, scene.spans, scene.truth)}
        assert len(places) == 1


def test_scenes_are_labelled_in_the_reference_band_and_have_the_others():
    labelled = scenes(1, 2)
    assert len(labelled) == 2
    expected = band_detections(2, shape=(120, 120))
    np.testing.assert_array_equal(labelled[1].n_objects, expected.n_objects)
    assert list(labelled[1].detections.others) == ["r"]
    assert labelled[1].detections.filtered.coadd.band == "i"


def test_parts_keep_their_settings_and_facts():
    part = scenes(1, 2, 3)[1:]
    assert len(part) == 2
    assert [fact.band for fact in part.facts] == ["i,r"] * 2
    assert part.facts[0].conditions[:, 0] == pytest.approx(1.8, rel=0.01)


def test_scenes_that_lack_something_are_refused():
    coadds, spans, truth = handles([1, 2])
    with pytest.raises(BadInputError, match="2 scenes with coadds, 1 with spans and 2 with true"):
        group_scenes(coadds, spans[:1], truth)
    with pytest.raises(BadInputError, match="their bands differ"):
        group_scenes(coadds[:-1], spans, truth)
