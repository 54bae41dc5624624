"""The worksheets: the same everywhere, checked with and without the grid, and under strict nbval without a tag."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from execute_notebooks import main as execute_notebooks

from classroom import grid, progress
from classroom.questions import QUESTIONS
from classroom.questions.base import Mistake, Question, at
from classroom.worksheets import Worksheet, blocks, size, symbols, worksheet

ROOT = Path(__file__).resolve().parent.parent
VIEW = "application/vnd.jupyter.widget-view+json"


def _drawn(rng):
    first = rng.randint(1, 9)
    return {"x": np.array([[first, 2, 3], [4, 5, 6]]), "beta": np.array(3), "b": np.array([7, 8])}


def _scaled(inputs, *, factor=None, plus=0):
    return (inputs["beta"] if factor is None else factor) * inputs["x"] + plus


SCALED = Question(
    name="scaled",
    notebook="06",
    title="A scaled map",
    task="Multiply every entry of x by beta.",
    answer="dx",
    conventions=("No bias.", "1 < 2."),
    draw=_drawn,
    solve=_scaled,
    terms=lambda inputs, entry: [[at("β", inputs["beta"]), at("x", inputs["x"], *entry)]],
    hint="What happens to one entry?",
    idea="Each entry is beta times the entry of x.",
    mistakes=(Mistake("one added", {"plus": 1}, "1 is added to every entry", "Where would the 1 come from?"),),
    roles={"x": "input", "beta": "kernel", "dx": "gradient"},
)


@pytest.fixture
def sheet():
    """The sheet with x = [[3, 2, 3], [4, 5, 6]], so that the answer is [[9, 6, 9], [12, 15, 18]]."""
    return next(s for s in (Worksheet(SCALED, seed) for seed in range(99)) if s.inputs["x"][0, 0] == 3)


RIGHT = [[9, 6, 9], [12, 15, 18]]
ONE_ADDED = [[10, 7, 10], [13, 16, 19]]
WORKED = "dx[0,0] = β·x[0,0] = 3·3 = 9"
ANSWER = "dx = [[9, 6, 9], [12, 15, 18]]"

# ---------------------------------------------------------------------------------------------------- without a grid


@pytest.mark.parametrize(("name", "near"), [("conv-dk", "conv-dK"), ("Conv-dx", "conv-dx")])
def test_an_unknown_name_gets_the_nearest(name, near):
    with pytest.raises(ValueError, match=f"no question '{name}': did you mean {near}"):
        worksheet(name)


@pytest.mark.parametrize("name", ["?", 7, None])
def test_a_name_like_no_other_gets_the_list(name):
    with pytest.raises(ValueError, match=r"choose one of .*conv-dK"):
        worksheet(name)


@pytest.mark.parametrize("seed", [-1, 1.5, "3", True, None])
def test_a_seed_is_a_whole_number_from_0_on(seed):
    with pytest.raises(ValueError, match=f"seed is {seed!r}"):
        worksheet(next(iter(QUESTIONS)), seed)


def test_editing_the_inputs_does_not_change_the_sheet(sheet):
    sheet.inputs["x"][:] = 0
    assert sheet.inputs["x"].tolist() == [[3, 2, 3], [4, 5, 6]]
    assert sheet.check(RIGHT).correct


def test_the_next_sheet_has_the_next_seed_and_other_numbers(sheet):
    following = sheet.new()
    assert following.seed == sheet.seed + 1
    assert following.question is SCALED
    assert any(Worksheet(SCALED, seed).inputs["x"][0, 0] != 3 for seed in range(9))


def test_a_right_and_a_wrong_answer(sheet):
    assert sheet.check(RIGHT).correct
    wrong = sheet.check(ONE_ADDED)
    assert not wrong.correct
    assert "1 is added to every entry" in wrong.text


def test_helps_come_in_order_and_the_answer_last(sheet):
    helps = [sheet.hint() for _ in range(6)]
    assert helps == [SCALED.hint, SCALED.idea, WORKED, ANSWER, ANSWER, ANSWER]
    assert repr(helps[0]) == SCALED.hint


def test_an_entry_is_worked_that_shows_the_rule_and_a_slip_in_a_single_factor_is_named_shortly():
    ties = worksheet("max-dx-ties", 0)
    assert np.array_equal(ties.inputs["x"], [[3, 2, 5, -2], [5, 5, 3, 5], [1, 1, 6, 7], [1, -1, 7, 4]])
    assert str([ties.hint(), ties.hint(), ties.hint()][2]) == "dx[0,2] = δ[0,1] = (-12) = -12"
    wrong = [[0, 0, -6, 0], [18, 0, 0, 0], [-6, 0, 0, 6], [0, 0, 0, 0]]
    assert str(ties.check(wrong)) == "Not yet. 15 of 16 entries are right.\ndx[0,2] takes δ[1,0] for δ[0,1]."


def test_after_a_named_mistake_its_hint_comes_first(sheet):
    assert sheet.hint() == SCALED.hint
    sheet.check(ONE_ADDED)
    assert [sheet.hint() for _ in range(4)] == ["Where would the 1 come from?", SCALED.idea, WORKED, ANSWER]


def test_what_cannot_be_read_does_not_change_the_helps(sheet):
    sheet.check(ONE_ADDED)
    sheet.check("nonsense")
    assert sheet.hint() == "Where would the 1 come from?"


def test_one_entry_worked_the_wrong_one_unless_another_is_asked_for(sheet):
    assert sheet.entry() == WORKED
    sheet.check([[9, 6, 9], [12, 15, 99]])
    assert sheet.entry() == "dx[1,2] = β·x[1,2] = 3·6 = 18"
    assert sheet.entry(0, 1) == "dx[0,1] = β·x[0,1] = 3·2 = 6"
    for indices in ((0,), (2, 0), (-1, 0), ("a", 0)):
        with pytest.raises(ValueError, match=re.escape("dx has dx[0,0] to dx[1,2]")):
            sheet.entry(*indices)


def test_answers_are_noted_and_what_cannot_be_read_is_not(sheet, tmp_path, monkeypatch):
    monkeypatch.setenv(progress.VARIABLE, str(tmp_path / "progress.txt"))
    for answer in (None, "nonsense", [[1, 2], [3]], ONE_ADDED, RIGHT):
        sheet.check(answer)
    (record,) = progress.done()
    assert (record.question, record.seed, record.right, record.tries) == ("scaled", sheet.seed, True, 2)
    assert record.answer == ("9", "6", "9", "12", "15", "18")


def test_somebody_elses_answer_is_judged_but_not_noted(sheet, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKSHEET_PROGRESS", str(tmp_path / "progress.txt"))
    answer = np.full(sheet.shape, 99)
    feedback = sheet.check(answer, note=False)
    assert not feedback.correct
    assert not (tmp_path / "progress.txt").exists()
    sheet.check(answer)
    assert (tmp_path / "progress.txt").exists()


def test_where_nothing_can_be_noted_the_check_says_so_and_works(sheet, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv(progress.VARIABLE, str(tmp_path / "file" / "progress.txt"))
    assert sheet.check(RIGHT).correct
    assert "not noted" in capsys.readouterr().err


# ------------------------------------------------------------------------------------------------------- on display


def test_the_layout_of_an_answer():
    assert blocks("b", ()) == [("b", [[()]])]
    assert blocks("b", (2,)) == [("b", [[(0,)], [(1,)]])]
    assert blocks("W", (1, 2)) == [("W", [[(0, 0), (0, 1)]])]
    assert blocks("x", (2, 1, 2)) == [("x[0]", [[(0, 0, 0), (0, 0, 1)]]), ("x[1]", [[(1, 0, 0), (1, 0, 1)]])]
    kernels = [("dK[0,0]", [[(0, 0, 0, 0)], [(0, 0, 1, 0)]]), ("dK[0,1]", [[(0, 1, 0, 0)], [(0, 1, 1, 0)]])]
    assert blocks("dK", (1, 2, 2, 1)) == kernels
    batch = [("x[0,:,:,0]", [[(0, 0, 0, 0), (0, 0, 1, 0)]]), ("x[0,:,:,1]", [[(0, 0, 0, 1), (0, 0, 1, 1)]])]
    assert blocks("x", (1, 1, 2, 2)) == batch
    assert [size(shape) for shape in ((), (3,), (2, 3), (2, 2, 3))] == [
        "one number",
        "3 entries",
        "2 by 3",
        "2 times 2 by 3",
    ]


@pytest.mark.parametrize(
    ("letters", "symbol"), [("dbeta", "dβ"), ("delta2", "δ_2"), ("δ1", "δ_1"), ("W2", "W_2"), ("dK", "dK")]
)
def test_letters_are_typeset(letters, symbol):
    assert symbols(letters) == symbol


def test_the_text_says_all_that_the_sheet_says(sheet):
    assert repr(sheet).splitlines() == [
        f"Worksheet: A scaled map (scaled, sheet {sheet.seed})",
        "Multiply every entry of x by beta.",
        "No bias.",
        "1 < 2.",
        "x = [[3, 2, 3], [4, 5, 6]]",
        "beta = 3",
        "b = [7, 8]",
        "dx = ?  (2 by 3)",
    ]


def test_one_object_is_a_grid_and_its_static_twin(sheet):
    shown = sheet._repr_mimebundle_()
    assert set(shown) == {VIEW, "text/html", "text/plain"}
    assert "<li>1 &lt; 2.</li>" in shown["text/html"]
    (alt,) = re.findall(r'<img alt="([^"]+)"', shown["text/html"])
    given = "x, 2 by 3, rows 3 2 3; 4 5 6 β, 1 by 1, rows 3 b, 2 by 1, rows 7; 8"
    assert alt == f"{given} → dx, 2 by 3, rows empty empty empty; empty empty empty"


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_fits_a_page_and_a_grid(name):
    sheet = worksheet(name)
    assert sheet.drawing().width <= 760
    assert sheet._repr_mimebundle_()["text/plain"]
    names = [field.tooltip for field in sheet._grid.entries.values()]
    assert len(set(names)) == len(names) == np.size(sheet.question.solve(sheet.inputs))


def test_a_sheet_is_the_same_in_every_process():
    code = "from classroom.worksheets import QUESTIONS, worksheet\n"
    code += "for sheet in map(worksheet, QUESTIONS):\n    print(repr(sheet), sheet.drawing().svg)"
    said = [
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
            timeout=300,
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1] != b""


# ---------------------------------------------------------------------------------------------------------- the grid


@pytest.fixture
def filled(sheet):
    """The grid of the sheet with the right answer but for the last entry."""
    filled = sheet._grid
    fill(filled, "9", "6", "9", "12", "15", "−7")
    return filled


def fill(grid, *texts):
    for field, text in zip(grid.entries.values(), texts, strict=True):
        field.value = text


def press(grid, name):
    (button,) = [child for child in grid.box.children[3].children if child.description == name]
    button.click()


def enter(field):
    """What the browser sends when Enter is pressed in a field."""
    field._handle_custom_msg({"event": "submit"}, [])


def marked(grid, mark):
    return [entry for entry, field in grid.entries.items() if f"worksheet-{mark}" in field._dom_classes]


def values(grid):
    return [field.value for field in grid.entries.values()]


def test_the_grid_can_be_found_by_its_classes(sheet):
    assert {"worksheet", "worksheet-scaled", f"seed-{sheet.seed}"} <= set(sheet._grid.box._dom_classes)
    assert all("worksheet-entry" in field._dom_classes for field in sheet._grid.entries.values())
    assert "worksheet-feedback" in sheet._grid.feedback._dom_classes
    assert [field.tooltip for field in sheet._grid.entries.values()] == [
        "dx[0,0]",
        "dx[0,1]",
        "dx[0,2]",
        "dx[1,0]",
        "dx[1,1]",
        "dx[1,2]",
    ]


@pytest.mark.parametrize("way", ["button", "enter"])
def test_a_check_marks_what_is_wrong_until_it_is_changed_and_keeps_what_was_typed(filled, way):
    press(filled, "Check") if way == "button" else enter(filled.entries[0, 0])
    assert marked(filled, "wrong") == [(1, 2)]
    assert len(marked(filled, "right")) == 5
    assert "5 of 6" in filled.feedback.value
    assert values(filled) == ["9", "6", "9", "12", "15", "−7"]
    filled.entries[1, 2].value = "36/2"
    assert marked(filled, "wrong") == []
    press(filled, "Check")
    assert "Right" in filled.feedback.value
    assert len(marked(filled, "right")) == 6


def test_the_sign_of_a_wrong_entry_is_not_its_colour_alone():
    assert '.worksheet-wrong::after { content: "✗"' in grid.STYLE
    assert "dashed" in grid.STYLE


def test_an_empty_and_a_half_filled_grid_get_a_sentence(sheet):
    press(sheet._grid, "Check")
    assert "Nothing is filled in yet" in sheet._grid.feedback.value
    sheet._grid.entries[0, 0].value = "9"
    press(sheet._grid, "Check")
    assert "Still empty" in sheet._grid.feedback.value
    assert marked(sheet._grid, "right") == [(0, 0)]


def test_what_was_typed_is_shown_as_text_and_never_as_html(sheet):
    fill(sheet._grid, "<script>", "", "", "", "", "")
    press(sheet._grid, "Check")
    assert "<script>" not in sheet._grid.feedback.value
    assert "&lt;script&gt;" in sheet._grid.feedback.value


def test_help_stands_below_the_feedback(filled):
    press(filled, "Check")
    press(filled, "Hint")
    press(filled, "Show one entry")
    said = re.findall(r'class="said[^>]*>([^<]+)<', filled.feedback.value)
    assert len(said) == 3
    assert "5 of 6" in said[0]
    assert said[1:] == [SCALED.hint, "dx[1,2] = β·x[1,2] = 3·6 = 18"]
    filled.entries[1, 2].value = "18"
    press(filled, "Check")
    assert re.findall(r'class="said[^>]*>([^<]+)<', filled.feedback.value)[1:] == said[1:]
    assert "5 of 6" not in filled.feedback.value


def test_new_numbers_are_another_sheet_and_say_what_was_typed(filled, sheet):
    press(filled, "New numbers")
    assert f"seed-{sheet.seed + 1}" in filled.box._dom_classes
    assert f"seed-{sheet.seed}" not in filled.box._dom_classes
    assert f"sheet {sheet.seed + 1}" in filled.question.value
    assert values(filled) == [""] * 6
    assert "9  6  9  12  15  −7" in filled.feedback.value
    fill(filled, *map(str, np.ravel(sheet.new().question.solve(sheet.new().inputs))))
    press(filled, "Check")
    assert "Right" in filled.feedback.value


def test_what_was_checked_is_there_again_in_another_kernel(filled, sheet, tmp_path, monkeypatch):
    monkeypatch.setenv(progress.VARIABLE, str(tmp_path / "progress.txt"))
    press(filled, "Check")
    again = Worksheet(SCALED, sheet.seed)._grid
    assert values(again) == ["9", "6", "9", "12", "15", "−7"]
    assert "not right yet" in again.feedback.value
    assert values(Worksheet(SCALED, sheet.seed + 1)._grid) == [""] * 6


def test_a_damaged_progress_file_does_not_keep_a_sheet_from_being_shown(sheet, tmp_path, monkeypatch):
    monkeypatch.setenv(progress.VARIABLE, str(tmp_path / "progress.txt"))
    (tmp_path / "progress.txt").write_bytes(b"\xff\xff")
    assert "is damaged" in sheet._grid.feedback.value
    fill(sheet._grid, "9", "6", "9", "12", "15", "18")
    press(sheet._grid, "Check")
    assert "Right" in sheet._grid.feedback.value
    assert "progress.txt.damaged" in sheet._grid.feedback.value


def test_an_entry_that_arrives_after_enter_is_read(filled, monkeypatch):
    """The browser sends Enter first and then the text of the field."""
    monkeypatch.setattr(grid, "SETTLE", 0.05)

    async def type_and_enter():
        enter(filled.entries[1, 2])
        await asyncio.sleep(0.02)
        filled.entries[1, 2].value = "18"
        await asyncio.sleep(0.02)
        filled.entries[0, 0].value = "9 "
        await asyncio.sleep(0.04)
        assert filled.feedback.value == ""
        await asyncio.sleep(0.1)

    asyncio.run(type_and_enter())
    assert "Right" in filled.feedback.value


# -------------------------------------------------------------------------------------------------- in stored notebooks


def compared(book):
    """What strict nbval says of the notebook, run as `make test` runs it."""
    command = [sys.executable, "-m", "pytest", "-q", "-c", "pyproject.toml", "-p", "no:cacheprovider"]
    command += ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", "tests/nbval_sanitize.cfg", str(book)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300).stdout


def test_a_stored_sheet_is_compared_to_the_letter_without_a_tag(tmp_path, monkeypatch):
    monkeypatch.setenv(progress.VARIABLE, str(tmp_path / "progress.txt"))  # `make notebooks` and nbval leave it alone
    book = tmp_path / "book.ipynb"
    name = next(iter(QUESTIONS))
    first = f"from classroom.worksheets import worksheet\nsheet = worksheet({name!r}, seed=3)\nsheet"
    cells = [
        nbformat.v4.new_code_cell(text) for text in (first, "sheet.check([[1, 2], [3, 4]])", "sheet.hint()", "sheet")
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), book)
    assert execute_notebooks(["--cell-seconds", "60", str(book)]) == 0
    assert os.listdir(tmp_path) == ["book.ipynb"]
    stored = nbformat.read(book, as_version=4)
    shown = stored.cells[0].outputs[0].data
    assert set(shown) == {"text/html", "text/plain"}
    shown["text/html"] = shown["text/html"].replace("sheet 3", "sheet 4")  # this one must fail, its like in the end not
    nbformat.write(stored, book)
    monkeypatch.delenv(progress.VARIABLE)
    assert "1 failed, 3 passed" in compared(book)
