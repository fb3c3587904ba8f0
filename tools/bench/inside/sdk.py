"""What everybody who calls AWS begins with: the SDK as the runtime brings it, and one client. As `empty` says."""

import time

import boto3

boto3.client("dynamodb")
print(time.monotonic())
