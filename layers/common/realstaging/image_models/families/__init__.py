"""One module per model; the registry imports whatever lies here."""
