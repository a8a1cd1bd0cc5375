"""Files whose pixels hold fill values, steps, pedestals or holes: what each is told to come out as.

The cases lie beside the checkout. Each is a scene of 64 known objects in one
of the ways in which surveys write such files.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from meas_blends.data.catalogs import FOOTPRINTS
from meas_blends.run.images import ImageOptions, read_image
from meas_blends.run.memory import run_pipeline

SIGMA = 3.0
_SHARED = Path(__file__).resolve().parents[2] / "shared" / "cases"


class Case(NamedTuple):
    """A file that was read and searched, and its truth (x, y, flux, radius, star)."""

    coadd: object
    tables: dict
    truth: np.ndarray


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Make a case by its own script, and run the finder on it; once each."""
    if not _SHARED.is_dir():
        pytest.skip("the shared cases are not beside this checkout")
    folder = tmp_path_factory.mktemp("cases")
    shutil.copyfile(_SHARED / "lib.py", folder / "lib.py")
    done = {}

    def make(case, finder="local_maxima"):
        if (case, finder) not in done:
            name = Path(case).name
            where = folder / name
            where.mkdir(exist_ok=True)
            shutil.copyfile(_SHARED / case / "make.py", where / "make.py")
            subprocess.run([sys.executable, where / "make.py"], check=True, cwd=where)
            coadd = read_image(where / f"{name}.fits", ImageOptions())
            tables = run_pipeline(coadd, "blends#find", [f"classify:peak_finder.name={finder}"])
            scenes = list(folder.glob("_scene_384_1_1_*.npz"))
            truth = np.load(scenes[0])["truth"] if scenes else np.zeros((0, 5))
            done[case, finder] = Case(coadd, tables, truth)
        return done[case, finder]

    return make


def owners(case):
    """Footprint at each true object, 0 where there is none."""
    spans = case.tables["blend_spans"]
    x, y = np.rint(case.truth[:, :2].T).astype(int)
    owner = np.zeros(len(x), int)
    for span in spans:
        owner[(y == span["y"]) & (x >= span["x0"]) & (x <= span["x1"])] = span["footprintId"]
    return owner


def check(case, n_objects):
    """All objects are found, nothing else is, and fluxes and noise are right."""
    footprints = case.tables["blend_footprints"]
    owner = owners(case)
    assert np.count_nonzero(owner) >= n_objects
    assert set(footprints["footprintId"]) <= set(owner), "a footprint without an object"
    whole = footprints["flags"] & (FOOTPRINTS.flag("BAD_PIXELS") | FOOTPRINTS.flag("EDGE")) == 0
    flux = dict(zip(footprints["footprintId"][whole], footprints["flux"][whole], strict=True))
    ratio = [
        flux[one] / true for one, true in zip(owner, case.truth[:, 2], strict=True) if one in flux
    ]
    assert len(ratio) >= 0.6 * n_objects
    # A footprint holds all but the faint wings.
    assert 0.93 < np.median(ratio) < 1.03
    good = ~case.coadd.bad
    assert np.sqrt(np.median(case.coadd.variance[good])) == pytest.approx(SIGMA, rel=0.05)


@pytest.mark.parametrize(("name", "value"), [("zero_padded", 0.0), ("sentinel_999", -999.0)])
def test_a_square_on_a_fill_value(made, name, value):
    case = made(name)
    y, x = np.indices(case.coadd.shape)
    outside = abs(x - 192) + abs(y - 192) > 200
    assert np.array_equal(case.coadd.in_planes("NO_DATA"), outside)
    assert f"hold exactly {value:g}: taken as NO_DATA" in case.coadd.remarks["fill value"]
    check(case, 38)


def test_a_third_of_zeros(made):
    case = made("sci_wht_nanfree")
    assert case.coadd.bad[:, :130].all()
    assert not case.coadd.bad[:, 130:].any()
    check(case, 40)


@pytest.mark.parametrize(
    ("name", "n_objects"),
    [
        ("uint16_raw", 64),
        ("int_step_third_sigma", 64),
        ("ok/base_njy", 64),
        ("ok/nan_padded", 38),
        ("ok/nan_quantised", 48),
        ("ok/scaled_int_blank", 56),
        ("ok/err_zero_pixels", 49),
    ],
)
def test_files_without_fill_values(made, name, n_objects):
    case = made(name)
    assert case.coadd.origins["fill value"] == "none"
    check(case, n_objects)


def test_blank_rows_of_compressed_integers(made):
    case = made("ok/comp_int_blank_late")
    assert np.array_equal(np.flatnonzero(case.coadd.bad.all(axis=1)), np.arange(2772, 3072))
    assert not case.coadd.bad[:2772].any()
    assert len(case.tables["blend_footprints"]) == pytest.approx(464, abs=6)


def test_steps_of_a_third_of_the_noise(made):
    exact, rounded = (made(name, "gp") for name in ("ok/base_njy", "int_step_third_sigma"))
    n_blended = [
        int(one.tables["blend_classification"]["blended"].sum()) for one in (exact, rounded)
    ]
    assert n_blended[0] == n_blended[1] <= 3


def test_nan_cores_are_one_object_each(made):
    for finder in ("local_maxima", "gp"):
        case = made("nan_cores", finder)
        peaks = case.tables["blend_peaks"]
        stars = case.truth[case.truth[:, 4] == 1][:10]
        for x, y in stars[:, :2]:
            distance = np.hypot(peaks["f_x"] - x, peaks["f_y"] - y)
            assert np.count_nonzero(distance < 8) == 1
            assert distance.min() < 1.0
        cored = case.tables["blend_footprints"]["flags"] & FOOTPRINTS.flag("FILLED_CORE") > 0
        assert np.count_nonzero(cored) == 10


def test_a_big_galaxy_keeps_its_light(made):
    footprints = made("ok/big_galaxy").tables["blend_footprints"]
    assert footprints["flux"].max() == pytest.approx(2.0e6, rel=0.06)
