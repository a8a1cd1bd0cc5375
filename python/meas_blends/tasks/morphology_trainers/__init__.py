"""Trainers of morphology networks: subtasks that `TrainMorphologyTask` chooses from by name."""
