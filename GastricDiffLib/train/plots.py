"""What a run's history looks like."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from GastricDiffLib.files import replacing
from GastricDiffLib.train.config import TrainConfig


def plot_history(path: Path, history: Sequence[dict[str, float]], config: TrainConfig) -> None:
    """Losses and validation AUC over epochs, as PNG."""
    epochs = [row["epoch"] + 1 for row in history]
    figure = Figure(figsize=(10, 4.4), layout="constrained")
    losses, aucs = figure.subplots(1, 2)

    def line(axes: Axes, column: str, label: str, color: str) -> Line2D:
        return axes.plot(epochs, [row[column] for row in history], label=label, color=color)[0]

    lines = [
        line(losses, "loss_cls", "classification", "tab:blue"),
        line(losses, "val_loss", "classification, validation", "tab:orange"),
    ]
    if config.tad:
        # Its scale is another: squared distances of unit maps.
        twin = losses.twinx()
        lines.append(line(twin, "loss_tad", "TAD (right axis)", "tab:green"))
        twin.set_ylabel("TAD loss")
        twin.set_ylim(bottom=0)
    losses.set(xlabel="epoch", ylabel="focal loss", title="Loss")
    losses.set_ylim(bottom=0)
    rates = [
        line(aucs, "val_image_auc", "per slice", "tab:blue"),
        line(aucs, "val_case_auc", "per case", "tab:orange"),
    ]
    aucs.axhline(0.5, color="grey", linewidth=0.8, linestyle=":")
    aucs.set(xlabel="epoch", ylabel="AUC", title="Validation AUC", ylim=(0, 1.02))
    for axes, handles in ((losses, lines), (aucs, rates)):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        # Below the axes: inside it would hide a line.
        axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=3)
    figure.suptitle(f"{config.system}, width {config.width:g}, {config.size} px")
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=100)
