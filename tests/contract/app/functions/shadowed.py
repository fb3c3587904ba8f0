"""Also in both layers: on Lambda the function's own module is the one that is found."""

ORIGIN = "function"
