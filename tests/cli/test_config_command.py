import pytest
import yaml


def test_config_tells_where_each_value_came_from(here, call):
    (here / "o.yaml").write_text("# mine\nprobability: 0.5\n")
    (here / "o.py").write_text("\nconfig.trouble.on = 'x'\n")
    files = ["-C", "classify:o.yaml", "-C", "detect:o.py"]
    result = call("config", "fake.yaml", *files, "-c", "detect:trouble.kind=bad")
    assert result.exit_code == 0
    lines = {
        line.split(":")[0].strip(): " ".join(line.split()) for line in result.output.splitlines()
    }
    assert lines["probability"] == "probability: 0.5 # o.yaml:2"
    assert lines["threshold"] == "threshold: 6.0 # pipeline fake.yaml"
    assert lines["low"].startswith("low: 2.0 # setDefaults, ")
    assert '  trouble.kind: "bad"' in result.output
    assert "# -c detect:trouble.kind=bad" in result.output
    assert "# o.py:2" in result.output
    assert lines["connections.spans"].endswith("# default")


def test_the_output_is_yaml_of_all_tasks_in_order(here, call):
    shown = yaml.safe_load(call("config", "fake.yaml").output)
    assert list(shown) == ["detect", "classify"]
    assert shown["detect"]["threshold"] == 6.0
    assert shown["detect"]["trouble.log"] == ""
    assert shown["classify"]["connections.peaks"] == "blend_peaks"


def test_subsets_and_added_tasks_are_those_that_would_run(here, call):
    assert list(yaml.safe_load(call("config", "fake.yaml#only").output)) == ["detect"]
    result = call("config", "fake.yaml#only", "-t", "fake_tasks.GatherTask:count")
    assert "count:  # fake_tasks.GatherTask" in result.output.splitlines()


def test_the_last_override_wins(here, call):
    (here / "o.yaml").write_text("threshold: 7.0\n")
    value, file = ("-c", "detect:threshold=8"), ("-C", "detect:o.yaml")

    def threshold(*options):
        return yaml.safe_load(call("config", "fake.yaml", *options).output)["detect"]["threshold"]

    assert threshold(*value, *file) == 7.0
    assert threshold(*file, *value) == 8.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["magic"], "magic: no such pipeline"),
        (["fake.yaml", "-c", "detect:treshold=4"], "there is no field 'treshold'"),
        (["fake.yaml", "-c", "detect:low=8"], "low must not be above threshold"),
        (["fake.yaml", "-t", "magic"], "no plugin offers a task of this name"),
    ],
)
def test_wrong_arguments_are_2_and_one_sentence(here, call, arguments, message):
    result = call("config", *arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert result.output.startswith("Error: ")
    assert result.output.count("\n") == 1
