"""Logging for the person at 3 a.m.: one line when a step starts, one per stage, one at the end."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

logger = logging.getLogger("transect")
T = TypeVar("T")


def start_logging() -> None:
    """Send log lines to standard error, with the time and the level of each."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S"))
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Log what is done when it starts and its seconds when it ends."""
    logger.info("%s", what)
    start = time.perf_counter()
    yield
    logger.info("%s: %.1f s", what, time.perf_counter() - start)


def progress(items: Iterable[T], total: int, what: str) -> Iterator[T]:
    """Pass items through, with a progress bar where standard error is a terminal."""
    if not sys.stderr.isatty():
        yield from items
        return
    # Loaded for people only: most steps run under a workflow.
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(what, total=total)
        for item in items:
            yield item
            bar.advance(task)
