"""Turn pictures of digits into strokes of a pen, as a hand would draw them."""

import numpy as np

AROUND = [(-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1)]


def enlarge(images, times):
    """Interpolate images (N, H, W) linearly to (N, H·times, W·times)."""
    place = (np.arange(images.shape[1] * times) + 0.5) / times - 0.5
    place = np.clip(place, 0, images.shape[1] - 1.001)
    left, part = place.astype(int), place % 1
    for axis in (1, 2):
        here, there = images.take(left, axis), images.take(left + 1, axis)
        share = part[:, None] if axis == 1 else part
        images = here + share * (there - here)
    return images


def thin(ink):
    """Thin shapes (N, H, W) of booleans to lines of one pixel (Zhang and Suen, 1984).

    A pixel of the rim is taken away when it has 2 to 6 neighbours, all side by side,
    in two alternating passes: one over the south-east rim, one over the north-west.
    """
    ink = np.pad(ink, ((0, 0), (1, 1), (1, 1)))
    while True:
        before = ink
        for north, east, south, west in ((0, 2, 4, 6), (4, 6, 0, 2)):
            near = [np.roll(ink, (-dy, -dx), (1, 2)) for dy, dx in AROUND]
            count = np.sum(near, axis=0)
            runs = sum(~near[i] & near[(i + 1) % 8] for i in range(8))
            keep = near[north] & near[east] & near[south]
            keep |= near[east] & near[south] & near[west]
            ink = ink & ~((2 <= count) & (count <= 6) & (runs == 1) & ~keep)
        if np.array_equal(ink, before):
            return ink[:, 1:-1, 1:-1]


def trace(line):
    """Follow a thin line (H, W): a list of paths of pixels (row, column).

    A path begins at an end where there is one, goes straight on at crossings, and
    reaches for the pixel next to it that was drawn before.
    """
    every = {(int(y), int(x)) for y, x in np.argwhere(line)}
    left, paths = set(every), []

    def near(pixel, among):
        found = [(pixel[0] + dy, pixel[1] + dx) for dy, dx in AROUND]
        return [q for q in found if q in among]

    while left:
        start = min(left, key=lambda q: (len(near(q, left)) > 1, q))
        path = [*[q for q in near(start, every) if q not in left][:1], start]
        left.discard(start)
        while ahead := near(path[-1], left):
            way = np.subtract(path[-1], path[-4:][0])
            steps = np.subtract(ahead, path[-1])
            straight = steps @ way / np.hypot(*steps.T)
            path.append(ahead[int(np.argmax(straight))])
            left.discard(path[-1])
        path += [q for q in near(path[-1], every) if q not in path[-3:]][:1]
        paths.append(path)
    return paths


def strokes(images, board=280, times=2):
    """Turn images (N, 28, 28) of 0..1 into strokes on a board of so many pixels.

    Returns
    -------
    list of list of list of [x, y]
        For each image its strokes, each a list of points.
    """
    lines = thin(enlarge(images, times) > 0.5)
    scale = board / lines.shape[1]
    drawings = []
    for line in lines:
        paths = [path[:-1:2] + path[-1:] for path in trace(line) if len(path) > 2]
        drawings.append(
            [[[(x + 0.5) * scale, (y + 0.5) * scale] for y, x in p] for p in paths]
        )
    return drawings
