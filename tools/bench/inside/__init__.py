"""Scripts that run as a function would: under the Lambda interpreter, with the built layers and nothing else.

Each reads its arguments as JSON from its command line and prints its answer as JSON.
"""
