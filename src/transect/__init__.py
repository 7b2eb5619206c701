"""transect: from the raw SEM tiles of an electrode cross-section to numbers with error bars."""

__version__ = "0.1.0"
