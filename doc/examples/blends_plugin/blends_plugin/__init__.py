"""Example plugin of meas_blends."""

from meas_blends.plugins import Extension, hookimpl


@hookimpl
def meas_blends_extensions():
    """Declare what this plugin offers; its classes are imported when they are chosen."""
    return [
        Extension(
            "peak_finder",
            "one_peak",
            "blends_plugin.one_peak:OnePeakTask",
            "Every footprint is one object",
        ),
        Extension(
            "peak_finder",
            "area",
            "blends_plugin.area_tasks:AreaTask",
            "Blended if large: a trained classifier that sees only the area",
        ),
        Extension(
            "trainer",
            "area",
            "blends_plugin.area_tasks:AreaTrainerTask",
            "Trains the area classifier",
        ),
        Extension(
            "task",
            "crowding",
            "blends_plugin.crowding:CrowdingTask",
            "Peaks in each footprint, and how far apart they lie",
        ),
    ]
