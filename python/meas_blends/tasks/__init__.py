"""The pipeline tasks: connections, configuration, and a short run over plain functions."""
