"""What a reader has answered is kept: under a kill, two writers, damage, a read-only folder; and never in CI."""

import os
import random
import re
import subprocess
import sys
import threading
import time

import pytest

from classroom import progress
from classroom.questions import QUESTIONS

HEAD = "# a reader's own heading\n"
LINE = "2026-11-22 09:41  conv-dK                   3  right       2  4 -7 3/4 _\n"
WRITE = """
import sys
from classroom import progress
name, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for seed in range(first, first + count):
    message = progress.note(name, seed, True, [str(seed)])
    assert not message, message
    print(seed, flush=True)
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    path = tmp_path / "what I did.txt"
    monkeypatch.setenv(progress.VARIABLE, str(path))
    return path


def writer(*arguments):
    """A process of its own that notes sheet after sheet and says each number when it is noted."""
    command = [sys.executable, "-c", WRITE, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def seeds(name):
    return [record.seed for record in progress.done() if record.question == name]


# ---------------------------------------------------------------------------------------------------- the file


def test_the_file_is_read_as_it_is_described(file):
    file.write_text(HEAD + LINE, encoding="utf-8")
    (record,) = progress.done()
    assert record == progress.Record("2026-11-22 09:41", "conv-dK", 3, True, 2, ("4", "-7", "3/4", ""))
    assert progress.last("conv-dK", 3) == record
    assert progress.last("conv-dK", 4) is None


def test_one_line_a_sheet_which_counts_the_different_answers(file):
    for right, answer in ((False, ["1", ""]), (False, ["1", ""]), (False, ["1", "− 2"]), (True, ["1", "2"])):
        assert progress.note("conv-dK", 3, right, answer) == ""
    progress.note("conv-dx", 0, False, ["0.5"])
    lines = file.read_text(encoding="utf-8").splitlines()
    assert [line.startswith("#") for line in lines] == [True, True, False, False]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d +conv-dK +3 +right +3 +1 2", lines[2])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d +conv-dx +0 +open +1 +0\.5", lines[3])
    assert sorted(os.listdir(file.parent)) == [file.name, file.name + ".lock"]


def test_what_was_right_stays_right(file):
    file.write_text(LINE, encoding="utf-8")
    progress.note("conv-dK", 3, False, ["9", "9", "9", "9"])
    assert file.read_text(encoding="utf-8") == LINE


def test_lines_that_are_no_record_stay_where_they_are(file):
    mine = "Tuesday: ask about rot180\n"
    cut = "2026-11-22 09:41  conv-d\n"
    file.write_text(mine + LINE + cut, encoding="utf-8")
    progress.note("conv-dK", 4, True, ["1"])
    before, rest = file.read_text(encoding="utf-8")[: len(mine + LINE + cut)], progress.done()
    assert before == mine + LINE + cut
    assert [record.seed for record in rest] == [3, 4]


def test_a_link_to_the_file_stays_a_link(file, tmp_path):
    kept = tmp_path / "elsewhere.txt"
    kept.write_text(LINE, encoding="utf-8")
    try:
        file.symlink_to(kept)
    except OSError:
        pytest.skip("this system makes no symbolic links")
    progress.note("conv-dK", 4, True, ["1"])
    assert file.is_symlink()
    assert "conv-dK" in kept.read_text(encoding="utf-8").splitlines()[1]


def test_reset_begins_anew_and_loses_nothing(file):
    assert "nothing to reset" in progress.reset()
    for kept in ("what I did.txt.old", "what I did.txt.old-2"):
        file.write_text(LINE, encoding="utf-8")
        assert kept in progress.reset()
        assert progress.done() == ()
        assert (file.parent / kept).read_text(encoding="utf-8") == LINE


@pytest.mark.parametrize(
    "damage", [b"\xff\xfe\x00x", b"\0" * 64, LINE.encode() + b"\x80"], ids=["binary", "zeros", "end"]
)
def test_a_damaged_file_is_set_aside_with_a_message(file, damage):
    for number in ("", "-2"):
        file.write_bytes(damage)
        with pytest.raises(ValueError, match="is damaged"):
            progress.done()
        assert "is damaged" in str(progress.table())
        message = progress.note("conv-dK", 4, True, ["1"])
        kept = file.with_name(f"{file.name}.damaged{number}")
        assert kept.name in message
        assert kept.read_bytes() == damage
        assert seeds("conv-dK") == [4]


def test_a_folder_that_cannot_be_written_gets_a_message(tmp_path, monkeypatch):
    """A file stands where the folder should be: what a read-only folder does, for a user who may do all as well."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv(progress.VARIABLE, str(tmp_path / "file" / "progress.txt"))
    message = progress.note("conv-dK", 4, True, ["1"])
    assert "not noted" in message
    assert progress.VARIABLE in message


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_gets_a_message(file):
    file.parent.chmod(0o500)
    try:
        assert "not noted" in progress.note("conv-dK", 4, True, ["1"])
    finally:
        file.parent.chmod(0o700)


# ------------------------------------------------------------------------------------------------ several writers


def test_a_kill_at_a_random_moment_loses_nothing_that_was_confirmed(file):
    rng, confirmed = random.Random(5), []
    for kill in range(20):
        process = writer("conv-dK", 1000 * kill, 1000)
        confirmed.append(int(process.stdout.readline()))
        time.sleep(rng.random() * 0.05)
        process.kill()
        confirmed += map(int, process.communicate()[0].split())
        noted = seeds("conv-dK")
        assert noted[: len(confirmed)] == confirmed
        assert len(noted) <= len(confirmed) + 1  # noted, and killed before it could say so
        confirmed = noted
    assert len(confirmed) >= 20


def test_two_writers_at_once_lose_nothing(file):
    both = [writer("conv-dK", 0, 40), writer("conv-dx", 0, 40)]
    assert [len(process.communicate()[0].split()) for process in both] == [40, 40]
    assert seeds("conv-dK") == seeds("conv-dx") == list(range(40))
    assert len(file.read_text(encoding="utf-8").splitlines()) == 82


def test_two_threads_at_once_lose_nothing(file):
    def write(name):
        for seed in range(20):
            progress.note(name, seed, True, ["1"])

    threads = [threading.Thread(target=write, args=(name,)) for name in ("conv-dK", "conv-dx")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seeds("conv-dK") == seeds("conv-dx") == list(range(20))


def test_a_lock_that_is_never_given_back_gets_a_message(file, monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE", 0.05)
    with progress._locked(file):
        assert "not noted" in progress.note("conv-dK", 4, True, ["1"])
    assert progress.note("conv-dK", 4, True, ["1"]) == ""


# ------------------------------------------------------------------------------------------------------ where


def place_of_a_fresh_process(**variables):
    """Where a process with just these variables keeps its progress; it also tries to note something."""
    kept = {k: v for k, v in os.environ.items() if k not in ("CI", "PYTEST_VERSION", progress.VARIABLE)}
    code = "from classroom import progress\nprint(progress.place())"
    run = subprocess.run([sys.executable, "-c", code], env=kept | variables, capture_output=True, text=True, timeout=60)
    return run.stdout.strip()


def test_a_reader_keeps_it_beside_the_notebooks():
    assert place_of_a_fresh_process() == str(progress.ROOT / "progress.txt")
    assert (progress.ROOT / "notebooks" / "00_start_here.ipynb").exists()
    ignored = (progress.ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "/progress.txt*" in ignored


@pytest.mark.parametrize("variables", [{"CI": "true"}, {"PYTEST_VERSION": "9"}, {"WORKSHEET_PROGRESS": "off"}], ids=str)
def test_ci_and_tests_keep_nothing(variables, tmp_path, monkeypatch):
    assert place_of_a_fresh_process(**variables) == "None"


def test_where_nothing_is_kept_nothing_is_written_and_nothing_shown_as_done(tmp_path, monkeypatch):
    monkeypatch.delenv(progress.VARIABLE, raising=False)
    monkeypatch.setenv("CI", "true")
    monkeypatch.setattr(progress, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    assert progress.note("conv-dK", 4, True, ["1"]) == ""
    assert progress.done() == ()
    assert "nothing to reset" in progress.reset()
    assert os.listdir(tmp_path) == []
    assert "✓" not in str(progress.table()) + progress.table()._repr_html_()


def test_the_variable_names_another_file_even_in_ci(file, monkeypatch):
    monkeypatch.setenv("CI", "true")
    progress.note("conv-dK", 4, True, ["1"])
    assert file.exists()


# -------------------------------------------------------------------------------------------------- the table


def test_the_table_ticks_what_was_answered_right(file):
    first, second, *_ = QUESTIONS
    for name, seed, right in ((first, 0, True), (first, 1, True), (first, 2, False), (second, 0, False)):
        progress.note(name, seed, right, [str(seed)])
    text = str(progress.table())
    assert text.startswith(f"1 of {len(QUESTIONS)} questions answered right.")
    assert f"{first} ✓ (2 sheets)" in text
    assert f"{second} ✓" not in text
    assert all(name in text for name in QUESTIONS)


def test_the_table_in_a_notebook_links_to_the_notebooks(file):
    shown = progress.table()._repr_html_()
    linked = set(re.findall(r'href="([^"]+)"', shown))
    assert len(linked) == len({question.notebook for question in QUESTIONS.values()})
    assert all((progress.ROOT / "notebooks" / name).exists() for name in linked)
