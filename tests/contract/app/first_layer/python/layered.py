"""In both layers: on Lambda the last one covers the others."""

ORIGIN = "first layer"
