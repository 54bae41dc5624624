"""Every notebook in a real browser: it opens and runs in JupyterLab, and what is interactive in it does what it should.

The notebooks are copied into a temporary folder laid out as the repository is; Lab serves that folder. Pictures of
the steppers and worksheets, and of a page on which something failed, are kept in artefacts/.
"""

import contextlib
import re
import secrets
import shutil
from fractions import Fraction
from pathlib import Path

import browser as harness
import nbformat
import numpy as np
import pytest
from browser import LabPage, NotebookPage, artefact
from lab import CHROMIUM, running_browser, running_lab
from nbformat.v4 import new_code_cell, new_notebook

from classroom.mistakes import diagnose
from classroom.questions import QUESTIONS
from classroom.questions.base import place, written

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="NO BROWSER TESTS: no chromium, chromium-browser or google-chrome on this machine"
)


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A JupyterLab that serves copies of the notebooks, without their outputs."""
    folder = tmp_path_factory.mktemp("repository")
    for name in ("docs", "derivations"):  # the notebooks show pictures and pages from there
        shutil.copytree(ROOT / name, folder / name)
    (folder / "data").mkdir()
    shutil.copy(ROOT / "data" / "lenet.npz", folder / "data")
    for path in NOTEBOOKS:
        store(folder / "notebooks" / path.name, nbformat.read(path, as_version=4))
    with running_lab(folder, tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture(scope="module")
def browser():
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def lab_page(lab, browser):
    """The page in which the notebooks of the series are opened, one after the other."""
    return LabPage(lab, browser)


def store(path, notebook):
    """Write the notebook as one that has not run yet."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    path.parent.mkdir(exist_ok=True)
    nbformat.write(notebook, path)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_works_in_the_browser(path, lab_page):
    with NotebookPage(lab_page, f"notebooks/{path.name}") as notebook:
        notebook.run_all()
        for number, stepper in enumerate(notebook.steppers):
            stepper.save_picture(f"{path.stem}-stepper-{number}")
            stepper.drive()
        for number, worksheet in enumerate(notebook.worksheets):
            drive_worksheet(worksheet, f"{path.stem}-worksheet-{number}")
        assert notebook.troubles == []


def drive_worksheet(sheet, picture):
    """Answer wrong, then right, and hold the feedback to what the same check says in this process."""
    question, seed = QUESTIONS[sheet.question], sheet.seed
    inputs = question.inputs(seed)
    answer = np.asarray(question.solve(inputs))
    texts = {place(question.answer, at): written(answer[at], question.decimals) for at in np.ndindex(answer.shape)}
    assert sorted(sheet.names) == sorted(texts)
    wrong = sheet.answer(["-1/4"] * len(texts))
    expected = diagnose(question, inputs, np.full(answer.shape, Fraction(-1, 4)))
    assert not expected.correct
    assert words(expected.text) in words(wrong)
    assert not re.search(r"[^\d/.]+".join(re.escape(text.lstrip("-")) for text in texts.values()), wrong)
    sheet.save_picture(picture)
    for button in ("Hint", "Show one entry"):
        sheet.changes(lambda button=button: sheet.press(button), button)
    right = sheet.answer([texts[name] for name in sheet.names])
    expected = diagnose(question, inputs, answer)
    assert expected.correct
    assert words(expected.text) in words(right)
    sheet.drive_tab()
    sheet.changes(lambda: sheet.press("New numbers"), "New numbers")
    assert sheet.seed == seed + 1
    sheet.notebook.hear_kernel()


def words(text):
    return " ".join(text.split())


# ------------------------------------------------------------------------------------- each check can say no

STEPPER = """
def stepper(text="frame {} {}", steps=(1, -1, 1), slides=True, chooses=True, tabs=True):
    import ipywidgets as widgets

    frame, slider = widgets.HTML().add_class("stepper-frame"), widgets.IntSlider(max=5).add_class("stepper-slider")
    buttons = [widgets.Button(description=word) for word in ("Play", "Back", "Step")]
    option = widgets.Dropdown(options=["x", "y", "z"], value="y").add_class("stepper-option")

    def draw(*_):
        frame.value = text.format(slider.value, option.value)

    def press(button, step):
        button.description = button.description.replace("Play", "Pause")
        slider.value += step
        draw()

    for button, step in zip(buttons, steps):
        button.on_click(lambda button, step=step: press(button, step))
    if slides:
        slider.observe(draw, "value")
    if chooses:
        option.observe(draw, "value")
    buttons[2].tabbable = tabs
    draw()
    return widgets.VBox([*buttons, slider, option, frame]).add_class("stepper")
"""
STEPPERS = {
    "stepper()": [],
    'stepper(text="the same")': ["Step changes nothing", "Play changes nothing"],
    "stepper(steps=(1, 1, 1))": ["Back after Step does not return to the first frame"],
    "stepper(slides=False)": ["ArrowRight on the slider changes nothing"],
    "stepper(chooses=False)": ["option 0, value z changes nothing", "option 0, value y changes nothing"],
    "stepper(steps=(0, -1, 1))": ["Play changes nothing"],
    "stepper(tabs=False)": ["Tab leads to the controls [0, 1, 3, 4] of 5"],
}


@pytest.fixture(scope="module")
def run(lab, browser):
    """run(cell, ...) opens a notebook of these cells in a page of its own and runs it; closed after the last test."""
    with contextlib.ExitStack() as pages:

        def run(*cells):
            path = f"notebooks/scratch-{secrets.token_hex(4)}.ipynb"
            kernel = {"name": "python3", "display_name": "Python 3"}
            notebook = new_notebook(cells=list(map(new_code_cell, cells)), metadata={"kernelspec": kernel})
            store(lab.folder / path, notebook)
            page = pages.enter_context(NotebookPage(LabPage(lab, browser), path))
            page.run_all()
            return page

        yield run


@pytest.fixture(scope="module")
def steppers(run):
    return dict(zip(STEPPERS, run(STEPPER, *STEPPERS).steppers, strict=True))


@pytest.mark.parametrize("cell", STEPPERS)
def test_a_stepper_with_a_fault_is_told_of_and_one_without_is_not(steppers, cell, monkeypatch):
    monkeypatch.setattr(harness, "REACTION", 700)
    steppers[cell].notebook.troubles.clear()
    steppers[cell].drive()
    troubles = steppers[cell].notebook.troubles
    assert set(troubles) >= {f"stepper: {complaint}" for complaint in STEPPERS[cell]}
    assert bool(troubles) == bool(STEPPERS[cell])


FAULTS = {
    "outside request: https://example.org/a.png": "HTML('<img src=https://example.org/a.png>')",
    "outside request: wss://example.org/": "Javascript('new WebSocket(`wss://example.org/`)')",
    "page error: lost": "Javascript('setTimeout(() => { throw Error(`lost`) })')",
    "console error: lost": "Javascript('console.error(`lost`)')",
    "kernel error: warm": "print('warm', file=sys.stderr)",
    "kernel error: IndexError": "button = Button(description='break')\nbutton.on_click(lambda _: [][0])\nbutton",
    "kernel error: ZeroDivisionError": "1 / 0",
}


@pytest.fixture(scope="module")
def troubles(run):
    notebook = run(
        "import sys\nfrom IPython.display import HTML, Javascript\nfrom ipywidgets import Button", *FAULTS.values()
    )
    notebook.panel.get_by_role("button", name="break", exact=True).click()
    notebook.page.wait_for_timeout(500)
    notebook.hear_kernel()
    return notebook.troubles


@pytest.mark.parametrize("trouble", FAULTS)
def test_a_notebook_with_a_fault_is_told_of(troubles, trouble):
    assert any(found.startswith(trouble) for found in troubles), troubles


WORKSHEET = """
from classroom.worksheets import worksheet

def sheet(says="{0}", locked=False):
    sheet = worksheet("conv-forward", seed=3)
    answer, grid, say = sheet.question.solve(sheet.inputs), sheet._grid, sheet._grid._say
    grid._say = lambda *texts, **kind: say(says.format(" ".join(texts), answer), **kind)
    grid.entries[0, 0].disabled = locked
    return sheet
"""
WORKSHEETS = ("sheet()", "sheet('Right.')", "sheet('{0} {1}')", "sheet(locked=True)")


@pytest.fixture(scope="module")
def worksheets(run):
    return dict(zip(WORKSHEETS, run(WORKSHEET, *WORKSHEETS).worksheets, strict=True))


def test_a_worksheet_that_works_gives_no_trouble(worksheets):
    drive_worksheet(worksheets["sheet()"], "harness-worksheet")
    assert worksheets["sheet()"].notebook.troubles == []


@pytest.mark.parametrize("cell, found", [(WORKSHEETS[1], "in 'Right.'"), (WORKSHEETS[2], "Match object")])
def test_a_worksheet_that_says_something_else_or_tells_the_answer_is_told_of(worksheets, cell, found):
    with pytest.raises(AssertionError, match=found):
        drive_worksheet(worksheets[cell], "harness-worksheet")


def test_an_entry_that_cannot_be_typed_is_told_of(worksheets):
    sheet = worksheets["sheet(locked=True)"]
    sheet.fill(["1"] * len(sheet.names))
    assert sheet.notebook.troubles[-1].startswith("worksheet: typed ['1', ")


# ------------------------------------------------------------------------------------------- every kind of stepper

SETUP = """
import numpy as np
from helpers import lenet
from classroom.steppers import ActivationStepper, ConvolutionStepper, DenseStepper, PoolingStepper, SoftmaxStepper
from classroom.steppers import GradientMicroscope, NetworkStepper

x, K, delta = [[1, 2, 0], [3, 1, 4], [0, 2, 5]], [[1, 2], [3, -1]], [[1, 4], [-1, -2]]
digits = np.random.default_rng(1).random((1, 28, 28, 2))
"""
KINDS = (
    "ConvolutionStepper(x, K, delta)",
    "PoolingStepper([[1, 2, 0, 3], [4, 1, 5, 5]], [[1, -2]], kind='max')",
    "DenseStepper([[1, 2, 1], [3, -1, 2]], [[2], [1], [3]], delta=[[1], [-2]])",
    "ActivationStepper([[2, 0], [-3, 4], [-1, 5]], [[5, 7], [11, -2], [-6, 3]])",
    "SoftmaxStepper([2, 1, 0], 0)",
    "NetworkStepper(lenet(), digits[..., 0], 7)",
    "GradientMicroscope(lenet(), digits, [7, 1])",
)


@pytest.fixture(scope="module")
def kinds(run):
    notebook = run(SETUP, *KINDS)
    assert notebook.troubles == []
    return dict(zip(KINDS, notebook.steppers, strict=True))


@pytest.mark.parametrize("cell", KINDS, ids=lambda cell: cell.partition("(")[0])
def test_every_kind_of_stepper_works(kinds, cell):
    """Its times are noted beside its picture, not judged: machines are busy. Aims: first 300 ms, next 50 ms."""
    stepper, kind = kinds[cell], cell.partition("(")[0]
    notebook = stepper.notebook
    notebook.troubles.clear()
    stepper.drive()
    stepper.save_picture(f"harness-{kind}")
    assert notebook.troubles == []
    stepper.press_slider("Home")
    following = sorted(round(stepper.milliseconds_a_step()) for _ in range(5))
    first = sorted(round(notebook.milliseconds_to_show(1 + KINDS.index(cell))) for _ in range(4))
    artefact(f"harness-{kind}").with_suffix(".txt").write_text(f"first frame {first} ms, next frames {following} ms\n")
