"""A built handler and its first request: the processor's time for both, in milliseconds, and the answer's status.

What a start leaves for later, the first request pays: so both together are compared with the SDK and its first call.
"""

import importlib
import json
import sys
import time
from types import SimpleNamespace

handler = importlib.import_module("handler")
started = time.process_time()
context = SimpleNamespace(
    aws_request_id="bench",
    function_name="bench",
    function_version="1",
    memory_limit_in_mb=1024,
    invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:bench",
    get_remaining_time_in_millis=lambda: 10_000,
)
answer = handler.lambda_handler(json.loads(sys.argv[1]), context)
done = time.process_time()
print(json.dumps({"start": started * 1000, "all": done * 1000, "status": answer["statusCode"]}))
