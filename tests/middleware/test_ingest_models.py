import numpy as np
import pytest
from lsst.daf.butler import Butler, DatasetType

from meas_blends.data.packages import ModelPackage
from meas_blends.data.pages import Pages
from meas_blends.errors import BadInputError
from meas_blends.middleware.ingest_coadds import ingest_coadds
from meas_blends.middleware.ingest_models import ingest_model


@pytest.fixture
def package(tmp_path):
    """Folder of a package of a few numbers."""
    model = ModelPackage("blend_toy", "toy", "1", "text", {"seed": 3}, {"a": np.arange(3.0)})
    model.write(tmp_path / "toy")
    return str(tmp_path / "toy")


@pytest.fixture
def bands(repo, make_coadd):
    """A repository with coadds in two bands."""
    ingest_coadds(repo, [make_coadd("a_g.fits"), make_coadd("a_i.fits")], "coadds")
    return repo


def test_a_package_comes_back_in_every_band(bands, package):
    done = ingest_model(bands, package, "models")
    assert [(data_id["band"], new) for data_id, new in done] == [("g", True), ("i", True)]
    with Butler.from_config(bands, collections="models") as butler:
        back = butler.get("blend_model", done[0][0])
    assert (back.kind, back.label, back.meta) == ("blend_toy", "toy 1", {"seed": 3})
    np.testing.assert_array_equal(back.arrays["a"], [0, 1, 2])


def test_again_is_nothing_new_and_another_is_told(bands, package):
    ingest_model(bands, package, "models", bands=["g"])
    done = ingest_model(bands, package, "models")
    assert [new for _, new in done] == [False, True]
    ModelPackage("blend_toy", "toy", "2", "text").write(package)
    with pytest.raises(BadInputError, match="toy 2: models has another package"):
        ingest_model(bands, package, "models")


def test_the_kind_says_which_dataset_it_is(bands, tmp_path):
    for kind in ("morphology_toy", "theirs"):
        ModelPackage(kind, "toy", "1", "text").write(tmp_path / kind)
    ingest_model(bands, str(tmp_path / "morphology_toy"), "models", bands=["g"])
    with pytest.raises(BadInputError, match="a package of kind theirs"):
        ingest_model(bands, str(tmp_path / "theirs"), "models")
    ingest_model(bands, str(tmp_path / "theirs"), "models", bands=["g"], dataset_type="their_model")
    with Butler.from_config(bands, collections="models") as butler:
        for name in ("morphology_model", "their_model"):
            assert butler.exists(name, skymap="blend_coadds", band="g")


def test_a_model_over_bands_is_one_for_all_of_them(bands, package):
    done = ingest_model(bands, package, "models", at_once=True)
    assert done == [({"skymap": "blend_coadds"}, True)]
    with Butler.from_config(bands, collections="models") as butler:
        assert butler.get("bands_blend_model", skymap="blend_coadds").label == "toy 1"
    with pytest.raises(BadInputError, match="for all of them; leave out --band"):
        ingest_model(bands, package, "models", bands=["g"], at_once=True)
    ModelPackage("morphology_toy", "toy", "1", "text").write(package)
    with pytest.raises(BadInputError, match="morphology_toy, which looks at one band; leave out"):
        ingest_model(bands, package, "models", at_once=True)


def test_a_model_for_no_coadds_is_told(bands, package):
    with pytest.raises(BadInputError, match="no coadds of the skymap blend_coadds in z"):
        ingest_model(bands, package, "models", bands=["z"])
    with pytest.raises(BadInputError, match="no coadds of the skymap other;"):
        ingest_model(bands, package, "models", skymap="other")


def test_a_report_comes_back(repo):
    pages = Pages({"index.html": b"<p>", "a.png": bytes(range(256))})
    with Butler.from_config(repo, writeable=True, run="reports") as butler:
        kind = DatasetType("blend_report", (), "BlendReport", universe=butler.dimensions)
        butler.registry.registerDatasetType(kind)
        butler.put(pages, "blend_report")
        assert butler.get("blend_report") == pages
