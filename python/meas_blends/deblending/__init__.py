"""Deblending: a model for each object of a blend, in all bands at once."""
