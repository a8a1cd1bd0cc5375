"""However many processes add to a repository at once, it ends as if they had come one by one."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from astropy.io import fits
from lsst.daf.butler import Butler
from sqlalchemy.exc import IntegrityError, OperationalError

from meas_blends.errors import BadInputError
from meas_blends.middleware import ingest_coadds as module
from meas_blends.middleware import records
from meas_blends.middleware.ingest_coadds import ingest_coadds
from meas_blends.middleware.ingest_models import ingest_model
from meas_blends.middleware.register_scenes import register_scenes
from meas_blends.middleware.repository import in_transaction, open_repository

#: Imports all that it needs, then forks a process a job: they begin together.
WORKERS = """
import json, os, sys
from pathlib import Path
from meas_blends.errors import BadInputError
from meas_blends.middleware.ingest_coadds import ingest_coadds
from meas_blends.middleware.ingest_models import ingest_model
from meas_blends.middleware.register_scenes import register_scenes

def work(what, repo, run, *files):
    if what == "coadds":
        for name in files:
            ingest_coadds(repo, [Path(one) for one in name.split(",")], run)
    elif what == "scenes":
        register_scenes(repo, 3, ["i"], run, "blend_coadds")
    else:
        ingest_model(repo, "logistic_lsst_i", run)

def tell(job):
    try:
        work(*job)
    except BadInputError as error:
        return f"told: {error}"
    except BaseException as error:
        return repr(error)
    return ""

gate, opened = os.pipe()
children = []
for job in json.loads(sys.argv[1]):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(opened)
        os.read(gate, 1)
        os.write(writer, tell(job).encode())
        os._exit(0)
    os.close(writer)
    children.append((child, reader))
os.close(opened)
errors = []
for child, reader in children:
    os.waitpid(child, 0)
    errors.append(open(reader).read())
print(json.dumps(errors))
"""

#: Ingests a coadd, and stays in the middle of its transaction.
HANGS = """
import sys, time
from pathlib import Path
from meas_blends.middleware import ingest_coadds as module
from meas_blends.middleware import records

def hang(*arguments):
    Path(sys.argv[3]).touch()
    time.sleep(600)

module._remember_names = hang
module.ingest_coadds(sys.argv[1], [Path(sys.argv[2])], "coadds")
"""

ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


def at_once(*jobs):
    """Errors of jobs that run side by side, empty where all went well."""
    text = json.dumps([[str(part) for part in job] for job in jobs])
    done = subprocess.run(
        [sys.executable, "-c", WORKERS, text], capture_output=True, text=True, env=ENVIRONMENT
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def patch_names(repo):
    """Number of every patch that a name gave, and the names that have it."""
    found = {}
    with Butler.from_config(repo) as butler:
        for ref in butler.query_datasets("blend_patch_name", "*", find_first=False, explain=False):
            found.setdefault(butler.get(ref)["name"], set()).add(ref.dataId["patch"])
    return found


def held(repo):
    with Butler.from_config(repo) as butler:
        refs = butler.query_datasets("blend_coadd", "*", find_first=False, explain=False)
        return sorted((ref.run, ref.dataId["patch"], ref.dataId["band"]) for ref in refs)


@pytest.mark.parametrize("one_run", [True, False])
def test_no_two_fields_get_one_patch(repo, make_coadd, one_run):
    # Each process ingests its fields one after the other: many chances to meet another.
    fields = [[make_coadd(f"f{k}{letter}_i.fits") for letter in "abc"] for k in range(4)]
    runs = ["coadds"] * 4 if one_run else [f"run{k}" for k in range(4)]
    done = at_once(*(("coadds", repo, run, *own) for run, own in zip(runs, fields, strict=True)))
    assert done == [""] * 4
    names = patch_names(repo)
    assert sorted(names) == sorted(f"f{k}{letter}" for k in range(4) for letter in "abc")
    assert sorted(names.values(), key=min) == [{number} for number in range(12)]
    assert len(held(repo)) == 12


def test_one_field_by_many_is_one_patch(repo, make_coadd):
    bands = [make_coadd(f"field_{band}.fits") for band in "gri"]
    together = ",".join(map(str, bands))
    jobs = [("coadds", repo, "coadds", *bands), ("coadds", repo, "coadds", together)]
    jobs += [("coadds", repo, "other", *bands[::-1])]
    assert at_once(*jobs) == [""] * 3
    assert patch_names(repo) == {"field": {0}}
    assert held(repo) == [(run, 0, band) for run in ("coadds", "other") for band in "gir"]


def test_of_two_files_of_one_name_the_second_is_told(repo, make_coadd, tmp_path):
    files = []
    for folder, band in (("one", "i"), ("two", "rr")):
        (tmp_path / folder).mkdir()
        # The seed of the noise is the length of the band.
        made = make_coadd(f"{folder}/field.fits", band)
        with fits.open(made, mode="update") as hdus:
            for hdu in hdus:
                hdu.header["BAND"] = "i"
        files.append(made)
    errors = sorted(at_once(*(("coadds", repo, "coadds", file) for file in files)))
    assert errors[0] == "" and errors[1].startswith("told:")
    assert "coadds has another file as the i band of patch 0" in errors[1]
    assert held(repo) == [("coadds", 0, "i")]


def test_coadds_scenes_and_models_at_once(repo, make_coadd):
    ingest_coadds(repo, [make_coadd("first_i.fits")], "coadds")
    own = [make_coadd(f"more{k}_i.fits") for k in range(2)]
    jobs = [("coadds", repo, "coadds", file) for file in own]
    jobs += [("scenes", repo, "scenes"), ("model", repo, "models"), ("model", repo, "models")]
    assert at_once(*jobs) == [""] * 5
    names = patch_names(repo)
    assert sorted(names) == ["first", "more0", "more1"]
    assert len(set.union(*names.values())) == 3
    with Butler.from_config(repo, collections="models") as butler:
        (ref,) = butler.query_datasets("blend_model")
        assert ref.dataId["band"] == "i"


def test_a_killed_ingest_leaves_nothing_behind(repo, make_coadd, tmp_path):
    files = [make_coadd("a_i.fits"), make_coadd("b_i.fits")]
    inside = tmp_path / "inside"
    arguments = [sys.executable, "-c", HANGS, repo, files[0], inside]
    process = subprocess.Popen(list(map(str, arguments)), env=ENVIRONMENT)
    while not inside.exists():
        assert process.poll() is None
        time.sleep(0.01)
    # In the middle of its transaction, with the files linked and the lock held.
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert [new for _, new in ingest_coadds(repo, files, "coadds")] == [True, True]
    assert patch_names(repo) == {"a": {0}, "b": {1}}


def test_where_the_database_lets_two_in_the_later_one_begins_anew(repo, make_coadd, monkeypatch):
    ingest_coadds(repo, [make_coadd("a_i.fits")], "coadds")
    true, calls = module._known_names, []

    def stale(butler, skymap):
        # What a database without SQLite's lock shows to a transaction that began before.
        calls.append(skymap)
        return {"": -1} if len(calls) <= 3 else true(butler, skymap)

    real = module.add_records

    def strict(butler, placed):
        if len(calls) <= 3:
            raise IntegrityError("insert", {}, Exception("another has added this patch"))
        real(butler, placed)

    monkeypatch.setattr(module, "_known_names", stale)
    monkeypatch.setattr(module, "add_records", strict)
    ((placed, new),) = ingest_coadds(repo, [make_coadd("b_i.fits")], "more")
    assert (placed.patch, new) == (1, True) and len(calls) == 4


def test_a_patch_that_another_has_made_meanwhile_is_not_passed_over(repo, make_coadd, monkeypatch):
    """The row itself conflicts: nothing is skipped that has come to be there."""
    register_scenes(repo, 1, ["i"], "scenes", "blend_coadds")
    monkeypatch.setattr(records, "_patches", lambda butler, skymap: set())
    with pytest.raises(IntegrityError):
        register_scenes(repo, 1, ["i"], "scenes", "blend_coadds")


def test_a_database_that_stays_locked_is_told(repo, monkeypatch):
    def locked():
        raise OperationalError("insert", {}, Exception("database is locked"))

    with pytest.raises(BadInputError, match="another process has held its database for minutes"):
        with open_repository(repo) as butler:
            in_transaction(butler, locked)


def test_a_model_again_is_nothing_new(repo, make_coadd):
    ingest_coadds(repo, [make_coadd("a_i.fits")], "coadds")
    assert [new for _, new in ingest_model(repo, "logistic_lsst_i", "models")] == [True]
    assert [new for _, new in ingest_model(repo, "logistic_lsst_i", "models")] == [False]
