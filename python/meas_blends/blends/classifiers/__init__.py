"""The trained blend classifiers, one a module."""
