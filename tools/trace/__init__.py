"""The trace of one job on the local cloud: a waterfall in the terminal, and a page."""
