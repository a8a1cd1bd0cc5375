"""Pictures and pages of peak finders on real galaxies and real skies."""
