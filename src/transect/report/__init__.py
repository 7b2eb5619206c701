"""Reports: one self-contained HTML page per section and per batch."""
