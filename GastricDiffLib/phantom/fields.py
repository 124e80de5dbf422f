"""Smooth random fields, soft shapes and where they live: the brush box of the phantom.

All coordinates are patient millimetres in LPS (x to the left, y to the back, z to the head);
arrays are (S, P, L), the axial order of :class:`~GastricDiffLib.ct.volume.CTVolume`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Point = Sequence[float] | np.ndarray  # x, y, z in mm
_SPLINE_SD = 0.692  # standard deviation that a cubic B-spline leaves of unit white noise, per axis


def _spline_basis(axis: np.ndarray, knot: float) -> np.ndarray:
    position = (axis - axis[0]) / knot
    count = int(np.ceil(position[-1])) + 4
    t = np.abs(position[:, None] - (np.arange(count)[None, :] - 1.0))
    inner = 2 / 3 - t**2 + t**3 / 2
    outer = np.clip(2 - t, 0, None) ** 3 / 6
    basis: NDArray[np.float32] = np.where(t < 1, inner, outer).astype(np.float32)
    return basis


@dataclass(frozen=True, eq=False)
class Space:
    """An axial block of voxels: 1D positions in mm, and each voxel's warped x, y, z.

    Shapes are evaluated on the warped coordinates, which bends every one of them a little;
    ``index`` is where the block lies in the whole volume.
    """

    z: np.ndarray
    y: np.ndarray
    x: np.ndarray
    warped: tuple[np.ndarray, np.ndarray, np.ndarray]
    index: tuple[slice, slice, slice]

    @classmethod
    def whole(cls, z: np.ndarray, y: np.ndarray, x: np.ndarray) -> Space:
        shape = (len(z), len(y), len(x))
        grids = np.meshgrid(z, y, x, indexing="ij", copy=False)
        warped = tuple(np.asarray(grid, dtype=np.float32) for grid in grids[::-1])
        return cls(z, y, x, warped, tuple(slice(0, n) for n in shape))  # type: ignore[arg-type]

    @property
    def pixel_mm(self) -> float:
        return float(self.x[1] - self.x[0])

    @property
    def slice_mm(self) -> float:
        return float(self.z[1] - self.z[0])

    def bent(self, rng: np.random.Generator, knot: float, amplitude: float) -> Space:
        """The same voxels with smoothly displaced coordinates (amplitude: SD in mm)."""
        warped = tuple(axis + amplitude * self.field(rng, knot) for axis in self.warped)
        return Space(self.z, self.y, self.x, warped, self.index)  # type: ignore[arg-type]

    def near(self, low: Point, high: Point) -> Space:
        """The part between two corners (x, y, z in mm), at least two voxels along each axis."""
        cuts = []
        for axis, lo, hi in zip((self.z, self.y, self.x), low[::-1], high[::-1], strict=True):
            first, last = np.searchsorted(axis, (lo, hi))
            first = int(np.clip(first, 0, len(axis) - 2))
            cuts.append(slice(first, int(np.clip(last, first + 2, len(axis)))))
        kji = (cuts[0], cuts[1], cuts[2])
        warped = tuple(axis[kji] for axis in self.warped)
        inside = tuple(
            slice(have.start + cut.start, have.start + cut.stop)
            for have, cut in zip(self.index, kji, strict=True)
        )
        z, y, x = self.z[kji[0]], self.y[kji[1]], self.x[kji[2]]
        return Space(z, y, x, warped, inside)  # type: ignore[arg-type]

    def around(self, center: Point, reach: float | Point) -> Space:
        reaches = np.broadcast_to(np.asarray(reach, dtype=float), (3,))
        return self.near(np.asarray(center) - reaches, np.asarray(center) + reaches)

    def field(self, rng: np.random.Generator, knot: float) -> np.ndarray:
        """Smooth random field, mean 0, SD about 1, that varies over about two ``knot`` mm."""
        bases = [_spline_basis(axis, knot) for axis in (self.z, self.y, self.x)]
        weights = rng.standard_normal([basis.shape[1] for basis in bases], dtype=np.float32)
        weights /= _SPLINE_SD**3
        slab = np.tensordot(bases[0], weights, axes=(1, 0))
        field: NDArray[np.float32] = np.matmul(np.matmul(bases[1], slab), bases[2].T)
        return field

    def bandpass(self, rng: np.random.Generator, wavelength: float) -> np.ndarray:
        """Random texture of one in-plane ``wavelength`` (mm), mean 0, SD 1."""
        shape = (len(self.z), len(self.y), len(self.x))
        fz = np.fft.fftfreq(shape[0], self.slice_mm)[:, None, None]
        fy = np.fft.fftfreq(shape[1], self.pixel_mm)[None, :, None]
        fx = np.fft.rfftfreq(shape[2], self.pixel_mm)[None, None, :]
        ring = np.exp(-(((np.hypot(fy, fx) * wavelength - 1) / 0.42) ** 2))
        shaping = (ring * np.exp(-((fz * wavelength * 0.6) ** 2))).astype(np.float32)
        spectrum = np.fft.rfftn(rng.standard_normal(shape, dtype=np.float32)) * shaping
        texture: NDArray[np.float32] = np.fft.irfftn(spectrum, s=shape, axes=(0, 1, 2)).astype(
            np.float32
        )
        normal: NDArray[np.float32] = (texture - texture.mean()) / max(float(texture.std()), 1e-6)
        return normal

    def ellipsoid(self, center: Point, semi: Point, degrees: float = 0.0) -> np.ndarray:
        """Approximate signed distance (mm, negative inside), turned by ``degrees`` about S."""
        px, py, pz = (axis - np.float32(c) for axis, c in zip(self.warped, center, strict=True))
        if degrees:
            c, s = np.float32(np.cos(np.radians(degrees))), np.float32(np.sin(np.radians(degrees)))
            px, py = c * px + s * py, c * py - s * px
        return scaled_distance((px, py, pz), semi)

    def chain(
        self, points: np.ndarray, radii: Sequence[float] | np.ndarray, blend: float = 6.0
    ) -> np.ndarray:
        """Signed distance of a tube through ``points`` (N, 3) with changing radius (mm)."""
        result: np.ndarray | None = None
        steps = zip(points[:-1], points[1:], radii[:-1], radii[1:], strict=True)
        for start, end, r0, r1 in steps:
            direction = (end - start).astype(np.float32)
            p = [axis - np.float32(c) for axis, c in zip(self.warped, start, strict=True)]
            along = sum(q * d for q, d in zip(p, direction, strict=True))
            along /= np.float32(direction @ direction)
            along = np.clip(along, 0, 1)
            off = np.sqrt(sum((q - along * d) ** 2 for q, d in zip(p, direction, strict=True)))
            off -= np.float32(r0) + along * np.float32(r1 - r0)
            result = off if result is None else smooth_union(result, off, blend)
        assert result is not None
        return result


def scaled_distance(p: Sequence[np.ndarray], semi: Point) -> np.ndarray:
    """Approximate signed distance (mm) of local coordinates from an ellipsoid's surface."""
    scaled = [q / np.float32(s) for q, s in zip(p, semi, strict=True)]
    k0 = np.sqrt(sum(q * q for q in scaled))
    k1 = np.sqrt(sum((q / np.float32(s)) ** 2 for q, s in zip(scaled, semi, strict=True)))
    distance: NDArray[np.float32] = k0 * (k0 - 1) / np.maximum(k1, np.float32(1e-4))
    return distance


def smooth_union(a: np.ndarray, b: np.ndarray, blend: float) -> np.ndarray:
    """Union of two distance fields with a fillet of about ``blend`` mm."""
    h = np.clip(np.float32(blend) - np.abs(a - b), 0, None)
    union: NDArray[np.float32] = np.minimum(a, b) - h * h / np.float32(4 * blend)
    return union


def soft(distance: np.ndarray, width: float) -> np.ndarray:
    """Coverage 0…1 of a voxel by a shape: 1 inside, falling to 0 over ``width`` mm."""
    return np.clip(np.float32(0.5) - distance / np.float32(width), 0, 1)


def paint(hu: np.ndarray, space: Space, cover: np.ndarray, value: float | np.ndarray) -> None:
    """Mix ``value`` into the volume ``hu`` in place, as far as ``cover`` reaches."""
    part = hu[space.index]
    part += cover * (np.asarray(value, dtype=np.float32) - part)
