"""A built handler and the libraries that its first picture loads: when both were there, as `empty` says.

In the function they load while the picture is on its way from S3; here nothing is hidden behind a download.
"""

import importlib
import json
import sys
import time

importlib.import_module("handler")
importlib.import_module(json.loads(sys.argv[1]))
print(time.monotonic())
