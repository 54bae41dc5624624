"""The commands that README gives: what they run, that set-up happens once, and that a failure is never swallowed.

Set-up itself is tried with a stand-in for Python that writes down how it was called; so nothing is downloaded here.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from execute_notebooks import main as execute_notebooks

ROOT = Path(__file__).resolve().parent.parent
TARGETS = {"help", "lab", "test", "notebooks", "derivations", "worksheets", "lint", "benchmark", "clean"}

needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")

STAND_IN = """\
#!/bin/sh
# Stands in for Python: writes down its arguments, makes an "environment" that holds itself, fails when told to.
printf '%s\\n' "$*" >> "$STAND_IN_LOG"
case "$*" in
    "-c import ensurepip, venv") exit "${STAND_IN_WITHOUT_VENV:-0}" ;;
    "-m venv "*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
    "-m pip "*"$STAND_IN_FAILS_AT"*) test -z "$STAND_IN_FAILS_AT" || exit 9 ;;
    "-m pytest "*) exit "${STAND_IN_PYTEST:-0}" ;;
esac
"""


def run(command, cwd, **variables):
    """Run a command as from a fresh shell: without what an enclosing `make test` put into the environment."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "PYTHON", "PYTEST", "STAND_IN"))}
    return subprocess.run(
        command, cwd=cwd, env=kept | variables, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300
    )


class Folder:
    """A folder, with spaces in its name, that holds the Makefile and a stand-in for Python."""

    def __init__(self, path):
        self.path = path
        (path / "notebooks").mkdir(parents=True)
        shutil.copy(ROOT / "Makefile", path)
        for name in ("requirements.lock", "pyproject.toml"):
            (path / name).write_text("", encoding="utf-8")
        self.log = path.parent / "calls"
        self.python = path.parent / "a python"
        self.python.write_text(STAND_IN, encoding="utf-8")
        self.python.chmod(0o755)

    def make(self, *arguments, **variables):
        """Run make; return its result and the calls of Python that did something."""
        self.log.write_text("", encoding="utf-8")
        variables = {"PYTHON": str(self.python), "STAND_IN_LOG": str(self.log), "STAND_IN_FAILS_AT": ""} | variables
        result = run(["make", *arguments], self.path, **variables)
        calls = [c for c in self.log.read_text(encoding="utf-8").splitlines() if c.startswith(("-m", "tests", "bench"))]
        return result, calls


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path / "a clone")


def is_set_up(calls):
    return [c.split()[1] for c in calls[:3]] == ["venv", "pip", "pip"]


# ---------------------------------------------------------------- help


@needs_make
def test_help_is_the_default_and_lists_every_target():
    assert run(["make", "-n"], ROOT).stdout == run(["make", "-n", "help"], ROOT).stdout
    shown = run(["make", "help"], ROOT)
    assert shown.returncode == 0
    assert set(re.findall(r"^ +make (\w+) +\S", shown.stdout, re.MULTILINE)) == TARGETS


def test_every_target_is_phony():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert set(re.search(r"^\.PHONY: ((?:\w+ ?)+)$", text, re.MULTILINE)[1].split()) == TARGETS


# ---------------------------------------------------------------- set-up


@needs_make
def test_set_up_happens_once(folder):
    result, calls = folder.make("test")
    assert result.returncode == 0, result.stderr
    assert is_set_up(calls)
    assert "--require-hashes -r requirements.lock" in calls[1]
    assert "--no-deps --no-build-isolation -e ." in calls[2]
    assert len(calls) == 4 and calls[3].startswith("-m pytest")
    result, calls = folder.make("test")
    assert [c.split()[1] for c in calls] == ["pytest"]
    result, calls = folder.make("lint")
    assert [c.split()[1] for c in calls] == ["ruff", "ruff"]


@needs_make
@pytest.mark.parametrize("step", ["require-hashes", "no-build-isolation"])
def test_set_up_that_failed_is_not_taken_for_done(folder, step):
    result, calls = folder.make("test", STAND_IN_FAILS_AT=step)
    assert result.returncode != 0
    assert not [c for c in calls if "pytest" in c]
    result, calls = folder.make("test")
    assert result.returncode == 0
    assert is_set_up(calls)


@needs_make
@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_changed_requirements_are_set_up_again_from_nothing(folder, name):
    folder.make("test")
    stamp = folder.path / ".venv" / "set-up"
    later = stamp.stat().st_mtime + 10
    os.utime(folder.path / name, (later, later))
    _, calls = folder.make("test")
    assert is_set_up(calls)
    assert "--clear" in calls[0]


@needs_make
def test_moved_folder_and_vanished_python_are_set_up_again(folder):
    folder.make("test")
    folder.path = folder.path.rename(folder.path.with_name("another place"))
    assert is_set_up(folder.make("test")[1])
    assert not is_set_up(folder.make("test")[1])
    (folder.path / ".venv" / "bin" / "python").unlink()
    assert is_set_up(folder.make("test")[1])


@needs_make
def test_without_a_fitting_python_the_message_says_what_to_do(folder):
    result, calls = folder.make("test", PYTHON="no-such-python")
    assert result.returncode != 0
    assert not calls
    assert "no-such-python" in result.stderr
    assert "3.11, 3.12 or 3.13" in result.stderr
    assert "make PYTHON=" in result.stderr


@needs_make
def test_without_venv_the_message_names_what_is_missing(folder):
    result, calls = folder.make("test", STAND_IN_WITHOUT_VENV="1")
    assert result.returncode != 0
    assert not calls
    assert "lacks the modules venv and ensurepip" in result.stderr


# ---------------------------------------------------------------- lab


@needs_make
def test_lab_opens_the_first_notebook_on_this_machine_only(folder):
    for name in ("08_full_network", "00_start_here", "04_convolution"):
        (folder.path / "notebooks" / f"{name}.ipynb").touch()
    result, calls = folder.make("lab", LAB_FLAGS="--no-browser")
    assert result.returncode == 0, result.stderr
    words = calls[-1].split()
    assert words[:2] == ["-m", "jupyterlab"]
    assert "--ip=127.0.0.1" in words
    assert "--no-browser" in words
    assert calls[-1].split("--notebook-dir=")[1].startswith(str(folder.path))  # the pages beside the notebooks open too
    assert words[-1] == "notebooks/00_start_here.ipynb"


@needs_make
def test_lab_leaves_jupyters_security_alone():
    command = run(["make", "-n", "lab"], ROOT).stdout
    assert "127.0.0.1" in command
    for word in ("token", "password", "xsrf", "0.0.0.0", "allow_origin", "ServerApp", "IdentityProvider"):
        assert word.lower() not in command.lower(), word


# ---------------------------------------------------------------- worksheets


@needs_make
def test_worksheets_passes_on_how_many_and_which(folder):
    assert folder.make("worksheets")[1][-1] == "-m classroom.handouts --students 30"
    chosen = folder.make("worksheets", "N=5", "QUESTIONS=conv-dK, conv-dx")[1]
    assert chosen == ["-m classroom.handouts --students 5 --questions conv-dK, conv-dx"]
    assert re.search(
        r"^\| `make worksheets N=30` \|", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.MULTILINE
    )


# ---------------------------------------------------------------- test


def notebook(*cells):
    """A notebook whose code cells have these sources and, each under its source, these stored results."""
    book = nbformat.v4.new_notebook()
    for number, (source, text) in enumerate(cells, 1):
        outputs = [] if text is None else [nbformat.v4.new_output("execute_result", {"text/plain": text})]
        for output in outputs:
            output["execution_count"] = number
        book.cells.append(
            nbformat.v4.new_code_cell(source, execution_count=number, outputs=outputs, id=f"cell-{number}")
        )
    return book


def pytest_command():
    """The very command of `make test`, but with this Python and ready for other notebooks."""
    dry = run(["make", "-n", "test"], ROOT).stdout.replace("\\\n", " ")
    (line,) = [line for line in dry.splitlines() if line.startswith(".venv/bin/python -m pytest")]
    words = shlex.split(line)
    assert words[-2:] == ["tests", "notebooks"]
    assert {"--nbval", "--nbval-current-env"} <= set(words)
    assert "--nbval-lax" not in words
    return [sys.executable, *words[1:-2], "-c", "pyproject.toml", "-p", "no:cacheprovider"]


@needs_make
def test_right_notebook_passes(tmp_path):
    book = tmp_path / "right.ipynb"
    nbformat.write(notebook(("1 + 1", "2"), ("object()", "<object at 0x7f0123456789>")), book)
    result = run([*pytest_command(), str(book)], ROOT)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "2 passed" in result.stdout


@needs_make
@pytest.mark.parametrize(
    "cell",
    [("1 + 1", "3"), ("raise ValueError('broken')", None), ("1 + 1", None), ("print('more')\n1 + 1", "2")],
    ids=["wrong output", "error", "output not stored", "more output than stored"],
)
def test_broken_notebook_fails(tmp_path, cell):
    book = tmp_path / "broken.ipynb"
    nbformat.write(notebook(("1 + 1", "2"), cell), book)
    result = run([*pytest_command(), str(book)], ROOT)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "1 failed, 1 passed" in result.stdout


@needs_make
def test_failing_tests_fail_the_command(folder):
    assert folder.make("test")[0].returncode == 0
    assert folder.make("test", STAND_IN_PYTEST="1")[0].returncode != 0


# ---------------------------------------------------------------- notebooks


def test_stored_notebooks_hold_outputs_and_nothing_that_varies(tmp_path):
    book = tmp_path / "book.ipynb"
    source = "import ipywidgets\nprint('a')\nipywidgets.IntSlider(description='n')"
    nbformat.write(notebook((source, None), ("1 + 1", "wrong")), book)
    stored = []
    for _ in range(2):
        assert execute_notebooks(["--cell-seconds", "60", str(book)]) == 0
        stored.append(book.read_bytes())
    assert stored[0] == stored[1]
    assert b"widget-view" not in stored[0]
    content = json.loads(stored[0])
    assert set(content["metadata"]) == {"kernelspec", "language_info"}
    assert [cell["metadata"] for cell in content["cells"]] == [{}, {}]
    assert content["cells"][1]["outputs"][0]["data"] == {"text/plain": ["2"]}
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize(
    ("source", "limits"),
    [
        ("1 / 0", []),
        ("import time\ntime.sleep(60)", ["--cell-seconds", "1"]),
        ("import time\ntime.sleep(60)", ["--notebook-seconds", "3"]),
    ],
    ids=["error", "cell too slow", "notebook too slow"],
)
def test_notebook_that_fails_is_left_as_it_was(tmp_path, capsys, source, limits):
    book = tmp_path / "book.ipynb"
    nbformat.write(notebook(("1 + 1", "wrong"), (source, None)), book)
    before = book.read_bytes()
    assert execute_notebooks([*limits, str(book)]) == 1
    assert book.read_bytes() == before
    assert "not stored" in capsys.readouterr().err


# ---------------------------------------------------------------- continuous integration


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_ci_script_is_sound_and_runs_the_command_that_readme_gives():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert run(["bash", "-n", str(script)], ROOT).returncode == 0
    text = script.read_text(encoding="utf-8")
    assert "set -euo pipefail" in text
    assert re.search(r"^timeout .* make test ", text, re.MULTILINE)
    assert re.search(r"^make lint$", text, re.MULTILINE)
    assert " -m torch " in text
