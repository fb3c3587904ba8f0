"""Real Staging: photos of empty rooms in, furnished rooms out."""

import gc
import os

from realstaging import precompiled

__version__ = "0.1.0"

# Of what a function imports nothing is garbage: looking for it takes a tenth of a cold start. `observed` ends this.
# And nobody installs plugins for pydantic here, which looks for some in every package.
if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    gc.disable()
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    precompiled.use(f"{__path__[0]}/packaged/precompiled.bin")
