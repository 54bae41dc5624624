"""The form of the notebooks, and that every link leads somewhere. What they compute is compared by nbval."""

import ast
import re
from pathlib import Path

import nbformat
import pytest

import derivations

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "derivations").glob("*.md"))]
LINK = re.compile(r"""\]\(([^)\s]+)\)|(?:href|src)="([^"]+)\"""")
SECTIONS = ("| **Do** |", "| **Learn** |", "| **Need** |", "## Recap", "**Sources.**", "../derivations/notation.md")

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells_of(path, kind=None):
    return [cell for cell in nbformat.read(path, as_version=4).cells if kind in (None, cell.cell_type)]


def text_of(path):
    return "\n".join(cell.source for cell in cells_of(path, "markdown"))


def links_of(path):
    text = text_of(path) if path.suffix == ".ipynb" else path.read_text(encoding="utf-8")
    found = (first or second for first, second in LINK.findall(text))
    return [link.partition("#")[0] for link in found if not link.startswith(("http", "data:", "#", "mailto:"))]


def longest_run(cells):
    runs = "".join("c" if cell.cell_type == "code" else " " for cell in cells).split()
    return max(map(len, runs))


@every_notebook
def test_a_notebook_has_a_title_and_its_sections(path):
    first = cells_of(path)[0]
    assert first.cell_type == "markdown"
    assert re.match(r"# \w.+\n", first.source)
    missing = [section for section in SECTIONS if section not in text_of(path)]
    assert not missing


@every_notebook
def test_a_notebook_reads_as_a_lesson(path):
    cells, code = cells_of(path), cells_of(path, "code")
    assert 20 <= len(cells) <= 75
    assert longest_run(cells) <= 3
    lines = [cell.source.count("\n") + 1 for cell in code]
    assert sorted(lines)[len(lines) // 2] <= 8
    assert max(lines) <= 25
    words = len(text_of(path).split())
    assert words >= 6 * sum(lines)


@every_notebook
def test_code_fits_the_width_of_a_projector(path):
    long = [line for cell in cells_of(path, "code") for line in cell.source.splitlines() if len(line) > 110]
    assert not long


@every_notebook
def test_a_notebook_is_stored_as_executed_in_order_without_errors(path):
    code = cells_of(path, "code")
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not [
        out for cell in code for out in cell.outputs if out.output_type == "error" or out.get("name") == "stderr"
    ]


@every_notebook
def test_every_picture_has_words_for_those_who_cannot_see_it(path):
    for cell in cells_of(path, "code"):
        for output in cell.outputs:
            data = output.get("data", {})
            if "image/png" in data or "image/svg+xml" in data:
                assert re.search(r'<img [^>]*alt="[^"]{15,}"', data["text/html"])


@every_notebook
def test_every_equation_that_is_named_exists(path):
    known = {equation.id for equation in derivations.ledger()}
    prefixes = "|".join(sorted({id.split(".")[0] for id in known}))
    source = "\n".join(cell.source for cell in cells_of(path))
    named = set(re.findall(rf"\b(?:{prefixes})\.\d+\b", source))
    assert named <= known


@every_notebook
def test_a_notebook_checks_what_it_says(path):
    checks = [cell for cell in cells_of(path, "code") if "assert" in cell.source]
    assert len(checks) >= 3


@pytest.mark.parametrize("path", [*PAGES, *NOTEBOOKS], ids=lambda path: path.stem)
def test_every_link_leads_to_a_file(path):
    broken = [link for link in links_of(path) if not (path.parent / link).exists()]
    assert not broken


def test_the_series_is_there():
    assert (ROOT / "notebooks" / "08_full_network.ipynb") in NOTEBOOKS
    assert len({path.stem[:2] for path in NOTEBOOKS}) == len(NOTEBOOKS)


def test_links_are_found_in_every_form_we_write_them():
    assert LINK.findall('[a](b.md) <a href="c.ipynb"><img src="d.svg"></a>') == [
        ("b.md", ""),
        ("", "c.ipynb"),
        ("", "d.svg"),
    ]


def minutes_by_file(text):
    """{notebook: minutes} of the table rows that link to a notebook and name its minutes in a cell of their own."""
    found = {}
    for row in text.splitlines():
        link = re.search(r"(\d\d_\w+)\.ipynb\)", row)
        minutes = [int(cell) for cell in row.split("|") if re.fullmatch(r" *\d\d+ *", cell) and int(cell) >= 10]
        if row.startswith("|") and link and minutes:
            found[link[1]] = minutes[0]
    return found


def test_the_minutes_are_the_same_wherever_they_stand():
    own = {path.stem: int(re.search(r"About (\d+) minutes", text_of(path))[1]) for path in NOTEBOOKS}
    assert minutes_by_file((ROOT / "README.md").read_text(encoding="utf-8")) == own
    start = minutes_by_file(text_of(NOTEBOOKS[0]))
    assert len(start) >= 8
    assert start == {name: own[name] for name in start}


OTHERS = {"theta", "dout", "grad_output", "grad_input", "sensitivity", "dy", "dz", "dZ", "dA", "upstream", "filters"}


@every_notebook
def test_names_are_those_of_the_notation_and_not_what_others_call_them(path):
    cells = [cell.source for cell in cells_of(path, "code")]
    assigned = {name.id for cell in cells for name in ast.walk(ast.parse(cell)) if isinstance(name, ast.Name)}
    assert not assigned & OTHERS
