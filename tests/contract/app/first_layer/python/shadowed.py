"""In both layers and in the function."""

ORIGIN = "first layer"
