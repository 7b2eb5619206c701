"""The errors a user can cause. The command line prints them without a traceback and exits 2."""


class TransectError(Exception):
    """Something the user can mend; the message names the thing, what was found and the cure."""


class InputError(TransectError):
    """A raw folder, image or sidecar that cannot be used."""


class ConfigError(TransectError):
    """A configuration with an unknown key, a wrong unit or a value out of range."""


class SheetError(TransectError):
    """A sample sheet with faults; the message lists all of them."""


class StorageError(TransectError):
    """A store or table that cannot be read or written."""


class AnalysisError(TransectError):
    """A section that a stage cannot analyse, such as one without any usable tile."""


class ModelError(TransectError):
    """A segmentation model that cannot be used: files, digest, inputs, or what it was made for."""
