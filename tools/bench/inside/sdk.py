"""What nobody who calls AWS can do without: the SDK and one client. When it was ready, as `empty` says."""

import time

import boto3

boto3.client("dynamodb")
print(time.monotonic())
