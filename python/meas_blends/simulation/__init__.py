"""Simulated coadds with known truth: galaxy population, rendering, labels."""
