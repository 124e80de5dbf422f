"""The paper's Tables 3 and 4, on its own cohort of 115 cases."""

from __future__ import annotations

METHODS = {
    "vgg19": "VGG-19",
    "resnext50": "ResNeXt-50",
    "sajja": "Sajja et al.",
    "han": "Han et al.",
    "r50-dpn": "R-50-DPN",
    "r50-imp-dpn": "R-50-Imp-DPN",
    "r50-tad": "R-50-TAD",
    "r50-imp-dpn-tad": "R-50-Imp-DPN-TAD",
}
"""The systems' names in the paper's tables."""

TABLE3 = {
    "vgg19": 0.6417,
    "resnext50": 0.7015,
    "sajja": 0.7847,
    "han": 0.7937,
    "r50-imp-dpn-tad": 0.8135,
}
"""AUC; the last row is called "Ours" there."""

TABLE4 = {
    "r50-dpn": (0.5934, 0.5932, 0.7467),
    "r50-imp-dpn": (0.6073, 0.5962, 0.7834),
    "r50-tad": (0.6475, 0.6014, 0.7635),
    "r50-imp-dpn-tad": (0.6850, 0.6123, 0.8135),
}
"""CASE_ACC, IMG_ACC, AUC."""

AUC = TABLE3 | {system: row[2] for system, row in TABLE4.items()}
"""The paper states neither whether slices or cases are ranked, nor intervals."""
