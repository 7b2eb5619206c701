"""Shifts of pairs of neighbours, and the positions that follow from all of them."""
