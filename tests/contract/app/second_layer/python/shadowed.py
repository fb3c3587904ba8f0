"""In both layers and in the function."""

ORIGIN = "second layer"
