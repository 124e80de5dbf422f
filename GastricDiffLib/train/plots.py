"""What a run's history looks like."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from GastricDiffLib.files import replacing
from GastricDiffLib.train.config import TrainConfig


def plot_history(path: Path, history: Sequence[dict[str, float]], config: TrainConfig) -> None:
    """Losses and validation AUC over epochs, as PNG."""
    epochs = [row["epoch"] + 1 for row in history]
    figure = Figure(figsize=(10, 4), layout="constrained")
    losses, aucs = figure.subplots(1, 2)
    for column, label in (
        ("loss_cls", "classification"),
        ("val_loss", "classification, validation"),
    ):
        losses.plot(epochs, [row[column] for row in history], label=label)
    if config.tad:
        # Its scale is another: squared distances of unit maps, 0…2.
        twin = losses.twinx()
        twin.plot(epochs, [row["loss_tad"] for row in history], color="tab:green", label="TAD")
        twin.set_ylabel("TAD loss")
        twin.legend(loc="lower left")
    losses.set(xlabel="epoch", ylabel="focal loss", title="Loss")
    losses.legend(loc="upper right")
    for column, label in (("val_image_auc", "per slice"), ("val_case_auc", "per case")):
        aucs.plot(epochs, [row[column] for row in history], label=label)
    aucs.axhline(0.5, color="grey", linewidth=0.8, linestyle=":")
    aucs.set(xlabel="epoch", ylabel="AUC", title="Validation AUC", ylim=(0, 1.02))
    aucs.legend(loc="lower right")
    figure.suptitle(f"{config.system}, width {config.width:g}, {config.size} px")
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=100)
