"""Tiles in memory: each is decoded about once, and the least recently used ones go first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

K = TypeVar("K", bound=Hashable)
Pixels = npt.NDArray[Any]


class TileCache(Generic[K]):
    """Keeps decoded tiles up to a number of bytes; safe to use from many threads.

    Two threads that want the same tile decode it once: the second waits for the first.
    """

    def __init__(self, read: Callable[[K], npt.NDArray[np.generic]], limit_bytes: int) -> None:
        self._read = read
        self.limit_bytes = limit_bytes
        self._held: OrderedDict[K, Pixels] = OrderedDict()
        self._bytes = 0
        self._busy: dict[K, threading.Lock] = {}
        self._lock = threading.Lock()
        self.decoded = 0

    def get(self, key: K) -> Pixels:
        """Pixels of a tile."""
        with self._lock:
            busy = self._busy.setdefault(key, threading.Lock())
        with busy:
            with self._lock:
                if key in self._held:
                    self._held.move_to_end(key)
                    return self._held[key]
            pixels = np.ascontiguousarray(self._read(key))
            with self._lock:
                self.decoded += 1
                self._held[key] = pixels
                self._bytes += pixels.nbytes
                while self._bytes > self.limit_bytes and len(self._held) > 1:
                    gone, dropped = self._held.popitem(last=False)
                    self._bytes -= dropped.nbytes
                    self._busy.pop(gone, None)
            return pixels
