"""Measurement: one pass over the pixels for mergeable sums, then tables and metrics from them."""
