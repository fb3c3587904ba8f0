"""Real Staging: photos of empty rooms in, furnished rooms out."""

import gc
import os

__version__ = "0.1.0"

# Of what a function imports nothing is garbage: looking for it takes a tenth of a cold start. `observed` ends this.
if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    gc.disable()
