"""Line charts as SVG, written by hand: six small panels, three readers, two codes."""

from collections.abc import Sequence

Curves = dict[str, list[tuple[float, float]]]
_WIDTH, _HEIGHT, _COLUMNS = 300, 210, 3
_LEFT, _TOP, _RIGHT, _BOTTOM = 42, 16, 12, 40
_COLOURS = {"ours": "#0b6e4f", "zxing": "#c8553d", "pyzbar": "#3d5a98"}


def draw_curves(panels: Sequence[tuple[str, Curves]]) -> str:
    """Rates 0-1 over each panel's own axis; solid for Code128, dashed for QR."""
    rows = -(-len(panels) // _COLUMNS)
    width, height = _WIDTH * _COLUMNS, _HEIGHT * rows + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for index, (axis, curves) in enumerate(panels):
        x, y = index % _COLUMNS * _WIDTH, index // _COLUMNS * _HEIGHT
        parts.append(f'<g transform="translate({x},{y})">{_panel(axis, curves)}</g>')
    for index, (reader, colour) in enumerate(_COLOURS.items()):
        parts.append(f'<text x="{40 + index * 90}" y="{height - 10}" fill="{colour}">{reader}</text>')
    parts.append(f'<text x="330" y="{height - 10}">solid: Code128, dashed: QR; share of frames read</text></svg>')
    return "\n".join(parts) + "\n"


def _panel(axis: str, curves: Curves) -> str:
    xs = [x for points in curves.values() for x, _ in points]
    low, high = min(xs), max(xs)
    wide, tall = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def place(x: float, rate: float) -> str:
        return f"{_LEFT + (x - low) / (high - low) * wide:.1f},{_TOP + (1 - rate) * tall:.1f}"

    parts = [f'<rect x="{_LEFT}" y="{_TOP}" width="{wide}" height="{tall}" fill="none" stroke="#999"/>']
    for rate in (0, 0.5, 1):
        parts.append(f'<text x="{_LEFT - 6}" y="{_TOP + (1 - rate) * tall + 4:.0f}" text-anchor="end">{rate:g}</text>')
    for x in sorted(set(xs)):
        at = place(x, 0).split(",")[0]
        parts.append(f'<text x="{at}" y="{_TOP + tall + 14}" text-anchor="middle">{x:g}</text>')
    parts.append(f'<text x="{_LEFT + wide / 2:.0f}" y="{_HEIGHT - 8}" text-anchor="middle">{axis}</text>')
    for name, points in curves.items():
        reader, code = name.split(" ")
        dash = ' stroke-dasharray="4 3"' if code == "QR" else ""
        line = " ".join(place(x, rate) for x, rate in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{_COLOURS[reader]}" stroke-width="1.8"{dash}/>')
    return "".join(parts)
