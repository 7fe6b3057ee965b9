"""Stands in for the service that makes videos: a moving picture, drawn from the words of the prompt. It needs no network."""

import hashlib
import math
import random
import re
from collections.abc import Callable

# Given the prompt and how long it has been at work: the video, or None while it needs more time.
Generator = Callable[[str, float], str | None]

WIDTH, HEIGHT = 640, 360
SKIES = {
    "dawn": ("#3b2a5c", "#f28f6b", "#ffe3b0"),
    "day": ("#2b7fb8", "#8fd3f0", "#f4fbff"),
    "dusk": ("#1d1440", "#8a3b74", "#ff9a5a"),
    "night": ("#060918", "#16224f", "#3b4b86"),
}
# Without a plural's s.
WORDS = {
    "dawn": {"dawn", "morning", "sunrise", "breakfast"},
    "day": {"day", "noon", "summer", "bright", "blue"},
    "dusk": {"dusk", "evening", "sunset", "autumn"},
    "night": {"night", "moon", "star", "dark", "midnight", "dream"},
    "sea": {"sea", "ocean", "wave", "boat", "ship", "whale", "fish", "beach", "lake", "water", "lighthouse"},
    "city": {"city", "street", "town", "house", "robot", "train", "car", "tower", "roof"},
    "forest": {"forest", "tree", "wood", "fox", "bear", "bird", "wolf", "deer", "leave"},
    "rain": {"rain", "storm", "wet", "thunder", "sad"},
    "snow": {"snow", "winter", "ice", "cold", "christma"},
}


def local_generator(seconds: float) -> Generator:
    return lambda prompt, running: draw(prompt) if running >= seconds else None


def draw(prompt: str) -> str:
    """The same prompt gives the same picture. Of the prompt itself nothing gets into it."""
    chance = random.Random(hashlib.sha256(prompt.encode()).digest())
    words = {word.lower().removesuffix("s") for word in re.findall(r"\w+", prompt)}

    def said(*names: str) -> str | None:
        return next((name for name in names if words & WORDS[name]), None)

    time = said(*SKIES) or chance.choice(list(SKIES))
    top, middle, low = SKIES[time]
    place = said("sea", "city", "forest") or "hills"
    weather = said("rain", "snow")
    parts = [
        f'<linearGradient id="sky" x2="0" y2="1"><stop stop-color="{top}"/>',
        f'<stop offset=".6" stop-color="{middle}"/><stop offset="1" stop-color="{low}"/></linearGradient>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="url(#sky)"/>',
        *(_stars(chance) if time == "night" else []),
        _light(chance, time),
    ]
    for layer in range(4):
        shade = _mix(_mix(middle, "#17608a", 0.7) if place == "sea" else middle, "#05070f", 0.25 + layer * 0.2)
        parts.append(_strip(LAYERS[place](chance, layer), shade, 40 - layer * 9))
        if place == "city" and time in ("dusk", "night") and layer > 0:
            parts.append(_strip(_windows(chance, layer), "#ffd98a", 40 - layer * 9))
    if weather:
        parts += _weather(chance, weather)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">'
        "<title>Video</title>"
        f"{''.join(parts)}</svg>\n"
    )


def _mix(a: str, b: str, share: float) -> str:
    pairs = ((int(a[i : i + 2], 16), int(b[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(x + (y - x) * share):02x}" for x, y in pairs)


def _strip(path: str, shade: str, seconds: int) -> str:
    """Drawn twice, side by side, and moved by one width for ever: no seam is seen."""
    move = f'<animateTransform attributeName="transform" type="translate" to="-{WIDTH}" dur="{seconds}s" repeatCount="indefinite"/>'
    return f'<g fill="{shade}"><path d="{path}"/><path d="{path}" transform="translate({WIDTH - 1})"/>{move}</g>'


def _ridge(chance: random.Random, base: float, height: float, waves: int) -> str:
    first, second = chance.uniform(0, 6), chance.uniform(0, 6)
    points = []
    for x in range(0, WIDTH + 1, 8):
        turn = x / WIDTH * 2 * math.pi
        y = base - height * (0.6 * math.sin(turn * waves + first) + 0.4 * math.sin(turn * (waves + 2) + second))
        points.append(f"{x} {y:.1f}")
    return f"M0 {HEIGHT}L{'L'.join(points)}L{WIDTH} {HEIGHT}Z"


def _hills(chance: random.Random, layer: int) -> str:
    return _ridge(chance, 200 + layer * 38, 38 - layer * 5, 1 + layer % 2)


def _sea(chance: random.Random, layer: int) -> str:
    return _ridge(chance, 215 + layer * 34, 4 + layer * 2.5, 5 + layer)


def _city(chance: random.Random, layer: int) -> str:
    path, x = f"M0 {HEIGHT}", 0
    while x < WIDTH:
        width = min(chance.randint(24, 64), WIDTH - x)
        path += f"V{chance.randint(110, 230) + layer * 38}H{x + width}"
        x += width
    return f"{path}V{HEIGHT}Z"


def _windows(chance: random.Random, layer: int) -> str:
    return "".join(f"M{chance.randint(4, 630)} {chance.randint(190, 340) + layer * 12}h3v4h-3z" for _ in range(26))


def _forest(chance: random.Random, layer: int) -> str:
    path = _ridge(chance, 270 + layer * 24, 12, 2)
    for _ in range(16 - layer * 2):
        x, tall = chance.randint(24, WIDTH - 24), chance.randint(60, 110) + layer * 14
        foot = 300 + layer * 22
        path += f"M{x} {foot - tall}l{tall // 5} {tall}h-{tall // 5 * 2}z"
    return path


LAYERS = {"hills": _hills, "sea": _sea, "city": _city, "forest": _forest}


def _light(chance: random.Random, time: str) -> str:
    x, y, color = chance.randint(120, 520), chance.randint(60, 150), "#f5f1d8" if time == "night" else "#fff3c4"
    grow = '<animate attributeName="r" values="60;72;60" dur="6s" repeatCount="indefinite"/>'
    return (
        f'<circle cx="{x}" cy="{y}" r="60" fill="{color}" opacity=".16">{grow}</circle>'
        f'<circle cx="{x}" cy="{y}" r="32" fill="{color}"/>'
    )


def _stars(chance: random.Random) -> list[str]:
    twinkle = '<animate attributeName="opacity" values="1;.2;1" dur="{}s" repeatCount="indefinite"/>'
    return [
        f'<circle cx="{chance.randint(0, WIDTH)}" cy="{chance.randint(0, 190)}" r="{chance.uniform(0.6, 1.8):.1f}" fill="#fff">'
        f"{twinkle.format(chance.randint(2, 6))}</circle>"
        for _ in range(60)
    ]


def _weather(chance: random.Random, kind: str) -> list[str]:
    fall = '<animateTransform attributeName="transform" type="translate" values="0 -{0};{1} {0}" begin="-{2:.1f}s" dur="{3:.1f}s" repeatCount="indefinite"/>'
    parts = []
    for _ in range(70):
        x, y = chance.randint(0, WIDTH), chance.randint(0, HEIGHT)
        if kind == "rain":
            move = fall.format(HEIGHT, -60, chance.uniform(0, 9), chance.uniform(0.6, 1.0))
            parts.append(f'<path d="M{x} {y}l-3 14" stroke="#cfe3ff" stroke-width="1.2" opacity=".55">{move}</path>')
        else:
            move = fall.format(HEIGHT, chance.randint(-50, 50), chance.uniform(0, 9), chance.uniform(5, 10))
            parts.append(
                f'<circle cx="{x}" cy="{y}" r="{chance.uniform(1, 3):.1f}" fill="#fff" opacity=".85">{move}</circle>'
            )
    return parts
