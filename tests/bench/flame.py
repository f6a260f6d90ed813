#!/usr/bin/env python3
"""A flame graph of what a process does, as SVG.

  perf record -F 300 --call-graph dwarf,16384 -p PID -- sleep 20
  perf script --no-inline -F comm,ip,sym | tests/bench/flame.py > docs/flame.svg

Width is processor time; a frame stands on its caller. Frames under --least percent are left out.
"""

import argparse
import hashlib
import html
import re
import sys

WIDTH, ROW, TEXT = 1600, 17, 6.6


def stacks(lines):
    """Yields the frames of each sample, outermost first, the thread's name before them."""
    thread, frames = None, []
    for line in lines:
        line = line.rstrip("\n")
        if not line:
            if frames:
                yield [thread] + frames[::-1]
            frames = []
        elif not line[0].isspace():
            thread = line.strip()
        else:
            match = re.match(r"\s+[0-9a-f]+ (.*)$", line)
            if match:
                frames.append(short(match.group(1)))
    if frames:
        yield [thread] + frames[::-1]


def short(symbol):
    symbol = re.sub(r"\+0x[0-9a-f]+$", "", symbol)
    symbol = symbol.replace("(anonymous namespace)::", "").replace("[abi:cxx11]", "")
    symbol = symbol.replace("google::protobuf::", "pb::").replace("dangol::", "")
    symbol = re.sub(r"absl::debian\d*::", "absl::", symbol)
    while re.search(r"<[^<>]*>", symbol):
        symbol = re.sub(r"<[^<>]*>", "", symbol)
    symbol = re.sub(r"\(.*\)( const)?$", "", symbol)
    return symbol.split(" ")[-1][:80] or "?"


def tree_of(samples):
    root = [0, {}]
    for frames in samples:
        node = root
        node[0] += 1
        last = None
        for frame in frames:
            if frame == last or frame in ("[unknown]", "?"):
                continue  # recursion and what has no name
            last = frame
            node = node[1].setdefault(frame, [0, {}])
            node[0] += 1
    return root


def colour(name):
    hue = int(hashlib.md5(name.split("::")[0].encode()).hexdigest()[:4], 16) % 360
    return f"hsl({hue},65%,72%)"


def draw(node, x, depth, total, least, out):
    """Appends the rectangles of node's callees; returns the greatest depth."""
    deepest = depth
    for name, child in sorted(node[1].items()):
        width = WIDTH * child[0] / total
        if 100 * child[0] / total >= least:
            label = f"{name} {100 * child[0] / total:.1f}%"
            shown = name[: int((width - 4) / TEXT)] if width > 30 else ""
            out.append((x, depth, width, colour(name), label, shown))
            deepest = max(deepest, draw(child, x, depth + 1, total, least, out))
        x += width
    return deepest


def svg(root, least):
    boxes = []
    height = (draw(root, 0, 1, root[0], least, boxes) + 1) * ROW + 4
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
           f'font-family="monospace" font-size="11">')
    yield f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>'
    for x, depth, width, fill, label, shown in boxes:
        y = height - depth * ROW - 2
        yield (f'<g><title>{html.escape(label)}</title><rect x="{x:.1f}" y="{y}" '
               f'width="{max(width - 0.5, 0.5):.1f}" height="{ROW - 1}" fill="{fill}"/>')
        if shown:
            yield f'<text x="{x + 2:.1f}" y="{y + 12}">{html.escape(shown)}</text>'
        yield "</g>"
    yield "</svg>"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--least", type=float, default=0.25, help="percent of all samples")
    least = parser.parse_args().least
    root = tree_of(stacks(sys.stdin))
    if root[0] == 0:
        sys.exit("flame.py: no samples; pass the output of perf script")
    print("\n".join(svg(root, least)))


if __name__ == "__main__":
    main()
