# SPDX-License-Identifier: Apache-2.0
"""A line plot as SVG text, without any library: bench/run draws its series with it."""
import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 720, 420
LEFT, RIGHT, TOP, BOTTOM = 76, 190, 46, 56
LABEL_ROOM = 44  # pixels: a tick nearer to the one before has no label
COLOURS = ("#1b6ca8", "#c8553d", "#4f772d", "#7b4b94", "#8a6d1a", "#3a3a3a")


def number(value):
    """1200 as 1,200; 0.25 as 0.25; 3.0 as 3."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.2g}"


def nice_step(span, parts):
    """A step of 1, 2 or 5 times a power of ten that cuts span into about that many parts."""
    raw = span / parts
    power = 10 ** math.floor(math.log10(raw))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= raw)


class Axis:
    """From values to pixels, linear from zero or logarithmic. Few values are the ticks."""

    def __init__(self, values, first, last, log, few=0):
        self.first, self.last, self.log = first, last, log
        if log:
            self.low, self.high = math.log10(min(values)), math.log10(max(values))
            self.ticks = sorted(set(values))
        else:
            step = nice_step(max(values), 5)
            count = math.ceil(max(values) / step + 0.05)
            self.low, self.high = 0.0, count * step
            self.ticks = [step * i for i in range(count + 1)]
            if len(set(values)) <= few:
                self.ticks = sorted(set(values))

    def at(self, value):
        scaled = math.log10(value) if self.log else value
        share = (scaled - self.low) / ((self.high - self.low) or 1)
        return self.first + share * (self.last - self.first)


def text(x, y, content, anchor="middle", extra=""):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {extra}>'
            f"{escape(content)}</text>")


def frame(x_axis, y_axis, title, x_label, y_label):
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    out = [text(LEFT, 24, title, "start", 'font-size="15" font-weight="bold"'),
           text((LEFT + right) / 2, HEIGHT - 14, x_label),
           text(18, (TOP + bottom) / 2, y_label,
                extra=f'transform="rotate(-90 18 {(TOP + bottom) / 2:.1f})"')]
    for tick in y_axis.ticks:
        y = y_axis.at(tick)
        out.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#ddd"/>')
        out.append(text(LEFT - 8, y + 4, number(tick), "end"))
    before = -math.inf
    for tick in x_axis.ticks:
        x = x_axis.at(tick)
        if x - before < LABEL_ROOM:
            continue
        before = x
        out.append(f'<line x1="{x:.1f}" y1="{bottom}" x2="{x:.1f}" y2="{bottom + 5}" stroke="#333"/>')
        out.append(text(x, bottom + 19, number(tick)))
    out.append(f'<path d="M{LEFT} {TOP}V{bottom}H{right}" fill="none" stroke="#333"/>')
    return out


def svg(title, x_label, y_label, lines, log_x=False):
    """lines: name -> [(x, y), ...]. The plot as text."""
    xs = [x for points in lines.values() for x, _ in points]
    ys = [y for points in lines.values() for _, y in points]
    x_axis = Axis(xs, LEFT, WIDTH - RIGHT, log_x, few=4)
    y_axis = Axis(ys, HEIGHT - BOTTOM, TOP, False)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
           f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>']
    out += frame(x_axis, y_axis, title, x_label, y_label)
    for index, (name, points) in enumerate(lines.items()):
        colour = COLOURS[index % len(COLOURS)]
        places = [(x_axis.at(x), y_axis.at(y)) for x, y in sorted(points)]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        out.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in places]
        y = TOP + 18 * index + 6
        out.append(f'<rect x="{WIDTH - RIGHT + 14}" y="{y - 8}" width="12" height="4" '
                   f'fill="{colour}"/>')
        out.append(text(WIDTH - RIGHT + 32, y, name, "start"))
    return "\n".join(out + ["</svg>", ""])
