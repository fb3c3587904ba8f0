"""One small class per entity family: key shapes, conditions and transactions stay here."""
