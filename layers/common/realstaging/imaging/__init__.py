"""Everything that touches pixels. Pillow lives in a layer of its own: import this only where it is attached."""
