"""Export: results as files that other programs read: CSV, Excel, one tidy file of metrics."""
