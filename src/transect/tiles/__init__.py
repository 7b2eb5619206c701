"""Raw tiles: who reads them, which are usable, and how brightly the detector saw them."""
