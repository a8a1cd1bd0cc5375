"""Files of weights and settings: what is read, and what is refused in one sentence."""

import copy
import json
import pickle

import pytest
import torch

from gampen_toys import SETTINGS, SIZE, TINY, galaxies, tiny_network
from meas_blends.errors import BadInputError
from meas_blends.morphology.gampen.estimator import GampenEstimator
from meas_blends.morphology.gampen.importing import import_gampen
from meas_blends.morphology.gampen.network import GampenArchitecture, GampenNetwork
from meas_blends.morphology.gampen.settings import GampenSettings
from meas_blends.morphology.gampen.weights import load_network, read_weights


class Trap:
    """Would run code if it were unpickled."""

    def __reduce__(self):
        return (print, ("unpickled",))


@pytest.fixture
def files(tmp_path):
    """Write weights and settings, and give their paths."""

    def write(state=None, settings=SETTINGS, **options):
        state = tiny_network().state_dict() if state is None else state
        torch.save(state, tmp_path / "weights.pt", **options)
        (tmp_path / "settings.json").write_text(json.dumps(settings))
        return tmp_path / "weights.pt", tmp_path / "settings.json"

    return write


@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize("zipped", [True, False])
def test_an_imported_network_gives_what_it_gave(files, tmp_path, prefix, zipped):
    network, images = tiny_network(), galaxies(4)
    state = {prefix + name: tensor for name, tensor in network.state_dict().items()}
    package = import_gampen(*files(state, _use_new_zipfile_serialization=zipped), "mine")
    package.write(tmp_path / "package")
    back = GampenEstimator.from_package(type(package).read(tmp_path / "package"))
    wide = images.expand(-1, 3, -1, -1)
    torch.testing.assert_close(back.network(wide), network(wide).detach(), atol=0, rtol=0)
    assert back.network.architecture == TINY
    assert back.settings == GampenSettings.from_meta(SETTINGS, "")
    assert package.label.startswith("mine ") and len(package.version) == 8
    assert package.meta["imported"]["sha256"].startswith(package.version)


@pytest.mark.parametrize("kind", [torch.float64, torch.float16])
def test_weights_of_other_precision(files, kind):
    state = {name: tensor.to(kind) for name, tensor in tiny_network().state_dict().items()}
    arrays = import_gampen(*files(state), "mine").arrays
    assert {str(array.dtype) for array in arrays.values()} == {"float32"}


def test_the_published_names_make_the_published_architecture():
    with torch.device("meta"):
        state = GampenNetwork().state_dict()
    network = load_network(state, 239, 4e-4, "weights.pt")
    assert network.architecture == GampenArchitecture()
    assert network.dropout_rate == 4e-4 and not network.training


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no weights can be read"),
        (b"no weights at all", "no weights can be read"),
        (b"PK\x03\x04 a broken archive", "no weights can be read"),
        (pickle.dumps(Trap(), 2), "no weights can be read"),
    ],
)
def test_files_that_hold_no_weights(tmp_path, capsys, content, words):
    (tmp_path / "weights.pt").write_bytes(content)
    with pytest.raises(BadInputError, match=words) as caught:
        read_weights(tmp_path / "weights.pt")
    assert str(caught.value).startswith(str(tmp_path)) and "\n" not in str(caught.value)
    assert capsys.readouterr().out == ""


def test_a_file_that_was_cut_off(files):
    path, _ = files()
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(BadInputError, match=r"weights\.pt: no weights can be read"):
        read_weights(path)


def test_code_beside_the_weights_does_not_run(files, capsys):
    with pytest.raises(BadInputError, match="no weights can be read"):
        read_weights(files({"a": torch.zeros(1), "trap": Trap()})[0])
    assert capsys.readouterr().out == ""


def test_a_missing_file(tmp_path):
    with pytest.raises(BadInputError, match=r"none\.pt: no weights can be read"):
        read_weights(tmp_path / "none.pt")


@pytest.mark.parametrize("state", [[torch.zeros(2)], {"epoch": 3}, {"model": {"a": torch.ones(1)}}])
def test_other_things_than_named_tensors(files, state):
    with pytest.raises(BadInputError, match="save the network's state_dict alone"):
        read_weights(files(state)[0])


def damaged(name, change):
    state = dict(tiny_network().state_dict())
    if change is None:
        del state[name]
    else:
        state[name] = change(state[name]) if name in state else change(torch.zeros(1))
    return state


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({}, r"'localization.0.weight' is missing"),
        (damaged("localization.0.weight", None), r"'localization.0.weight' is missing"),
        (damaged("fc_loc.0.bias", None), r"lacks fc_loc.0.bias"),
        (damaged("vgg.features.17.weight", None), r"lacks|shape|missing"),
        (damaged("vgg.features.1.bias", lambda t: t), r"GaMPEN has not, vgg.features.1.bias"),
        (damaged("vgg.features.3.weight", lambda t: t[:, 1:]), r"features.3.weight has shape"),
        (damaged("vgg.classifier.6.weight", lambda t: t[:7]), r"7 outputs are those of no Gauss"),
        (damaged("fc_loc.0.weight", lambda t: t[:, :-1]), r"for cutouts of no pixels"),
        (damaged("fc_loc.2.bias", lambda t: t * float("nan")), r"fc_loc.2.bias holds numbers"),
        (damaged("fc_loc.2.bias", lambda t: t.int()), r"fc_loc.2.bias holds torch.int32"),
    ],
)
def test_weights_that_are_not_gampens(files, state, words):
    with pytest.raises(BadInputError, match=words) as caught:
        import_gampen(*files(state), "mine")
    assert "weights.pt" in str(caught.value) and "\n" not in str(caught.value)


def test_a_wrong_size_of_cutouts_names_the_right_ones(files):
    with pytest.raises(BadInputError, match=r"cutout_size is 60, .* of 37 to 40 pixels"):
        import_gampen(*files(settings=SETTINGS | {"cutout_size": 60}), "mine")


@pytest.mark.parametrize("name", SETTINGS)
def test_each_missing_field_is_named(name):
    lacking = {key: value for key, value in SETTINGS.items() if key != name}
    with pytest.raises(BadInputError, match=rf"settings\.json: lacks {name}; see doc/gampen.md"):
        GampenSettings.from_meta(lacking, "settings.json")


@pytest.mark.parametrize("name", ["name", "transform", "mean", "std"])
def test_each_missing_field_of_a_target_is_named(name):
    lacking = copy.deepcopy(SETTINGS)
    del lacking["targets"][1][name]
    with pytest.raises(BadInputError, match=f"target 1: lacks {name}"):
        GampenSettings.from_meta(lacking, "settings.json")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("cutout_size", 40.5, "cutout_size is 40.5; give a whole number above 32"),
        ("cutout_size", True, "cutout_size is true"),
        ("pixel_scale", "0.168", 'pixel_scale is "0.168"; give a number above 0'),
        ("zero_point", float("nan"), "zero_point is NaN"),
        ("dropout_rate", 1, "dropout_rate is 1; give a number between 0 and 1"),
        ("dropout_rate", None, "dropout_rate is null"),
        ("bulge_epsilon", 0.5, "bulge_epsilon is 0.5"),
        ("magnitude_slope", 2.5, "magnitude_slope is 2.5"),
        ("bands", "g", 'bands is "g"; give a list'),
        ("bands", [], "bands is"),
        ("targets", [], "targets is"),
        ("targets", ["flux"], "target 0: not an object"),
        ("targets", SETTINGS["targets"][:1] * 2, "targets is .* give different names"),
        ("drop_rate", 0.1, "there is no field drop_rate; those there are: cutout_size"),
    ],
)
def test_wrong_settings(name, value, words):
    with pytest.raises(BadInputError, match=f"^settings.json: {words}"):
        GampenSettings.from_meta({**SETTINGS, name: value}, "settings.json")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"transform": "log10"}, 'transform is "log10"; give logit or log'),
        ({"transform": "logit"}, 'transform is "logit"; give log, for flux'),
        ({"unit": "mag"}, 'unit is "mag"; give count or nJy, for flux'),
        ({"std": 0}, "std is 0; give a number above 0"),
    ],
)
def test_wrong_targets(change, words):
    targets = [*SETTINGS["targets"][:2], SETTINGS["targets"][2] | change]
    with pytest.raises(BadInputError, match=f"target 2: {words}"):
        GampenSettings.from_meta(SETTINGS | {"targets": targets}, "settings.json")


@pytest.mark.parametrize("content", ["", "{", "[1, 2]", "null"])
def test_settings_that_are_no_object(tmp_path, content):
    (tmp_path / "settings.json").write_text(content)
    with pytest.raises(BadInputError, match=r"settings\.json: (no readable JSON|not an object)"):
        GampenSettings.from_file(tmp_path / "settings.json")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"targets": SETTINGS["targets"][:2]}, "2 targets in the settings, .* for 3"),
        ({"bands": ["g", "r"]}, "2 bands in the settings, .* for 3 channels"),
    ],
)
def test_settings_of_another_network(files, change, words):
    with pytest.raises(BadInputError, match=words):
        import_gampen(*files(settings=SETTINGS | change), "mine")


def test_sizes_that_fit():
    assert TINY.localised == TINY.resized(37).localised != TINY.resized(36).localised
    assert TINY.resized(SIZE + 1).localised != TINY.localised
