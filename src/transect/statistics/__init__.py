"""Statistics: intervals that know the spatial correlation, aggregates over cells, verdicts."""
