"""Stores of pixels, tables and digests: everything transect writes goes through here."""
