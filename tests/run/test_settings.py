from fake_tasks import DetectConfig
from meas_blends.run.settings import Origins, class_origin, settings
from meas_blends.tasks.classify_blends import ClassifyBlendsConfig


def test_settings_are_flat_and_know_their_docs():
    found = {setting.path: setting for setting in settings(DetectConfig())}
    assert found["threshold"].value == 5.0
    assert found["threshold"].doc == "Pixels above it are found."
    assert found["trouble.kind"].value == ""
    assert found["connections.coadd"].value == "blend_coadd"


def test_only_the_chosen_subtask_is_listed():
    config = ClassifyBlendsConfig()
    config.peak_finder.name = "gp"
    paths = [setting.path for setting in settings(config)]
    assert "peak_finder.name" in paths
    assert "peak_finder.gp.threshold" in paths
    assert not any(path.startswith("peak_finder.local_maxima.") for path in paths)
    every = [setting.path for setting in settings(config, chosen_only=False)]
    assert any(path.startswith("peak_finder.local_maxima.") for path in every)


def test_origins_credit_the_last_one_who_set_a_value():
    config = DetectConfig()
    origins = Origins()
    origins.note(config, class_origin)
    config.threshold = 7.0
    config.trouble.on = "a"
    origins.note(config, "first")
    # Setting the same value again counts: whoever did it, meant it.
    config.threshold = 7.0
    origins.note(config, "second")
    assert origins["threshold"] == "second"
    assert origins["trouble.on"] == "first"
    assert origins["trouble.kind"] == "default"
    assert origins["low"].startswith("setDefaults, ")
    assert "fake_tasks.py:" in origins["low"]
