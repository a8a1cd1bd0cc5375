import numpy as np
import pytest
from lsst.daf.butler import Butler, CollectionType

from meas_blends.data.fits import read_coadd
from meas_blends.errors import BadInputError
from meas_blends.middleware.ingest_coadds import ingest_coadds


def held(repo, run="coadds"):
    """Data IDs of the coadds in a run."""
    with Butler.from_config(repo, collections=run) as butler:
        refs = butler.query_datasets("blend_coadd", explain=False)
        return sorted((ref.dataId["patch"], ref.dataId["band"]) for ref in refs)


@pytest.mark.parametrize("transfer", ["link", "copy", "direct"])
def test_coadds_come_back(repo, make_coadd, transfer):
    file = make_coadd("a.fits", "i")
    ((placed, new),) = ingest_coadds(repo, [file], "coadds", transfer=transfer)
    assert new and file.exists()
    with Butler.from_config(repo, collections="coadds") as butler:
        coadd = butler.get("blend_coadd", placed.data_id)
        path = butler.getURI("blend_coadd", placed.data_id).ospath
    assert (path == str(file)) == (transfer == "direct")
    np.testing.assert_array_equal(coadd.image, read_coadd(file).image)
    assert coadd.band == "i"


def test_the_band_of_the_data_id_counts(repo, make_coadd, tmp_path):
    file = make_coadd("a.fits", "i SDSS c6007")
    (tmp_path / "list.csv").write_text("file,patch,band\na.fits,3,i\n")
    ((placed, _),) = ingest_coadds(repo, [file], "coadds", tmp_path / "list.csv")
    with Butler.from_config(repo, collections="coadds") as butler:
        assert butler.get("blend_coadd", placed.data_id).band == "i"


def test_again_is_nothing_new_and_later_files_join_their_patch(repo, make_coadd):
    first = [make_coadd("b_i.fits"), make_coadd("c_i.fits")]
    ingest_coadds(repo, first, "coadds")
    assert [new for _, new in ingest_coadds(repo, first, "coadds")] == [False, False]
    more = [make_coadd("a_i.fits"), *first, make_coadd("c_r.fits")]
    placed = ingest_coadds(repo, more, "coadds")
    assert [(file.patch, new) for file, new in placed] == [
        (2, True),
        (0, False),
        (1, False),
        (1, True),
    ]
    assert held(repo) == [(0, "i"), (1, "i"), (1, "r"), (2, "i")]


def test_all_or_nothing_with_a_line_for_each_bad_file(repo, make_coadd, tmp_path):
    (tmp_path / "text_i.fits").write_text("not an image")
    files = [make_coadd("a_i.fits"), tmp_path / "text_i.fits", tmp_path / "none_i.fits"]
    with pytest.raises(BadInputError) as error:
        ingest_coadds(repo, files, "coadds")
    first, second = str(error.value).splitlines()
    assert "text_i.fits: not a FITS file" in first and "none_i.fits: no such file" in second
    with Butler.from_config(repo) as butler:
        assert not butler.registry.queryDatasetTypes("blend_coadd")


def test_another_file_in_its_place_is_told_and_nothing_changes(repo, make_coadd, tmp_path):
    make_coadd("a_i.fits")
    make_coadd("b_r.fits", "rr")
    (tmp_path / "list.csv").write_text("file,patch,band\na_i.fits,0,i\nb_r.fits,1,r\n")
    ingest_coadds(repo, [tmp_path / "a_i.fits"], "coadds", tmp_path / "list.csv")
    (tmp_path / "list.csv").write_text("file,patch,band\na_i.fits,1,r\nb_r.fits,0,i\n")
    with pytest.raises(BadInputError, match="coadds has another file as the i band of patch 0"):
        ingest_coadds(repo, [], "coadds", tmp_path / "list.csv")
    assert held(repo) == [(0, "i")]


def test_somebody_elses_skymap_and_filters_are_used_as_they_are(repo, make_coadd, tmp_path):
    with Butler.from_config(repo, writeable=True) as butler:
        add = butler.registry.insertDimensionData
        add("instrument", {"name": "HSC", "class_name": "lsst.pipe.base.Instrument"})
        add("physical_filter", {"instrument": "HSC", "name": "HSC-I", "band": "i"})
        sizes = {"tract_max": 10, "patch_nx_max": 9, "patch_ny_max": 9}
        add("skymap", {"name": "rings", "hash": b"theirs", **sizes})
        add("tract", {"skymap": "rings", "id": 5})
        cell = {"cell_x": 1, "cell_y": 1}
        add("patch", {"skymap": "rings", "tract": 5, "id": 10, **cell})
    make_coadd("a.fits", "i")
    (tmp_path / "list.csv").write_text("file,skymap,tract,patch\na.fits,rings,5,10\n")
    ingest_coadds(repo, [], "coadds", tmp_path / "list.csv")
    with Butler.from_config(repo) as butler:
        filters = butler.query_dimension_records("physical_filter", explain=False)
        assert [record.name for record in filters] == ["HSC-I"]
    with pytest.raises(BadInputError, match="rings: a skymap with patches of its own"):
        ingest_coadds(repo, [tmp_path / "a.fits"], "more", skymap="rings")
    (tmp_path / "list.csv").write_text("file,skymap,tract,patch\na.fits,rings,5,11\n")
    with pytest.raises(BadInputError, match="skymap rings has no patch 11 in tract 5"):
        ingest_coadds(repo, [], "more", tmp_path / "list.csv")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a.fits,i,10000,0", "give numbers below"),
        ("a.fits,i,0,100000", "give numbers below"),
        (f"a.fits,{'i' * 33},0,0", "is no band for a Butler"),
    ],
)
def test_what_no_record_can_hold_is_told(repo, make_coadd, tmp_path, row, message):
    make_coadd("a.fits")
    (tmp_path / "list.csv").write_text(f"file,band,patch,tract\n{row}\n")
    with pytest.raises(BadInputError, match=message):
        ingest_coadds(repo, [], "coadds", tmp_path / "list.csv")


def test_a_collection_of_another_kind_is_told(repo, make_coadd):
    with Butler.from_config(repo, writeable=True) as butler:
        butler.collections.register("chain", CollectionType.CHAINED)
    with pytest.raises(BadInputError, match="chain: a CHAINED collection"):
        ingest_coadds(repo, [make_coadd("a_i.fits")], "chain")


def test_a_repository_that_does_not_know_us_is_told(tmp_path, make_coadd):
    with pytest.raises(BadInputError, match="nowhere: no Butler repository"):
        ingest_coadds(str(tmp_path / "nowhere"), [make_coadd("a_i.fits")], "coadds")
