"""VGG-19 without normalisation (Simonyan and Zisserman, ICLR 2015)."""

from __future__ import annotations

from torch import Tensor, nn

from GastricDiffLib.nets.base import Network, Outputs, is_meta, scaled

# Channels and number of the 3×3 convolutions of each block; every block ends in a pooling.
BLOCKS = ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))
HIDDEN = 4096
GRID = 7
DROPOUT = 0.5


class VGG19(Network):
    """VGG-19 with torchvision's names: ``features.N``, ``classifier.N``.

    ``width`` scales the convolutions' channels and the hidden layers. The classifier reads a
    7×7 grid, to which features of any input size are averaged (or repeated, below 224 pixels).
    """

    stem = "features.0.weight"
    fresh = ("classifier.6.",)

    def __init__(self, in_channels: int, num_classes: int, width: float = 1.0) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = in_channels
        for wide, depth in BLOCKS:
            for _ in range(depth):
                layers += [
                    nn.Conv2d(channels, scaled(wide, width), 3, padding=1),
                    nn.ReLU(inplace=True),
                ]
                channels = scaled(wide, width)
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(GRID)
        hidden = scaled(HIDDEN, width)
        self.classifier = nn.Sequential(
            nn.Linear(channels * GRID * GRID, hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(DROPOUT),
            nn.Linear(hidden, hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(DROPOUT),
            nn.Linear(hidden, num_classes),
        )
        self._initialise()

    def _initialise(self) -> None:
        """He initialisation by fan-in.

        Nothing normalises on the way: by fan-out, the signal would fade where channels double
        and training would start on a plateau.
        """
        *hidden, last = (part for part in self.modules() if isinstance(part, nn.Conv2d | nn.Linear))
        if is_meta(last):
            return
        for layer in hidden:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        nn.init.normal_(last.weight, std=0.01)
        for layer in (*hidden, last):
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)

    def outputs(self, x: Tensor) -> Outputs:
        """``s4`` and ``s5`` are the pooled outputs of the last two blocks."""
        pooled = []
        for layer in self.features:
            x = layer(x)
            if isinstance(layer, nn.MaxPool2d):
                pooled.append(x)
        s4, s5 = pooled[-2:]
        return Outputs(self.logits(s5), s4, s5, s5)

    def logits(self, features: Tensor) -> Tensor:
        logits: Tensor = self.classifier(self.avgpool(features).flatten(1))
        return logits
