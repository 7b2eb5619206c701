"""A section as a function of position: its phase and its grey level at any place.

Tiles and truth sample the same scene, at whatever fraction of a pixel they lie.
"""

from __future__ import annotations

from copy import copy
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from transect.phantom import texture
from transect.phantom.appearance import Appearance
from transect.phantom.bodies import CLUMP, SECOND
from transect.phantom.curves import ZONES, Layers, make_layers
from transect.phantom.ground import Ground, Look
from transect.phantom.hashing import patch_quantiles
from transect.phantom.objects import Objects
from transect.phantom.paint import Canvas, paint
from transect.phantom.shading import label_pixels, shade_pixels
from transect.phantom.spec import PhantomSpec
from transect.phantom.strips import Strips
from transect.phases import Phase

F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]

_DEPTHS = 65
_LENGTHS = (
    "skin",
    "primer",
    "patch",
    "grain",
    "sponge_size",
    "fibre_size",
    "edge_px",
    "contact_px",
)
"""What of a look is in pixels."""


_OF_PARTICLES = np.isin(np.arange(256), (Phase.ACTIVE_MATERIAL, Phase.CRACK, Phase.VOID))


class Labels(NamedTuple):
    """Truth of a window: phases, indices into `objects` (-1: none), and the boundaries."""

    phases: npt.NDArray[np.uint8]
    canvas: Canvas
    objects: Objects
    boundaries: F64

    def particles(self) -> npt.NDArray[np.uint32]:
        """Id of the particle at every pixel, with its cracks and voids; 0 for none."""
        return np.where(self._held(), self.objects.ids[self.canvas.owner], 0).astype(np.uint32)

    def second(self) -> npt.NDArray[np.bool_]:
        """Tell which pixels lie in particles of the second material, with cracks and voids."""
        return np.asarray(self._held() & (self.objects.second[self.canvas.owner] == 1))

    def _held(self) -> npt.NDArray[np.bool_]:
        if not len(self.objects.ids):
            return np.zeros(self.phases.shape, dtype=np.bool_)
        return _OF_PARTICLES[self.phases]


class Painted(NamedTuple):
    """A window before it is labelled or shaded."""

    ground: Ground
    canvas: Canvas
    objects: Objects


class Scene:
    """A section that can be looked at anywhere."""

    def __init__(self, spec: PhantomSpec, rows: int, columns: int, *, alone: bool = False) -> None:
        """Build the section of a frame.

        Parameters
        ----------
        spec
            What it is made of.
        rows, columns
            Size of the frame.
        alone
            A small frame without foil, packed at once instead of strip by strip: several times as
            fast, but another section.
        """
        if alone and spec.geometry.foil != "none":
            raise ValueError(f"a frame alone needs foil none, found {spec.geometry.foil}")
        self.spec, self.rows, self.columns = spec, rows, columns
        self.layers: Layers = make_layers(spec, rows, columns)
        self.strips = Strips(self.layers, columns if alone else None)
        shape = spec.geometry
        zeta = np.linspace(0.0, 1.0, _DEPTHS)
        share = shape.binder * (1 + shape.binder_gradient * (zeta - 0.5))
        self._levels = patch_quantiles(spec.seed, np.clip(share, 0.0, 1.0))
        # Beyond the noise's range, so that a share of 0 or 1 is exact.
        self._levels[share <= 0] = 2.0
        self._levels[share >= 1] = -1.0
        self._look, self._zoom = _look(spec), 1.0

    def seen_by(self, look: Appearance) -> Scene:
        """Give the same section as another detector sees it."""
        other = copy(self)
        other.spec = self.spec.model_copy(update={"appearance": look})
        other._look = _look(other.spec)
        return other

    def magnified(self, zoom: float) -> Scene:
        """Give the same section in pixels that are finer by a factor: places and sizes in them.

        Edges that cover pixels in part are sharper by as much; labels stay those of the section.
        """
        other = copy(self)
        other._zoom = zoom
        lengths = {name: getattr(self._look, name) * zoom for name in _LENGTHS}
        other._look = self._look._replace(**lengths)
        return other

    def labels(self, row0: int, column0: int, rows: int, columns: int) -> Labels:
        """Hard truth at the centres of a window's pixels."""
        return self._labelled(self._painted(float(column0), float(row0), rows, columns))

    def both(
        self, row0: int, column0: int, rows: int, columns: int, streaks: F32
    ) -> tuple[Labels, F32]:
        """Give the truth of a window and its grey levels, painted once."""
        painted = self._painted(float(column0), float(row0), rows, columns)
        return self._labelled(painted), self._shaded(painted, streaks)

    def _labelled(self, painted: Painted) -> Labels:
        ground, canvas, objects = painted
        phases = label_pixels(ground, canvas, self._look, _zone_phases())
        curves = ground.curves
        if self.spec.geometry.foil == "none":
            curves = np.clip(curves, 0.0, float(self.rows))
        return Labels(phases, canvas, objects, curves)

    def grey(self, x0: float, y0: float, rows: int, columns: int, streaks: F32) -> F32:
        """Grey levels (of 255) of a window with its top-left corner at (x0, y0).

        Parameters
        ----------
        x0, y0
            Corner in the section, in px.
        rows, columns
            Size of the window.
        streaks
            Charging of each row, of shape (rows,), 1 being the appearance's strength.
        """
        return self._shaded(self._painted(x0, y0, rows, columns), streaks)

    def _shaded(self, painted: Painted, streaks: F32) -> F32:
        look = self.spec.appearance
        ground, canvas, _ = painted
        x0, y0 = ground.x0, ground.y0
        rows, columns = canvas.depth.shape
        behind = np.zeros((1, 1), dtype=np.float32)
        if look.shine_through > 0:
            cell = 0.5 * self.spec.geometry.d50_um / self.spec.px_um * self._zoom
            behind = texture.behind(self._look.seed + 5, x0, y0, rows, columns, cell)
        greys = np.array([_zone_grey(phase, self.spec) for phase in ZONES])
        image = shade_pixels(ground, canvas, self._look, greys, behind, streaks)
        if look.curtaining > 0:
            px_um, zoom = self.spec.px_um / self._zoom, self._zoom
            texture.curtain(image, self._look.seed + 9, x0, y0, look.curtaining, px_um, zoom)
        return image

    def _painted(self, x0: float, y0: float, rows: int, columns: int) -> Painted:
        zoom = self._zoom
        objects = self.strips.objects(x0 / zoom, (x0 + columns) / zoom)
        if zoom != 1:
            objects = objects.magnified(zoom)
        centres = (x0 + 0.5 + np.arange(columns, dtype=np.float64)) / zoom
        curves = self.layers.boundaries(centres) * zoom
        kinds = np.where(objects.ids == 0, CLUMP, objects.second * SECOND).astype(np.uint8)
        ground = Ground(x0, y0, curves, self._levels, kinds, objects.seeds)
        return Painted(ground, paint(objects, x0, y0, rows, columns), objects)


def _zone_phases() -> npt.NDArray[np.uint8]:
    return np.array([int(phase) for phase in ZONES], dtype=np.uint8)


def _zone_grey(phase: Phase, spec: PhantomSpec) -> float:
    look = spec.appearance
    foil = look.grey_foil_cu if spec.geometry.foil == "cu" else look.grey_foil_al
    greys = {
        Phase.OUTSIDE: look.grey_outside,
        Phase.SEPARATOR: look.grey_separator,
        Phase.GAP: look.grey_pore,
        Phase.COLLECTOR: foil,
    }
    return greys.get(phase, look.grey_active)


def _look(spec: PhantomSpec) -> Look:
    look, shape, px = spec.appearance, spec.geometry, spec.px_um
    solid = shape.filler == "electrolyte"
    return Look(
        seed=spec.seed,
        soft=1.0 if look.soft_edges else 0.0,
        skin=shape.skin_um / px,
        primer=shape.primer_um / px,
        patch=shape.binder_scale_um / px,
        grain=max(shape.grain_um / px, 2.0),
        sponge_size=max(0.34 / px, 1.5),
        fibre_size=max(0.25 / px, 1.0),
        active=look.grey_active,
        second=look.grey_second,
        binder=look.grey_binder,
        filler=look.grey_electrolyte if solid else look.grey_binder,
        filler_phase=int(Phase.SEPARATOR if solid else Phase.BINDER),
        filler_sponge=look.electrolyte_texture if solid else look.sponge,
        pore=look.grey_pore,
        grain_contrast=look.grain_contrast,
        particle_contrast=look.particle_contrast,
        sponge=look.sponge,
        fibres=look.fibres,
        edge=look.edge_brightness,
        edge_px=look.edge_um / px,
        contact=look.contact_line,
        contact_px=2.5,
        shine=look.shine_through,
        charging=look.charging,
    )
