"""The picture of the results: one bar for each peer, batch 64, maps 6/12, as SVG written by hand."""

INK, QUIET = "#16181D", "#5F6772"
COLOURS = {"fused": "#1F6FB4", "plain": "#7FB2D9", "PyTorch": "#C9622B", "im2col, NCHW": "#9AA0A8"}
LABELS = {"fused": "NumPy, fused layers", "plain": "NumPy, plain layers", "im2col, NCHW": "NumPy, im2col, batch first"}


def svg(results):
    """Bars of milliseconds a training step, in groups of one number of threads each."""
    groups = [(threads, _case(found)) for threads, found in results["threads"].items()]
    widest = max(ms["median"] for _, case in groups for ms in case["milliseconds"].values())
    rows, y = [], 46
    for threads, case in groups:
        rows.append(_text(16, y + 4, f"{threads} thread" + "s" * (threads != "1"), bold=True))
        for name, ms in sorted(case["milliseconds"].items(), key=lambda item: item[1]["median"]):
            y += 24
            rows.append(_bar(y, name, ms, 390 * ms["median"] / widest))
        y += 34
    batch, maps = groups[0][1]["batch"], groups[0][1]["maps"]
    title = f"One training step, batch {batch}, maps {maps[0]}/{maps[1]}, float32: milliseconds (times fused)"
    words = "; ".join(
        f"{threads} thread(s): " + ", ".join(f"{n} {ms['median']:.1f} ms" for n, ms in case["milliseconds"].items())
        for threads, case in groups
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 {y}" width="720" height="{y}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="13">\n<title>{title}. {words}</title>\n'
        f'<rect width="720" height="{y}" fill="#FFFFFF"/>\n'
        + "\n".join([_text(16, 24, title, bold=True), *rows])
        + "\n</svg>\n"
    )


def _case(found):
    """Batch 64 of the series' network; in a quick run, what there is."""
    return next((case for case in found["steps"] if case["batch"] == 64), found["steps"][0])


def _bar(y, name, ms, width):
    label = LABELS.get(name, f"{name}, eager")
    value = f"{ms['median']:.1f} ms" + ("" if name == "fused" else f"  ({ms['ratio']:.1f} times)")
    bar = f'<rect x="190" y="{y - 12}" width="{width:.1f}" height="17" fill="{COLOURS[name]}"/>'
    return _text(16, y + 1, label, QUIET) + bar + _text(196 + width, y + 1, value)


def _text(x, y, words, colour=INK, bold=False):
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{x:.0f}" y="{y}" fill="{colour}"{weight}>{words}</text>'
