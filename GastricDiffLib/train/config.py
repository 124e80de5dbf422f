"""The settings of a training run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any

from GastricDiffLib.errors import InputError
from GastricDiffLib.nets.choices import MERGES, NORMALISATIONS, SCOPES
from GastricDiffLib.nets.systems import SYSTEMS, System
from GastricDiffLib.train.setting import Setting, declared_settings

AUGMENTS = ("copies", "all")
TEACHERS = ("mask", "intensity")
ROI_CROP = 1.25  # the box and a rim, since a rough box may cut the lesion's margin


@dataclass(frozen=True)
class TrainConfig:
    """What a run is determined by: the same settings, data and device type give the same model.

    Each is declared here alone: type, default, label, help and what is valid. The options of
    ``gastricdiff train`` and ``compare``, the input fields of the module's panel and the check of
    the values are derived from ``SETTINGS``, which lists all but ``seed``: that is an option of
    every command that draws random numbers.

    ``lam`` and ``beta`` weigh TAD in the loss (λ, β of the paper, section 3.3); the learning rate
    rises to ``lr`` and falls again.

    Raises
    ------
    InputError
        A value that is not valid; the message names the setting.
    """

    system: Annotated[
        str, Setting("System", "the network that is trained, by name", choices=tuple(SYSTEMS))
    ] = "r50-imp-dpn-tad"
    width: Annotated[
        float,
        Setting(
            "Width",
            "factor on all channel counts; 1 as in the paper",
            above=0,
            offered=(0.0625, 2.0),
        ),
    ] = 1.0
    size: Annotated[
        int, Setting("Size", "pixels a side of the square input", low=32, offered=(32, 1024))
    ] = 224
    window: Annotated[
        tuple[float, float],
        Setting("Window", "HU that enter the network", parts=("LOW", "HIGH")),
    ] = (-1024.0, 500.0)
    scope: Annotated[
        str,
        Setting(
            "Slices",
            "slices of a case that are used: those that the box cuts, or all",
            choices=SCOPES,
        ),
    ] = "roi"
    crop: Annotated[
        float,
        Setting(
            "Crop",
            "side of what the network sees, in box sides; 0: whole slices, as in the paper",
            low=0,
            offered=(0.0, 10.0),
        ),
    ] = 1.5
    merge: Annotated[
        str, Setting("Merge", "how the attention map joins the head", choices=MERGES)
    ] = "concat"
    normalise: Annotated[
        str, Setting("Normalisation", "normalisation of the attention maps", choices=NORMALISATIONS)
    ] = "l2"
    teacher: Annotated[
        str,
        Setting(
            "Teacher",
            "what attention learns: the box, or the intensities in it",
            choices=TEACHERS,
        ),
    ] = "mask"
    lam: Annotated[float, Setting("λ", "λ, weight of TAD", low=0, alias="lambda")] = 1.0
    beta: Annotated[float, Setting("β", "β, weight of TAD's second term", low=0)] = 0.5
    gamma: Annotated[float, Setting("γ", "γ of the focal loss", low=0)] = 2.0
    augment: Annotated[
        str,
        Setting(
            "Augment",
            "the slices that are augmented: balancing copies, as in the paper, or all",
            choices=AUGMENTS,
        ),
    ] = "all"
    epochs: Annotated[
        int,
        Setting(
            "Epochs",
            "passes over the slices at most; training stops early when validation gets no better",
            low=1,
            offered=(1, 1000),
        ),
    ] = 40
    patience: Annotated[
        int, Setting("Patience", "epochs without a better validation AUC before it stops", low=1)
    ] = 12
    batch_size: Annotated[
        int, Setting("Batch", "slices a step of the optimiser", low=2, offered=(2, 512))
    ] = 16
    lr: Annotated[float, Setting("Learning rate", "highest learning rate of the run", above=0)] = (
        1e-3
    )
    weight_decay: Annotated[float, Setting("Weight decay", "weight decay of AdamW", low=0)] = 0.01
    seed: int = 0

    def __post_init__(self) -> None:
        for name, declared in SETTINGS.items():
            declared.setting.check(name, getattr(self, name))
        if not self.window[0] < self.window[1]:
            raise InputError(f"window is {self.window}", hint="give LOW HIGH in HU, low first")

    @property
    def tad(self) -> bool:
        """Whether the system is trained with teacher-attention distillation."""
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
        return SYSTEMS[self.system]

    def to_json(self) -> dict[str, Any]:
        """As it stands in checkpoints, model files and reports."""
        return asdict(self) | {"window": list(self.window)}


SETTINGS = declared_settings(TrainConfig)
"""What is declared of each setting, by name."""
