import numpy as np
import pytest
from astropy import units
from astropy.io.votable.ucd import parse_ucd

from meas_blends.data.catalogs import CLASSIFICATION, FOOTPRINTS, PEAKS, SCHEMAS, SPANS
from meas_blends.data.morphology_tables import MORPHOLOGY, QUANTILES


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_every_table_is_well_formed(schema):
    names = [column.name for column in schema.all_columns]
    assert len(set(names)) == len(names)
    bits = [flag.bit for flag in schema.flags]
    assert bits == sorted(set(bits)) and all(0 <= bit < 31 for bit in bits)
    for column in schema.all_columns:
        assert column.description
        units.Unit(column.unit)
    table = schema.make()
    assert len(table) == 0
    assert table.colnames == names


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_ucds_are_of_the_ivoa(schema):
    for column in schema.all_columns:
        if column.ucd:
            parse_ucd(column.ucd, check_controlled_vocabulary=True)


def test_peaks_begin_as_afw_has_them():
    names = [column.name for column in PEAKS.columns]
    assert {"id", "f_x", "f_y", "i_x", "i_y", "peakValue"} <= set(names)
    dtypes = {
        column.name: np.dtype(column.dtype) for column in PEAKS.columns if column.dtype != "str"
    }
    assert dtypes["id"] == np.int64
    assert dtypes["i_x"].kind == "i"


def test_spans_as_afw_has_them():
    assert [column.name for column in SPANS.columns] == ["footprintId", "y", "x0", "x1"]


def test_quantiles_are_those_of_one_two_three_sigma():
    from scipy.stats import norm

    expected = 100.0 * norm.cdf([-3, -2, -1, 0, 1, 2, 3])
    assert list(QUANTILES.values()) == pytest.approx(expected, abs=1e-3)
    names = {column.name for column in MORPHOLOGY.columns}
    assert {
        f"{stem}_{q}" for stem in ("bulgeToTotal", "halfLightRadius", "flux") for q in QUANTILES
    } <= names


def test_peaks_are_the_real_ones_of_afw(shared_data):
    from astropy.io import fits

    with fits.open(shared_data / "real" / "lsst_deepCoadd_meas_HSC.fits", memmap=False) as hdus:
        theirs = set(hdus[5].columns.names) - {"flags"}
        spans = set(hdus[4].columns.names)
    assert theirs <= {column.name for column in PEAKS.columns}
    assert spans <= {column.name for column in SPANS.columns}


def test_what_the_standard_catalogues_hold_has_its_ucd():
    for schema in (FOOTPRINTS, SPANS, CLASSIFICATION, PEAKS, MORPHOLOGY):
        assert [column.name for column in schema.all_columns if not column.ucd] == []
