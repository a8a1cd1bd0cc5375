"""The tasks on an LSST Butler: formatters, and commands that ingest coadds and models.

``config/butler_seed.yaml`` tells a repository of the formatters; the entry
point ``butler.cli`` tells ``butler`` of the commands. The tasks need neither.
"""
