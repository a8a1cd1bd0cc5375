"""Fixtures that several test folders share."""

from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real and truth data beside the checkout; a user's clone has none."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the shared data folder is not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def gp_package(tmp_path_factory) -> Path:
    """A tiny blend classifier, trained on toy blends in seconds."""
    from meas_blends.blends.training import train_gaussian_process
    from toys import toy_blends

    rng = np.random.default_rng(11)
    model = train_gaussian_process(
        toy_blends(300, rng),
        toy_blends(400, rng),
        rng,
        smoothness=(1.5,),
        noise=(0.1,),
        batch=150,
        n_neighbours=20,
    )
    folder = tmp_path_factory.mktemp("models") / "toy_gp"
    model.to_package("toy_gp", "1", "toy blends").write(folder)
    return folder
