"""Charts as SVG, for the scripts beside it: lines over a doubling quantity, and bars of shares."""
import html
import math

COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999999"]
TEXT = 'font-family="sans-serif" font-size="12"'


def document(width, height, parts):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}">\n<rect width="100%" height="100%" fill="white"/>\n' +
            "\n".join(parts) + "\n</svg>\n")


def label(x, y, text, anchor="start", bold=False):
    weight = ' font-weight="bold"' if bold else ""
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {TEXT}{weight}>'
            f'{html.escape(str(text))}</text>')


def round_above(number):
    """The least of 1, 2, 5 times a power of ten that is not below."""
    power = 10 ** math.floor(math.log10(number))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= number * 0.999999)


def panel(title, series, colours, left, top, width, height):
    """series: {name: [(x, y)]}; x on a scale of doublings, y from 0; colours: {name: colour}."""
    points = [point for line in series.values() for point in line]
    xs = sorted({x for x, _ in points})
    highest = round_above(max(y for _, y in points))
    low, span = math.log2(xs[0]), max(math.log2(xs[-1]) - math.log2(xs[0]), 1e-9)
    place_x = lambda x: left + (math.log2(x) - low) / span * width  # noqa: E731
    place_y = lambda y: top + height - y / highest * height  # noqa: E731
    parts = [label(left, top - 10, title, bold=True)]
    for step in range(5):
        y = highest * step / 4
        parts.append(f'<path d="M{left} {place_y(y):.1f}h{width}" stroke="#ddd"/>')
        parts.append(label(left - 6, place_y(y) + 4, f"{y:g}", "end"))
    parts += [label(place_x(x), top + height + 18, x, "middle") for x in xs]
    for name, line in series.items():
        colour = colours[name]
        path = "L".join(f"{place_x(x):.1f} {place_y(y):.1f}" for x, y in sorted(line))
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{place_x(x):.1f}" cy="{place_y(y):.1f}" r="3" fill="{colour}"/>'
                  for x, y in line]
    return parts


def lines(panels, x_title):
    """panels: {title: series}, side by side, with one legend for all."""
    width, height, left, top = 360, 240, 70, 40
    names = dict.fromkeys(name for series in panels.values() for name in series)
    colours = {name: COLOURS[index % len(COLOURS)] for index, name in enumerate(names)}
    parts = []
    for index, (title, series) in enumerate(panels.items()):
        begin = left + index * (width + left)
        parts += panel(title, series, colours, begin, top, width, height)
        parts.append(label(begin + width / 2, top + height + 38, x_title, "middle"))
    for index, (name, colour) in enumerate(colours.items()):
        y = top + height + 60 + 18 * index
        parts.append(f'<path d="M{left} {y - 4}h24" stroke="{colour}" stroke-width="3"/>')
        parts.append(label(left + 32, y, name))
    return document(left + len(panels) * (width + left), top + height + 70 + 18 * len(names), parts)


def bars(title, rows):
    """rows: [(name, share)], a bar each; shares of 1, those above end in an arrow."""
    left, width, step, top = 560, 320, 18, 56
    parts = [label(10, 20, title, bold=True)]
    for quarter in range(5):
        x = left + width * quarter / 4
        parts.append(f'<path d="M{x} {top - 8}v{step * len(rows) + 8}" stroke="#ddd"/>')
        parts.append(label(x, top - 14, f"{25 * quarter}%", "middle"))
    for index, (name, share) in enumerate(rows):
        y = top + step * index
        shown = min(share, 1.0) * width
        parts.append(label(left - 8, y + 12, name, "end"))
        parts.append(f'<rect x="{left}" y="{y + 2}" width="{shown:.1f}" height="{step - 5}" '
                     f'fill="{COLOURS[0]}"/>')
        parts.append(label(left + shown + 5, y + 12, f"{share:.0%}{' →' if share > 1 else ''}"))
    return document(left + width + 70, top + step * len(rows) + 12, parts)
