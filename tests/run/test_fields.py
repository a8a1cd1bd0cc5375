import pytest

from fake_tasks import DetectConfig
from meas_blends.errors import BadInputError
from meas_blends.run.fields import brief, locate, set_text, set_value
from meas_blends.tasks.classify_blends import ClassifyBlendsConfig


def test_the_innermost_configuration_owns_the_field():
    config = DetectConfig()
    assert locate(config, "threshold", "here") == (config, "threshold")
    owner, name = locate(config, "trouble.kind", "here")
    assert owner is config.trouble
    assert name == "kind"


@pytest.mark.parametrize(
    "path",
    [
        "peak_finder.gp.threshold",
        "peak_finder.active.threshold",
        'peak_finder["gp"].threshold',
        "peak_finder['gp'].threshold",
        "peak_finder[gp].threshold",
    ],
)
def test_fields_of_a_registered_subtask(path):
    config = ClassifyBlendsConfig()
    config.peak_finder.name = "gp"
    owner, name = locate(config, path, "here")
    assert owner is config.peak_finder["gp"]
    assert name == "threshold"
    set_text(config, path, "0.7", "here")
    assert config.peak_finder["gp"].threshold == 0.7


def test_the_name_of_a_choice_belongs_to_its_field():
    config = ClassifyBlendsConfig()
    assert locate(config, "peak_finder.name", "here") == (config, "peak_finder.name")


def test_the_peak_finder_is_chosen_by_name():
    config = ClassifyBlendsConfig()
    set_text(config, "peak_finder.name", "local_maxima", "here")
    assert config.peak_finder.name == "local_maxima"
    set_text(config, "peak_finder", "gp", "here")
    assert config.peak_finder.name == "gp"
    set_value(config, "peak_finder.name", "local_maxima", "here")
    assert config.peak_finder.name == "local_maxima"
    set_value(config, "peak_finder", "gp", "here")
    assert config.peak_finder.name == "gp"


def test_text_is_parsed_and_a_value_is_taken_as_it_is():
    config = DetectConfig()
    set_text(config, "threshold", "4", "here")
    assert config.threshold == 4.0
    set_value(config, "threshold", 3.5, "here")
    assert config.threshold == 3.5
    with pytest.raises(BadInputError, match=r"^here: Value 4 .*float"):
        set_value(config, "threshold", "4", "here")
    assert config.threshold == 3.5


@pytest.mark.parametrize(
    ("path", "text", "message"),
    [
        ("treshold", "4", r"^here: there is no field 'treshold'; choose one of .*threshold, low"),
        ("threshold", "blue", r"Value blue .*float; the field is: Pixels above it are found\."),
        ("threshold", "-1", r"Value -1\.0 is not a valid value"),
        ("trouble", "4", r"incorrect type"),
        ("threshold.x", "4", r"'threshold' is a plain value; leave out '\.x'"),
        ("trouble.nothing", "4", r"no field 'nothing'; choose one of kind, on, log"),
    ],
)
def test_wrong_fields_and_values_get_one_sentence(path, text, message):
    with pytest.raises(BadInputError, match=message) as caught:
        set_text(DetectConfig(), path, text, "here")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("put", [set_text, set_value])
@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("peak_finder.name", "magic", r"no such choice; choose one of local_maxima,"),
        ("peak_finder.magic.x", "1", r"no 'magic'; choose one of local_maxima,"),
        ("peak_finder.gp", "1", r"group of fields; choose one of model, threshold"),
    ],
)
def test_wrong_choices_name_the_choices(put, path, value, message):
    with pytest.raises(BadInputError, match=message):
        put(ClassifyBlendsConfig(), path, value, "here")


def test_brief_is_the_first_line():
    assert brief(ValueError("too low.\nFor more information see")) == "too low"
    assert brief(ValueError()) == "ValueError"
    assert brief(ValueError("Field 'a' failed validation: too low\nmore")) == "too low"
