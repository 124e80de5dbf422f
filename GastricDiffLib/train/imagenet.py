"""ImageNet weights from a local file, as torchvision names them."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from GastricDiffLib.errors import InputError
from GastricDiffLib.nets.base import Network

CONVERT = (
    "torch.load(PTH, weights_only=True) and safetensors.torch.save_file turn torchvision's "
    "file into a .safetensors"
)


def load_imagenet(net: Network, path: Path | str) -> None:
    """Take over torchvision's weights of the network that ``net`` is built on.

    The file is torchvision's ``vgg19``, ``googlenet`` or ``resnext50_32x4d`` at full width,
    saved as ``.safetensors``: nothing is ever unpickled. Where ``net`` reads one channel, the
    stem's weights are summed over the input's: on an image grey in all three channels that is
    the same network. The last layer, GoogLeNet's auxiliary heads, the dual-path head and
    the combinations of ``han`` are left as they are.

    Raises
    ------
    InputError
        Not such a file; a tensor that is missing, unknown or of another shape, by name. ``net`` is
        then unchanged.
    """
    path = Path(path)
    own = {k: v for k, v in net.state_dict().items() if _taken(k, net)}
    given = {k: v for k, v in _read(path).items() if _taken(k, net)}
    stem = given.get(net.stem)
    if stem is not None and stem.dim() == 4 and own[net.stem].shape[1] == 1:
        given[net.stem] = stem.sum(dim=1, keepdim=True)
    faults = _faults(own, given)
    if faults:
        more = f" and {len(faults) - 1} more faults" if len(faults) > 1 else ""
        raise InputError(
            f"the ImageNet weights do not fit: {faults[0]}{more}",
            path,
            "give torchvision's weights of the same network, and width 1",
        )
    with torch.no_grad():
        for name, tensor in own.items():
            tensor.copy_(given[name])


def _taken(name: str, net: Network) -> bool:
    """Batch counts are in newer files only, and nothing here reads them."""
    return not name.startswith(net.fresh) and not name.endswith(".num_batches_tracked")


def _read(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise InputError("no such file of ImageNet weights", path, "name a .safetensors file")
    if path.suffix in (".pth", ".pt"):
        raise InputError("pickled weights are never read", path, CONVERT)
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise InputError("not a whole .safetensors file", path, CONVERT) from error


def _faults(own: dict[str, Tensor], given: dict[str, Tensor]) -> list[str]:
    missing = [f"{name} is missing" for name in own if name not in given]
    unknown = [f"{name} is not in the network" for name in given if name not in own]
    misfit = [
        f"{name} is {_shape(given[name])}, not {_shape(own[name])}"
        for name in own
        if name in given and given[name].shape != own[name].shape
    ]
    return missing + unknown + misfit


def _shape(tensor: Tensor) -> str:
    return "×".join(map(str, tensor.shape)) or "a number"
