"""Trainers of blend classifiers: subtasks of TrainBlendClassifierTask, chosen by name."""
