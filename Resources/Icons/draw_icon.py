"""Draw the extension's icon: a stomach, the box around its lesion, the heat in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIZE = 128
SCALE = 8  # drawn larger, then reduced: smooth edges
# The stomach's outline, in hundredths of the icon: oesophagus, fundus, greater curvature,
# pylorus, lesser curvature.
OUTLINE = (
    (45, 8), (46, 22), (50, 27), (58, 17), (71, 14), (83, 22), (88, 38), (85, 58), (75, 75),
    (59, 86), (41, 88), (28, 81), (17, 82), (12, 76), (17, 68), (29, 65), (41, 66), (49, 58),
    (50, 45), (44, 36), (38, 25), (36, 8),
)  # fmt: skip
LESION, RADIUS = (66, 62), 17


def smooth_closed(points: np.ndarray, rounds: int = 4) -> np.ndarray:
    """Chaikin's corner cutting of a closed polygon, (N, 2)."""
    for _ in range(rounds):
        following = np.roll(points, -1, axis=0)
        cut = np.stack((0.75 * points + 0.25 * following, 0.25 * points + 0.75 * following), axis=1)
        points = cut.reshape(-1, 2)
    return points


def draw(size: int = SIZE) -> Image.Image:
    """The icon as RGBA."""
    side = size * SCALE
    unit = side / 100
    outline = [tuple(point) for point in smooth_closed(np.array(OUTLINE, float)) * unit]
    icon = Image.new("RGBA", (side, side))
    canvas = ImageDraw.Draw(icon)
    canvas.rounded_rectangle((0, 0, side - 1, side - 1), radius=18 * unit, fill=(22, 32, 46, 255))
    canvas.polygon(outline, fill=(214, 220, 228, 255))

    y, x = np.mgrid[:side, :side] / unit
    distance = np.hypot(x - LESION[0], y - LESION[1]) / RADIUS
    strength = np.clip(1.15 - distance, 0, 1)
    heat = np.zeros((side, side, 4), dtype=np.uint8)
    heat[..., 0] = 255
    heat[..., 1] = np.clip(230 * strength**1.5, 30, 230).astype(np.uint8)
    heat[..., 2] = 30
    heat[..., 3] = (255 * np.clip(strength * 1.8, 0, 1)).astype(np.uint8)
    inside = Image.new("L", (side, side))
    ImageDraw.Draw(inside).polygon(outline, fill=255)
    glow = Image.fromarray(heat).filter(ImageFilter.GaussianBlur(unit))
    icon.paste(
        glow, (0, 0), Image.composite(glow.getchannel("A"), Image.new("L", (side, side)), inside)
    )

    canvas = ImageDraw.Draw(icon)
    canvas.line([*outline, outline[0]], fill=(120, 135, 155, 255), width=round(1.6 * unit))
    half = RADIUS + 4
    box = [(LESION[0] + sx * half) * unit for sx in (-1, 1)]
    rows = [(LESION[1] + sy * half) * unit for sy in (-1, 1)]
    canvas.rectangle(
        (box[0], rows[0], box[1], rows[1]), outline=(64, 224, 208, 255), width=round(3.2 * unit)
    )
    for corner_x in box:
        for corner_y in rows:
            reach = 3.4 * unit
            canvas.ellipse(
                (corner_x - reach, corner_y - reach, corner_x + reach, corner_y + reach),
                fill=(64, 224, 208, 255),
            )
    return icon.resize((size, size), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    draw().save(Path(__file__).with_name("GastricDiff.png"), optimize=True)
