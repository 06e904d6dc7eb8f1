"""Photographs of handwritten digits, made up: paper, light, pen, camera and JPEG."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

INKS = [  # of dark pens: black, pencil, blue, red, green, violet
    (0.08, 0.08, 0.1),
    (0.38, 0.38, 0.4),
    (0.1, 0.15, 0.6),
    (0.75, 0.12, 0.15),
    (0.1, 0.45, 0.2),
    (0.45, 0.15, 0.5),
]
PAPERS = [(0.97, 0.97, 0.96), (0.93, 0.89, 0.78), (0.8, 0.82, 0.85), (0.95, 0.85, 0.6)]
DARK_PAPERS = [(0.08, 0.1, 0.1), (0.1, 0.25, 0.18), (0.3, 0.2, 0.12)]
CHALKS = [(0.95, 0.95, 0.92), (0.95, 0.9, 0.5), (0.9, 0.7, 0.75)]

# How a pen draws each digit, in a box one wide and two high: lines through points.
STROKES = {
    0: ["o 0.5 1 0.45 0.9 -90 290"],
    1: ["l 0.5 0.1 0.5 1.9"],
    2: ["o 0.5 0.5 0.42 0.4 180 380", "l 0.88 0.7 0.1 1.85 0.95 1.85"],
    3: ["o 0.45 0.5 0.42 0.42 -150 90", "o 0.45 1.4 0.47 0.48 -90 150"],
    4: ["l 0.55 0.1 0.08 1.2 0.95 1.2", "l 0.7 0.7 0.66 1.9"],
    5: ["l 0.9 0.15 0.2 0.15 0.14 0.95", "o 0.45 1.35 0.45 0.5 -125 140"],
    6: ["l 0.75 0.1 0.25 0.8 0.12 1.35", "o 0.5 1.4 0.4 0.45 -180 180"],
    7: ["l 0.08 0.2 0.92 0.2 0.4 1.9"],
    8: ["o 0.5 0.53 0.35 0.43 90 450", "o 0.5 1.42 0.42 0.46 -90 270"],
    9: ["o 0.48 0.6 0.38 0.45 0 360", "l 0.86 0.6 0.78 1.9"],
}


def drawn(digit, rng, height=200):
    """Draw a digit with a pen, a bit differently each time: ink (H, W) of 0 to 1."""
    unit = height / 2
    pen = height * rng.uniform(0.045, 0.14)
    image = Image.new("L", (2 * height, 2 * height))
    draw = ImageDraw.Draw(image)
    slant, squeeze = rng.uniform(-0.1, 0.25), rng.uniform(0.85, 1.3)
    for line in STROKES[digit]:
        kind, *numbers = line.split()
        numbers = np.array(numbers, dtype=float)
        if kind == "o":  # part of an ellipse
            x, y, a, b, start, end = numbers
            start, end = np.radians([start, end]) + rng.normal(0, 0.06, 2)
            turn = np.linspace(start, end, 60)
            a, b = [a, b] * rng.uniform(0.92, 1.06, 2)
            points = np.stack([x + a * np.cos(turn), y + b * np.sin(turn)], axis=1)
        else:
            points = numbers.reshape(-1, 2)
            points = points + rng.normal(0, 0.025, points.shape)
            along = np.linspace(0, len(points) - 1, 60)
            points = np.stack(
                [np.interp(along, range(len(points)), p) for p in points.T], axis=1
            )
        x, y = points.T
        x = (x - 0.5) * squeeze - slant * (y - 1)
        points = unit * np.stack([x, y - 1], axis=1) + height
        points += np.cumsum(rng.normal(0, 0.0012 * height, points.shape), axis=0)
        for x, y in np.linspace(points[:-1], points[1:], 8).reshape(-1, 2):
            draw.ellipse([x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2], fill=255)
    return np.asarray(image) / 255


def enlarged(image, height=200):
    """Enlarge a small digit (H, W) of 0 to 1, with edges as sharp as a pen's."""
    image = np.pad(np.asarray(image, dtype=np.float32), 1)
    rows, columns = image.shape
    size = round(height * columns / rows), height
    large = Image.fromarray(image).resize(size, Image.Resampling.BICUBIC)
    return np.clip((np.asarray(large) - 0.5) * 6 + 0.5, 0, 1)


def photographed(ink, rng, kind="jpeg"):
    """Put ink (H, W) of 0 to 1 on paper, and photograph it: a file in memory."""
    long = rng.integers(300, 800)
    short = round(long * rng.uniform(0.55, 1))
    width, height = (long, short) if rng.random() < 0.5 else (short, long)

    ink = Image.fromarray((255 * ink).astype(np.uint8))
    ink = ink.rotate(rng.uniform(-8, 8), Image.Resampling.BICUBIC, expand=True)
    ink = ink.crop(ink.getbbox())
    scale = short * rng.uniform(0.2, 0.7) / max(ink.size)
    ink = ink.resize([max(1, round(scale * n)) for n in ink.size])
    margin = round(0.06 * short)
    place = [
        int(rng.integers(margin, n - m - margin + 1))
        for n, m in zip((width, height), ink.size, strict=True)
    ]
    full = Image.new("L", (width, height))
    full.paste(ink, place)
    cover = np.asarray(full)[..., np.newaxis] / 255

    dark = rng.random() < 0.2
    papers, inks = (DARK_PAPERS, CHALKS) if dark else (PAPERS, INKS)
    paper, pen = (np.array(a[rng.integers(len(a))]) for a in (papers, inks))
    grain = (
        _noise(rng, (height, width), 0) * 0.02 + _noise(rng, (height, width), 3) * 0.02
    )
    page = (paper * (1 - cover) + pen * cover) * (1 + grain[..., np.newaxis])
    page *= _light(rng, width, height)[..., np.newaxis]
    page += rng.normal(0, rng.uniform(0.005, 0.02), page.shape)
    image = Image.fromarray((255 * np.clip(page, 0, 1)).astype(np.uint8))
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 0.003 * long)))
    file = io.BytesIO()
    image.save(file, kind, quality=int(rng.integers(45, 95)))
    return file


def _noise(rng, shape, blur):
    """Noise of standard deviation 1, smoothed."""
    noise = Image.fromarray(rng.normal(128, 40, shape).clip(0, 255).astype(np.uint8))
    noise = np.asarray(noise.filter(ImageFilter.GaussianBlur(blur)), dtype=float)
    return (noise - noise.mean()) / noise.std()


def _light(rng, width, height):
    """Light that falls off to one side, and often a shadow with a soft edge."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    angle = rng.uniform(0, 2 * np.pi)
    across = (x * np.cos(angle) + y * np.sin(angle)) / np.sqrt(2)
    light = 1 - rng.uniform(0, 0.45) * (across + 1) / 2
    if rng.random() < 0.5:
        angle = rng.uniform(0, 2 * np.pi)
        if rng.random() < 0.5:  # a straight edge
            outside = x * np.cos(angle) + y * np.sin(angle) - rng.uniform(-0.6, 0.6)
        else:  # a round one
            outside = np.hypot(x - np.cos(angle), y - np.sin(angle)) - rng.uniform(
                0.5, 1
            )
        soft = rng.uniform(0.03, 0.3)
        light *= 1 - rng.uniform(0.2, 0.45) / (
            1 + np.exp(np.clip(outside / soft * 4, -30, 30))
        )
    return light
