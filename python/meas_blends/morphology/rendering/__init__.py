"""Noise-free images of bulge + disk galaxies, many at once, by Fourier integrals in torch."""
