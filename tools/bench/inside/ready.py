"""A built handler: when it could take its first invocation, as `empty` says."""

import importlib
import time

importlib.import_module("handler")
print(time.monotonic())
