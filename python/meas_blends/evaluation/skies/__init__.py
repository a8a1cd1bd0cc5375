"""Peak finders on real galaxies and real skies."""
