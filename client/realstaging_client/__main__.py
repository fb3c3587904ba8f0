"""`python -m realstaging_client` is `realstaging`."""

from realstaging_client.cli import main

main()
