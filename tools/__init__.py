"""What helps to work on the system: demo, benchmarks, references, containers. Nothing here is deployed."""
