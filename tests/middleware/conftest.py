"""Fixtures of the Butler's tests: repositories and coadds for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from lsst.daf.butler import Butler, Config

from meas_blends.data.coadd import Coadd
from meas_blends.data.fits import write_coadd
from toys import draw

SEED = "resource://meas_blends/config/butler_seed.yaml"

#: Sources of the coadds, whose bands differ in their noise.
SOURCES = [(20, 16, 60), (60, 20, 60), (64, 20, 30), (20, 48, 60), (30, 48, 40)]


@pytest.fixture
def repo(tmp_path):
    """A new repository."""
    Butler.makeRepo(str(tmp_path / "repo"), config=Config(SEED))
    return str(tmp_path / "repo")


@pytest.fixture
def make_coadd(tmp_path):
    """Return a function that writes a small coadd and gives its path."""

    def make(name: str, band: str = "", usable: bool = True) -> Path:
        coadd = draw(SOURCES, band=band, pixel_scale=0.2)
        noise = np.random.default_rng(len(band)).normal(0, 0.3, coadd.shape)
        image = coadd.image + noise if usable else np.full(coadd.shape, np.nan)
        write_coadd(Coadd(**{**vars(coadd), "image": image}), tmp_path / name)
        return tmp_path / name

    return make
