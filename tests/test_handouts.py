"""The class set: as many sheets as asked for, other numbers on each, answers apart, pages that print."""

import html
import re
import subprocess
import sys

import pytest
from lab import CHROMIUM, running_browser

from classroom import handouts
from classroom.questions import QUESTIONS
from classroom.worksheets import worksheet

ALTS = re.compile(r"<desc>(.*?)</desc>")


@pytest.fixture(scope="module")
def small():
    return handouts.class_set(3, ("conv-dK", "conv-dx"))


def test_one_sheet_a_student_with_other_numbers_on_each(small):
    sheets = re.findall(r'<section class="sheet">.*?</section>', small[0], re.DOTALL)
    assert [re.search(r"<h1>(.*?)</h1>", sheet)[1] for sheet in sheets] == ["Sheet 1", "Sheet 2", "Sheet 3"]
    assert all(sheet.count("Name") == 1 for sheet in sheets)
    drawn = [tuple(ALTS.findall(sheet)) for sheet in sheets]
    assert len(set(drawn)) == 3
    assert all(len(alts) == 2 for alts in drawn)


def test_the_number_of_a_sheet_is_its_seed(small):
    third = small[0].split("<h1>Sheet 3</h1>")[1]
    assert worksheet("conv-dK", 3).drawing().alt in third
    assert "worksheet(&quot;conv-dK&quot;, seed=3)" in third


def test_the_sheets_do_not_hold_the_answers(small):
    for seed in (1, 2, 3):
        solution = worksheet("conv-dK", seed).solution().alt
        assert solution not in small[0]
        assert solution in small[1]
    assert small[1].count("conv-dK") == 3
    assert len(re.findall(r"dK\[1,1\] = x\[1,1\]·δ\[0,0\] \+ .* = -?\d+<", small[1])) == 3


def test_each_sheet_states_task_and_conventions(small):
    question, text = QUESTIONS["conv-dK"], html.unescape(small[0])
    assert text.count(question.task) == 3
    assert text.count(question.conventions[0]) >= 3


def test_the_same_set_every_time(small):
    assert handouts.class_set(3, ("conv-dK", "conv-dx")) == small


def test_the_selection_exists():
    assert set(handouts.SELECTION) <= set(QUESTIONS)
    assert 4 <= len(handouts.SELECTION) <= 6


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--students", "0"], "0 students: give a number from 1 to 500"),
        (["--students", "501"], "501 students"),
        (["--students", "many"], "invalid int value: 'many'"),
        (["--questions", "conv-dk"], "did you mean conv-dK"),
        (["--questions", " ,"], "no questions: name some, such as"),
        (["--out", "a file/in"], "a file"),
    ],
)
def test_bad_arguments_get_a_sentence(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a file").write_text("", encoding="utf-8")
    with pytest.raises(SystemExit) as stopped:
        handouts.main(["--students", "1", "--out", "here", *arguments])
    assert words in str(stopped.value.code) + capsys.readouterr().err
    assert not list(tmp_path.glob("here/*"))


def test_the_command_writes_two_files_and_says_where(tmp_path):
    command = [sys.executable, "-m", "classroom.handouts", "--students", "2", "--out", str(tmp_path / "two words")]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    files = [tmp_path / "two words" / name for name in ("worksheets.html", "answers.html")]
    assert run.stdout.splitlines() == list(map(str, files))
    assert all(file.read_text(encoding="utf-8").startswith("<!DOCTYPE html>") for file in files)


def test_it_is_written_where_git_does_not_look():
    assert "build" in handouts.FOLDER.parts


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_the_pages_print_on_both_papers(tmp_path):
    """Two pages a student, both for A4 and for US letter, and nothing wider than the paper."""
    students = 3
    pages = (*handouts.class_set(students), handouts.class_set(students, ("conv-dK",))[0])
    for name, text in zip(("sheets", "keys", "short"), pages, strict=True):
        (tmp_path / f"{name}.html").write_text(text, encoding="utf-8")
    with running_browser() as browser:
        page = browser.new_page()
        page.set_viewport_size({"width": 688, "height": 900})  # 182 mm
        page.goto((tmp_path / "sheets.html").as_uri())
        page.emulate_media(media="print")
        assert page.evaluate("document.documentElement.scrollWidth") <= 688
        for paper in ("A4", "Letter"):
            assert _pages(page.pdf(format=paper)) == 2 * students
        page.goto((tmp_path / "keys.html").as_uri())
        assert _pages(page.pdf(format="A4")) <= students
        page.goto((tmp_path / "short.html").as_uri())
        assert _pages(page.pdf(format="A4")) == students  # two would fit on one page, but each student has one


def _pages(pdf):
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))
