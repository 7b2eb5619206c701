"""Several detectors of one section: which registers it, and how the others lie on it."""
