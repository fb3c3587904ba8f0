"""The benchmark: the figures of the architecture, measured on a local cloud with a model that takes no time."""
