"""A convolutional network that sees the whole coadd: how many objects, and where."""
