"""Faces drawn with a few lines: for trying the chain, and for the golden cases.

No photograph may be passed on with the model, so what proves that a runtime
computes it rightly is drawn here.
"""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from . import MOODS, RESOLUTION

FINE = 4  # drawn larger and brought down, for smooth lines

# For each mood: slope of the brows (up = inner ends low), their height, how far
# the eyes are open, curve of the mouth (up = smile), how far it is open, its width.
LOOKS = {
    "angry": (0.5, -0.5, 0.6, -0.4, 0.1, 0.9),
    "disgust": (0.3, -0.4, 0.4, -0.6, 0.3, 0.7),
    "fear": (-0.4, 0.6, 1.3, -0.2, 0.5, 0.8),
    "happy": (0.0, 0.2, 0.7, 1.0, 0.4, 1.2),
    "sad": (-0.5, 0.1, 0.5, -0.8, 0.0, 0.8),
    "surprise": (0.0, 1.0, 1.5, 0.0, 1.2, 0.6),
    "neutral": (0.0, 0.0, 0.9, 0.0, 0.0, 1.0),
}


def face(mood, rng, wild=0.15):
    """One drawn face as 48x48 grey bytes; `wild` is how far it strays from the type."""
    look = np.array(LOOKS[mood]) + rng.normal(0, wild, 6)
    slope, brow, eye, curve, gape, wide = look
    skin, dark = int(rng.uniform(130, 225)), int(rng.uniform(15, 60))
    side = RESOLUTION * FINE
    picture = Image.new("L", (side, side), int(rng.uniform(20, 200)))
    pen = ImageDraw.Draw(picture)
    cx, cy = side / 2 + rng.normal(0, 3), side / 2 + rng.normal(0, 3)
    w, h = side * rng.uniform(0.36, 0.44), side * rng.uniform(0.46, 0.56)

    def oval(x, y, rx, ry, fill):
        pen.ellipse((x - rx, y - ry, x + rx, y + ry), fill=fill)

    oval(cx, cy - 0.12 * h, 1.1 * w, 1.05 * h, dark)
    oval(cx, cy, w, h, skin)
    oval(cx, cy + 0.25 * h, 0.14 * w, 0.06 * h, max(0, skin - 45))
    for sign in (-1, 1):
        x, y = cx + sign * 0.42 * w, cy - 0.12 * h
        open_ = max(0.15, eye) * 0.11 * h
        oval(x, y, 0.22 * w, open_, 250)
        oval(x, y, min(0.11 * w, open_), min(0.11 * w, open_), dark)
        b = y - 0.2 * h - brow * 0.07 * h
        pen.line(
            (x - sign * 0.24 * w, b + slope * 0.12 * h, x + sign * 0.26 * w, b - slope * 0.08 * h),
            fill=dark, width=int(side * 0.03))
    mouth_y, half = cy + 0.52 * h, max(0.3, wide) * 0.36 * w
    xs = np.linspace(-1, 1, 17)
    lower = mouth_y + curve * 0.13 * h * (1 - xs**2) - curve * 0.06 * h + max(0, gape) * 0.13 * h
    upper = mouth_y + curve * 0.10 * h * (1 - xs**2) - curve * 0.06 * h - max(0, gape) * 0.06 * h
    lip = list(zip(cx + xs * half, upper)) + list(zip(cx + xs[::-1] * half, lower[::-1]))
    pen.polygon(lip, fill=max(0, dark - 10))
    pen.line([(cx + x * half, y) for x, y in zip(xs, upper)], fill=dark, width=int(side * 0.022))
    picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(1, 5)))
    small = np.asarray(picture.resize((RESOLUTION, RESOLUTION), Image.BOX), np.float32)
    light = np.linspace(1 - rng.uniform(0, 0.3), 1, RESOLUTION)[None, :]
    small = small * light + rng.normal(0, rng.uniform(0, 6), small.shape)
    return np.clip(np.round(small), 0, 255).astype(np.uint8)


def _part(count, rng):
    labels = np.arange(count) % len(MOODS)
    votes = rng.multinomial(2, [1 / (len(MOODS) + 1)] * (len(MOODS) + 1), count).astype(np.float32)
    votes[np.arange(count), labels] += 8
    return {
        "images": np.stack([face(MOODS[i], rng) for i in labels]),
        "labels": labels.astype(np.int64),
        "votes": votes,
        "no_face": np.zeros(count, bool),
    }


def parts(count, seed):
    """Train and test parts with the defects of the real ones: copies and a blank picture."""
    rng = np.random.default_rng(seed)
    train, test = _part(count, rng), _part(max(35, count // 4), rng)
    train["images"][0] = 0
    train["images"][8] = train["images"][1]
    test["images"][2] = train["images"][2]
    return train, test
