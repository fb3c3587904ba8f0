"""Real Staging: photos of empty rooms in, furnished rooms out."""

__version__ = "0.1.0"
