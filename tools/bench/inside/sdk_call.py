"""The SDK, one client and its first call: the processor's time, in milliseconds. Its argument names the table."""

import json
import sys
import time

import boto3

key = {"pk": {"S": "USER#nobody"}, "sk": {"S": "USER"}}
boto3.client("dynamodb").get_item(TableName=json.loads(sys.argv[1]), Key=key)
print(json.dumps(time.process_time() * 1000))
