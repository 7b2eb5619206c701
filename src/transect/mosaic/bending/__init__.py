"""Distortion of the scan: found from the seams and taken out of the tiles."""
