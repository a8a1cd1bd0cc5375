"""Morphology estimators: subtasks that `MeasureMorphologyTask` chooses from by name."""
