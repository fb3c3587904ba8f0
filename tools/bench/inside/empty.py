"""A Python that does nothing: when it was ready, by the clock that the whole machine shares."""

import time

print(time.monotonic())
