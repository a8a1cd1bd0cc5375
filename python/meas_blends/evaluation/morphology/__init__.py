"""Scores of morphology estimators on galaxies of known truth."""
