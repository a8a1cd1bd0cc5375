"""How the blend classifiers are trained, one a module."""
