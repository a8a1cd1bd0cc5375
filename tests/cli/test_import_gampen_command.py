"""``blendtask import-gampen``: a package, or one sentence and nothing."""

import json

import pytest
import torch

from gampen_toys import SETTINGS, tiny_network
from meas_blends.data.packages import MORPHOLOGY_GAMPEN, ModelPackage


@pytest.fixture
def weights(here):
    state = {f"module.{name}": t for name, t in tiny_network().state_dict().items()}
    torch.save(state, here / "weights.pt")
    (here / "settings.json").write_text(json.dumps(SETTINGS))
    return here


def test_it_writes_a_package_and_says_what_it_is(weights, call):
    result = call("import-gampen", "weights.pt", "settings.json", "-o", "models/mine")
    assert result.exit_code == 0, result.output
    package = ModelPackage.read(weights / "models" / "mine", MORPHOLOGY_GAMPEN)
    numbers = sum(weights.numel() for weights in tiny_network().parameters())
    assert result.output == (
        f"models/mine: {package.label}, {numbers:,} parameters, cutouts of 40 pixels in g\n"
    )
    assert package.name == "mine"
    assert package.meta["imported"]["file"] == "weights.pt"
    assert package.meta["settings"] == SETTINGS | {
        "targets": [{"unit": "", **target} for target in SETTINGS["targets"]]
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.pt", "settings.json", "-o", "p"], "none.pt: no weights can be read"),
        (["weights.pt", "none.json", "-o", "p"], "none.json: no readable JSON"),
        (["weights.pt", "lacking.json", "-o", "p"], "lacking.json: lacks dropout_rate; see doc"),
        (["settings.json", "settings.json", "-o", "p"], "settings.json: no weights can be read"),
        (["weights.pt", "settings.json", "-o", "there"], "there: is there already"),
        (["weights.pt", "settings.json", "-o", "."], ".: is there already"),
    ],
)
def test_bad_input_is_2_and_one_sentence_and_leaves_nothing(weights, call, arguments, message):
    (weights / "there").mkdir()
    lacking = {key: value for key, value in SETTINGS.items() if key != "dropout_rate"}
    (weights / "lacking.json").write_text(json.dumps(lacking))
    before = sorted(weights.rglob("*"))
    result = call("import-gampen", *arguments)
    assert result.exit_code == 2
    assert result.output.startswith(f"Error: {message}") and result.output.count("\n") == 1
    assert sorted(weights.rglob("*")) == before


def test_arguments_that_lack(call):
    result = call("import-gampen", "weights.pt")
    assert result.exit_code == 2 and "SETTINGS" in result.output
    result = call("import-gampen", "weights.pt", "settings.json")
    assert result.exit_code == 2 and "--output" in result.output
