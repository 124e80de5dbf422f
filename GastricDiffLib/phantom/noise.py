"""What the scanner adds: blur, shading, and noise with a CT's ramp-shaped spectrum."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .fields import Space


def scan(
    hu: np.ndarray, space: Space, rng: np.random.Generator, noise_hu: float, blur_mm: float
) -> np.ndarray:
    """Noise-free HU (S, P, L) float32 → scanned HU, int16.

    Filtered back-projection weights frequencies with a ramp, so that noise is poor in low
    frequencies, and rolls off where the kernel ends; blur is a Gaussian of ``blur_mm`` in
    the plane, and slices overlap a little. ``noise_hu`` is the noise's SD in the body.
    """
    shape = hu.shape
    mixed = hu.copy()
    mixed[1:-1] = 0.72 * hu[1:-1] + 0.14 * (hu[:-2] + hu[2:])
    mixed += 2.5 * space.field(rng, 140.0)

    fy = np.fft.fftfreq(shape[1], space.pixel_mm)[:, None]
    fx = np.fft.rfftfreq(shape[2], space.pixel_mm)[None, :]
    f = np.hypot(fy, fx)
    nyquist = 0.5 / space.pixel_mm
    blur = np.exp(-2 * (np.pi * f * blur_mm) ** 2).astype(np.float32)
    ramp = np.sqrt(f * np.exp(-((f / (0.62 * nyquist)) ** 2.5)) + 0.02 * nyquist)
    ramp = (ramp * np.exp(-((f / (0.95 * nyquist)) ** 6))).astype(np.float32)

    grain = _filtered(rng.standard_normal(shape, dtype=np.float32), ramp)
    grain *= noise_hu / float(grain.std())
    # Rays through much tissue are noisier: most in the middle, little in the air around.
    far = np.hypot(space.x[None, :] / 175.0, space.y[:, None] / 130.0)
    grain *= (1.25 - 0.75 * np.clip(far, 0, 1.3) ** 2).clip(0.25).astype(np.float32)
    result = _filtered(mixed, blur)
    result += grain
    rounded: NDArray[np.int16] = np.clip(np.rint(result, out=result), -1024, 3071).astype(np.int16)
    return rounded


def _filtered(volume: np.ndarray, transfer: np.ndarray) -> np.ndarray:
    out = np.empty(volume.shape, dtype=np.float32)
    for k in range(len(volume)):  # slice by slice: the whole spectrum would not fit the cache
        out[k] = np.fft.irfft2(np.fft.rfft2(volume[k]) * transfer, s=volume.shape[1:])
    return out
