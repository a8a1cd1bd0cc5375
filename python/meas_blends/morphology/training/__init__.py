"""How morphology networks are trained, on simulated galaxies and on a user's own."""
