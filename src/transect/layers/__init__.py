"""Foil, coatings, separator and outside: where they are, column by column."""
