"""The table with Python's values in place of DynamoDB's JSON, and conditions: what boto3 has for it, without boto3."""
