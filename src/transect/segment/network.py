"""A trained network as ONNX Runtime runs it, checked against its card before the first pixel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from transect.errors import ModelError
from transect.parallel import Window
from transect.segment.card import CARD, INPUT, MODEL, Card
from transect.segment.greys import BINS
from transect.segment.maps import CLASSES, HALO, MAPS
from transect.storage.digests import digest_file

U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Network:
    """A model that is loaded; threads may share it.

    Attributes
    ----------
    card
        What it says of itself.
    session
        ONNX Runtime's session, with one thread a call.
    runtime
        Name and version of what runs it.
    """

    card: Card
    session: Any
    runtime: str

    @classmethod
    def load(cls, folder: Path) -> Network:
        """Load a model and its card.

        Parameters
        ----------
        folder
            Folder with `model.onnx` and `model.json`.

        Raises
        ------
        ModelError
            A file is absent or is not what the card says, or ONNX Runtime is not installed.
        """
        card, path = Card.load(folder / CARD), folder / MODEL
        if not path.is_file():
            raise ModelError(f"{path}: no such file; expected the model of {folder / CARD}")
        if (found := digest_file(path)) != card.digest:
            raise ModelError(
                f"{path}: digest {found}, expected {card.digest} as in {folder / CARD}; copy both"
                " files again"
            )
        session, runtime = _session(path)
        _check(path, session, card)
        return cls(card, session, runtime)

    def look(
        self,
        greys: F32,
        window: Window,
        outer: Window,
        part: Window,
        there: Sequence[bool],
        shares: Sequence[float],
    ) -> tuple[U8, F64]:
        """Tell maps and features of a window, always from an input of the same shape.

        Parameters
        ----------
        greys
            Normalised greys around the window, 0 where nothing was recorded.
        window
            Window of the global grid.
        outer
            Where the greys lie: the window with `HALO` around it, less what is beyond the mosaic.
        part
            Part of `outer` whose maps are wanted.
        there
            Whether each of `CLASSES` can be there.
        shares
            How the greys of the section are spread, `Normal.shares`.

        Returns
        -------
        maps
            Maps of that part, (channel, row, column).
        features
            Shape (feature,).
        """
        image = np.zeros((INPUT, INPUT), np.float32)
        row, column = outer.row0 - window.row0 + HALO, outer.col0 - window.col0 + HALO
        image[row : row + greys.shape[0], column : column + greys.shape[1]] = greys
        maps, features = self._run(image, there, shares)
        row, column = row + part.row0 - outer.row0, column + part.col0 - outer.col0
        rows, columns = part.shape
        return maps[:, row : row + rows, column : column + columns], features

    def _run(self, grey: F32, there: Sequence[bool], shares: Sequence[float]) -> tuple[U8, F64]:
        given = {
            "grey": grey[None, None],
            "there": np.array([there], np.float32),
            "shares": np.array([shares], np.float32),
        }
        maps, features = self.session.run(["maps", "features"], given)
        return maps[0], features[0].astype(np.float64)

    @cached_property
    def blank(self) -> F64:
        """Features of an image without anything on it."""
        return self._run(np.zeros((INPUT, INPUT), np.float32), [True] * len(CLASSES), [0.0] * BINS)[
            1
        ]

    def strangeness(self, features: F64, seen: float) -> float:
        """Mahalanobis distance of a window's features from those of training.

        Features are means over the input, so what blank pixels put into them can be taken off.

        Parameters
        ----------
        features
            What `look` gave.
        seen
            Share of the input that was recorded, more than 0.
        """
        if seen < 1.0:
            features = (features - (1.0 - seen) * self.blank) / seen
        off = features - self.card.mean
        return math.sqrt(max(float(off @ self.card.inverse @ off), 0.0))


def _session(path: Path) -> tuple[Any, str]:
    """Start ONNX Runtime on a model, with one thread a call, and say which version it is."""
    try:
        import onnxruntime as ort
    except ImportError as error:
        raise ModelError(
            f"{path}: cannot be run without ONNX Runtime ({error}); pip install onnxruntime, or set"
            " segment.engine to classical"
        ) from None
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    # Planned ahead, memory of one window is 1.6 GB; taken as it is needed, it is 1.1.
    options.enable_mem_pattern = False
    # Errors come as exceptions; warnings about a machine's graphics cards are nobody's concern.
    options.log_severity_level = 3
    try:
        session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        # ONNX Runtime has a class of its own for each failure, and no common one.
        raise ModelError(
            f"{path}: ONNX Runtime {ort.__version__} cannot load it: {str(error).splitlines()[0]}"
        ) from None
    return session, f"onnxruntime {ort.__version__}"


def _check(path: Path, session: Any, card: Card) -> None:
    """Compare inputs and outputs with what this version of transect works with."""
    given: list[_End] = [
        ("grey", "tensor(float)", (1, 1, None, None)),
        ("there", "tensor(float)", (1, len(CLASSES))),
        ("shares", "tensor(float)", (1, BINS)),
    ]
    said: list[_End] = [
        ("maps", "tensor(uint8)", (1, len(MAPS), None, None)),
        ("features", "tensor(float)", (1, card.mean.size)),
    ]
    for side, values, wanted in (
        ("inputs", session.get_inputs(), given),
        ("outputs", session.get_outputs(), said),
    ):
        found = _ends(values)
        if not _fits(found, wanted):
            raise ModelError(f"{path}: {side} {_words(found)}; expected {_words(wanted)}")


_End = tuple[str, str, tuple[Any, ...]]


def _ends(values: Sequence[Any]) -> list[_End]:
    return [(v.name, v.type, tuple(v.shape)) for v in values]


def _fits(found: list[_End], wanted: list[_End]) -> bool:
    """Whether all names, types and sizes agree; a size may be left open on either side."""
    if [end[:2] for end in found] != [end[:2] for end in wanted]:
        return False
    sizes = [(a[2], b[2]) for a, b in zip(found, wanted, strict=True)]
    return all(len(mine) == len(theirs) for mine, theirs in sizes) and all(
        n is None or not isinstance(m, int) or m == n
        for mine, theirs in sizes
        for m, n in zip(mine, theirs, strict=True)
    )


def _words(ends: Sequence[_End]) -> str:
    said = []
    for name, kind, shape in ends:
        sizes = ", ".join(str(n) if isinstance(n, int) else "any" for n in shape)
        said.append(f"{name} {kind.removeprefix('tensor(').removesuffix(')')} ({sizes})")
    return "; ".join(said) or "none"
