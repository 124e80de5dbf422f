"""The settings of a training run."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from GastricDiffLib.errors import InputError

if TYPE_CHECKING:
    from GastricDiffLib.nets.systems import System

AUGMENTS = ("copies", "all")
ROI_CROP = 1.25  # the box and a rim, since a rough box may cut the lesion's margin


@dataclass(frozen=True)
class TrainConfig:
    """What a run is determined by: the same settings, data and device type give the same model.

    ``window``: (low, high) HU that enter the network; ``crop``: 0 for whole slices as in the
    paper, or the side of the crop in multiples of the box's longer side; ``lam`` and
    ``beta`` weigh TAD in the loss (λ, β of the paper); ``augment``: geometric
    augmentation of the balancing ``copies`` only, as in the paper, or of ``all`` training
    slices; ``patience``: epochs without a better validation AUC before it stops.
    """

    system: str = "r50-imp-dpn-tad"
    width: float = 1.0
    size: int = 224
    window: tuple[float, float] = (-1024.0, 500.0)
    scope: str = "roi"
    crop: float = 1.5
    merge: str = "concat"
    normalise: str = "l2"
    teacher: str = "mask"
    lam: float = 1.0
    beta: float = 0.5
    gamma: float = 2.0
    augment: str = "all"
    epochs: int = 40
    patience: int = 12
    batch_size: int = 16
    lr: float = 1e-3
    weight_decay: float = 0.01
    seed: int = 0

    def __post_init__(self) -> None:
        for name, allowed in _choices().items():
            if getattr(self, name) not in allowed:
                raise InputError(
                    f"{name} is {getattr(self, name)!r}", hint=f"choose one of {', '.join(allowed)}"
                )
        for name, low in {"size": 32, "epochs": 1, "patience": 1, "batch_size": 2}.items():
            if getattr(self, name) < low:
                raise InputError(f"{name} is {getattr(self, name)}", hint=f"at least {low}")
        if not self.window[0] < self.window[1]:
            raise InputError(f"window is {self.window}", hint="give LOW,HIGH in HU, low first")
        for name in ("width", "lr"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} is {getattr(self, name)}", hint="a positive number")
        for name in ("lam", "beta", "gamma", "weight_decay", "crop"):
            if getattr(self, name) < 0:
                raise InputError(f"{name} is {getattr(self, name)}", hint="0 or a positive number")

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """``to_json`` of the default settings, without bringing torch in to check them."""
        return {field.name: field.default for field in fields(cls)} | {"window": list(cls.window)}

    @property
    def tad(self) -> bool:
        return self._system.tad

    @property
    def options(self) -> dict[str, str]:
        """The options of :func:`build_system` that this system takes."""
        return {name: getattr(self, name) for name in self._system.options}

    @property
    def effective_crop(self) -> float:
        """The crop that is used: a system made for the ROI's crop gets one without asking."""
        return self.crop or (ROI_CROP if self._system.on_crop else 0.0)

    @property
    def _system(self) -> System:
        from GastricDiffLib.nets.systems import SYSTEMS

        return SYSTEMS[self.system]

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"window": list(self.window)}


def _choices() -> dict[str, Collection[str]]:
    """What the settings that are words may be; brings torch in, which the defaults do not."""
    from GastricDiffLib.nets.attention import NORMALISATIONS
    from GastricDiffLib.nets.dual_path import MERGES
    from GastricDiffLib.nets.input import SCOPES
    from GastricDiffLib.nets.systems import SYSTEMS
    from GastricDiffLib.train.losses import TEACHERS

    return {
        "system": SYSTEMS,
        "scope": SCOPES,
        "merge": MERGES,
        "normalise": NORMALISATIONS,
        "teacher": TEACHERS,
        "augment": AUGMENTS,
    }
