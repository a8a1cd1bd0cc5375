"""Fixtures that several test folders share."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

# What a busy machine makes of timings is no fault of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real and truth data beside the checkout; a user's clone has none."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the shared data folder is not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def toy_scenes():
    """Labelled scenes of a hundred footprints each: three to train on, two kept apart."""
    from toys import toy_detections

    return [toy_detections(seed) for seed in (1, 2, 3)], [toy_detections(seed) for seed in (4, 5)]


@pytest.fixture(scope="session")
def toy_models(toy_scenes):
    """Tiny classifiers by name, trained on toy scenes in seconds."""
    from meas_blends.blends.training.cnn import train_cnn
    from meas_blends.blends.training.gp_pca import train_gp_pca
    from meas_blends.blends.training.logistic import train_logistic

    return {
        "logistic": train_logistic(*toy_scenes, np.random.default_rng(11), pedestal=0.0),
        "cnn": train_cnn(
            *toy_scenes,
            np.random.default_rng(11),
            channels=(8, 8),
            widths=(32, 16),
            batch=20,
            learning_rate=3e-3,
            epochs=20,
            pedestal=30.0,
        ),
        "gp_pca": train_gp_pca(
            *toy_scenes,
            np.random.default_rng(11),
            n_neighbours=20,
            batch=100,
            smoothness=(1.5,),
            length_scale=(1.0, 5.0),
            noise=(1e-3, 1e-2),
            pedestal=30.0,
        ),
    }


@pytest.fixture(scope="session")
def toy_packages(toy_models, tmp_path_factory) -> dict[str, Path]:
    """Folders of the packages of the tiny classifiers, by name."""
    from toys import toy_conditions

    folder = tmp_path_factory.mktemp("models")
    for name, model in toy_models.items():
        model.learned = toy_conditions()
        model.to_package(f"toy_{name}", "1", "toy scenes").write(folder / name)
    return {name: folder / name for name in toy_models}


@pytest.fixture(scope="session")
def toy_gp(toy_scenes):
    """A tiny classifier of the default kind, trained on toy scenes."""
    from meas_blends.blends.training.gp import train_gp
    from network_toys import TINY_GP
    from toys import toy_conditions

    model = train_gp(*toy_scenes, np.random.default_rng(11), **TINY_GP)
    model.learned = toy_conditions()
    return model


@pytest.fixture(scope="session")
def toy_gp_package(toy_gp, tmp_path_factory) -> Path:
    """Folder of its package."""
    folder = tmp_path_factory.mktemp("models") / "gp"
    toy_gp.to_package("toy_gp", "1", "toy scenes").write(folder)
    return folder


@pytest.fixture
def call(tmp_path):
    """Return a function that runs a command of the environment, in the test's folder."""
    folder = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        # BPS asks the shell where it is.
        "PWD": str(tmp_path),
        "OMP_NUM_THREADS": "1",
        "CTRL_MPEXEC_DIR": str(folder.parent),
        "DAF_BUTLER_DIR": str(folder.parent),
    }

    def run(command: str, *arguments: object, status: int = 0) -> str:
        done = subprocess.run(
            [folder / command, *map(str, arguments)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        output = done.stdout + done.stderr
        assert done.returncode == status, output
        return output

    return run
