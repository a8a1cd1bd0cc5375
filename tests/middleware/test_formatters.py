import pytest
from lsst.daf.butler import Config, StorageClass
from lsst.utils import doImportType

from meas_blends.data.formats import FORMATS
from meas_blends.middleware.formatters import CoaddFormatter, FileFormatter, FolderFormatter

SEED = Config("resource://meas_blends/config/butler_seed.yaml")


def test_the_seed_knows_every_storage_class_but_that_of_tables():
    names = set(FORMATS) - {"ArrowAstropy"}
    assert set(SEED["storageClasses"].keys()) == names
    assert set(SEED["datastore", "formatters"].keys()) == names


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"ArrowAstropy"}))
def test_each_has_a_type_and_the_formatter_of_a_file_or_a_folder(name):
    pytype = doImportType(SEED["storageClasses", name, "pytype"])
    assert StorageClass(name, pytype=pytype).pytype is pytype
    formatter = doImportType(SEED["datastore", "formatters", name])
    if not FORMATS[name].suffix:
        assert formatter is FolderFormatter
    else:
        assert formatter in (FileFormatter, CoaddFormatter)
        assert formatter.default_extension == FORMATS[name].suffix
