"""Slices per second of the classifier against a plain eager float32 loop, in one run.

    python Testing/benchmarks/classify_speed.py [--size 224] [--width 1.0] [--slices 64]

Prints both rates, their ratio, and the largest difference between the probabilities. The
network is freshly initialised: speed does not depend on what it has learned.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from GastricDiffLib.classify import Classifier
from GastricDiffLib.classify.model_file import Model, load_model, save_model
from GastricDiffLib.ct import BoxROI, CTVolume
from GastricDiffLib.nets import SYSTEMS, build_system
from GastricDiffLib.nets.input import InputSpec


def fresh_model(path: Path, system: str, width: float, spec: InputSpec) -> None:
    torch.manual_seed(0)
    metadata = {
        "name": "fresh",
        "system": system,
        "width": width,
        "options": {},
        "input": spec.to_json(),
        "classes": ["undifferentiated", "differentiated"],
        "threshold": 0.5,
        "calibration": {"scale": 1.0, "bias": 0.0},
    }
    save_model(path, build_system(system, width=width).state_dict(), metadata)


@torch.inference_mode()
def plain_loop(model: Model, volume: CTVolume, device: torch.device) -> np.ndarray:
    """What a script would do: one slice after the other, float32, default memory order."""
    spec, net = model.spec, model.net.to(device)
    field = spec.field(np.empty((0, 4)), *volume.hu.shape[1:])
    p = []
    for plane in volume.hu:
        image = spec.normalised(spec.scaled(torch.from_numpy(plane[None].copy()), field))
        p.append(net(image.to(device)).softmax(dim=1)[0, 1].item())
    return np.array(p)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--system", default="r50-imp-dpn-tad", choices=SYSTEMS)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--slices", type=int, default=64)
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    hu = rng.integers(-1000, 400, (options.slices, 512, 512)).astype(np.int16)
    volume = CTVolume.from_array(hu, np.diag([0.8, 0.8, 2.0, 1.0]))
    middle = np.array([256 * 0.8, 256 * 0.8, options.slices])
    roi = BoxROI(middle, np.eye(3), np.array([80.0, 80.0, 2.0 * options.slices]), "all slices")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        fresh_model(path, options.system, options.width, InputSpec(options.size, std=0.3))
        fast = Classifier.load(path, options.device)
        slow = load_model(path)
        rates: dict[str, list[float]] = {"classifier": [], "plain float32 loop": []}
        for _ in range(3):
            start = time.perf_counter()
            ours = fast.classify(volume, roi)
            rates["classifier"].append(len(ours.p) / (time.perf_counter() - start))
            start = time.perf_counter()
            theirs = plain_loop(slow, volume, fast.device)
            rates["plain float32 loop"].append(len(theirs) / (time.perf_counter() - start))
    for name, each in rates.items():
        print(f"{name}: {np.median(each):.1f} slices/s (median of {len(each)})")
    ratio = np.median(rates["classifier"]) / np.median(rates["plain float32 loop"])
    apart = np.abs(ours.p - theirs).max()
    print(f"ratio {ratio:.1f}; {ours.device}; largest difference of p {apart:.4f}")


if __name__ == "__main__":
    main()
