"""The pages: NAME.md beside NAME.py, with every equation between markers filled from the object that was proved.

`python -m derivations.pages` writes them; `stale()` names the pages that differ from their objects.
"""

import re
from pathlib import Path

from derivations import NAMES, load

FOLDER = Path(__file__).parent
BLOCK = re.compile(r"<!-- equation (\S+) -->\n.*?<!-- end -->", re.DOTALL)


def block(equation):
    """One equation between its markers. GitHub, JupyterLab and nbconvert all read this form of display mathematics."""
    return f"<!-- equation {equation.id} -->\n\n$$\n{equation.latex}\n$$\n\n*{equation.caption}*\n\n<!-- end -->"


def filled(text, chain):
    """The text with every block filled anew."""
    return BLOCK.sub(lambda match: block(chain[match[1]]), text)


def complaints(text, chain):
    """What is wrong with the markers of a page, as sentences."""
    used = BLOCK.findall(text)
    found = [f"{id} stands twice on its page" for id in sorted({i for i in used if used.count(i) > 1})]
    found += [f"{e.id} stands nowhere on its page" for e in chain if e.id not in used]
    outside = BLOCK.sub("", text)
    if re.search(r"\$\$|```math|\\\[|\\begin\{", outside):
        found.append("a displayed equation stands outside a marker")
    if "<!-- equation" in outside or "<!-- end" in outside:
        found.append("a marker has no partner")
    return found


def page(name):
    """The path of a page."""
    return FOLDER / f"{name}.md"


def stale():
    """The names of the pages that differ from their objects."""
    return [n for n in NAMES if (text := page(n).read_text("utf-8")) != filled(text, load(n))]


def write():
    """Fill every page; raises ValueError for a page whose markers are wrong."""
    for name in NAMES:
        text, chain = page(name).read_text("utf-8"), load(name)
        wrong = complaints(text, chain)
        if wrong:
            raise ValueError(f"{page(name).name}: " + "; ".join(wrong))
        page(name).write_text(filled(text, chain), "utf-8")
        print(f"{page(name).name}: {len(chain)} equations")


if __name__ == "__main__":
    write()
