"""The lists of requirements agree, the lock is whole, and no file holds what belongs to one machine only."""

import ast
import gzip
import hashlib
import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.11.0", "3.11.9", "3.12.4", "3.13.1")
SYSTEMS = (("linux", "posix", "Linux"), ("darwin", "posix", "Darwin"), ("win32", "nt", "Windows"))
CONDA_NAMES = {"playwright-python": "playwright"}  # conda-forge's name: ours, where they differ


def bounds(lines):
    """{name: set of bounds} of requirement lines; each name may stand there once only."""
    requirements = [Requirement(line) for line in lines]
    found = {canonicalize_name(r.name): frozenset(map(str, r.specifier)) for r in requirements}
    assert len(found) == len(requirements), "a name stands there twice"
    return found


def requirement_lines(text):
    """The lines of a requirements file without comments, each continued line as one."""
    joined = text.replace("\\\n", " ")
    return [line.strip() for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]


DIRECT = bounds(requirement_lines((ROOT / "requirements.in").read_text(encoding="utf-8")))
LOCK_TEXT = (ROOT / "requirements.lock").read_text(encoding="utf-8")
LOCKED = [(Requirement(line.split(" --hash")[0]), line) for line in requirement_lines(LOCK_TEXT) if line[0] != "-"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))


def marker_environment(python, system):
    sys_platform, os_name, platform_system = system
    return {
        "python_full_version": python,
        "python_version": ".".join(python.split(".")[:2]),
        "sys_platform": sys_platform,
        "os_name": os_name,
        "platform_system": platform_system,
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }


# ---------------------------------------------------------------- the three lists


def test_pyproject_has_the_names_and_bounds_of_requirements_in():
    project = PROJECT["project"]
    everything = [
        *project["dependencies"],
        *project["optional-dependencies"]["test"],
        *PROJECT["build-system"]["requires"],
    ]
    assert bounds(everything) == DIRECT


def test_what_the_notebooks_run_on_is_no_test_extra():
    runtime = set(bounds(PROJECT["project"]["dependencies"]))
    assert runtime == {"numpy", "matplotlib", "jupyterlab", "nbval", "ipywidgets", "sympy", "tqdm"}


def test_environment_yml_has_the_names_and_bounds_of_requirements_in():
    listed = bounds(line for line in CONDA["dependencies"] if isinstance(line, str))
    python, pip = listed.pop("python"), listed.pop("pip")
    assert {CONDA_NAMES.get(name, name): bound for name, bound in listed.items()} == DIRECT
    assert python == frozenset(map(str, SpecifierSet(PROJECT["project"]["requires-python"])))
    assert pip == frozenset()


def test_environment_yml_takes_conda_forge_and_installs_the_project_itself():
    assert CONDA["channels"] == ["conda-forge", "nodefaults"]
    assert CONDA["name"] == PROJECT["project"]["name"]
    # repo2docker copies the repository before it installs only if it finds a local line such as "-e ." here.
    assert [line for line in CONDA["dependencies"] if not isinstance(line, str)] == [{"pip": ["-e ."]}]


def test_every_requirement_has_a_lower_and_an_upper_bound():
    for name, bound in DIRECT.items():
        assert {re.match(r"[<>=!~]+", b)[0] for b in bound} == {">=", "<"}, name


def test_every_requirement_has_its_reason_in_contributing():
    table = re.findall(r"^\| ([a-z0-9-]+) \|", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(set(table) - {"requirement", "command"}) == sorted(DIRECT)


# ---------------------------------------------------------------- the lock


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system[0])
@pytest.mark.parametrize("python", PYTHONS)
def test_lock_covers_every_requirement_within_its_bounds(python, system):
    environment = marker_environment(python, system)
    chosen = {}
    for requirement, _ in LOCKED:
        if requirement.marker is None or requirement.marker.evaluate(environment):
            name = canonicalize_name(requirement.name)
            assert name not in chosen, f"{name} is locked twice for Python {python}"
            chosen[name] = requirement
    for name, bound in DIRECT.items():
        assert name in chosen, f"{name} is not locked for Python {python}"
        version = next(iter(chosen[name].specifier)).version
        assert SpecifierSet(",".join(bound)).contains(version), f"{name} {version} breaks {sorted(bound)}"


def test_lock_pins_and_hashes_every_line():
    assert len(LOCKED) > 50
    for requirement, line in LOCKED:
        assert [s.operator for s in requirement.specifier] == ["=="], line
        assert requirement.url is None, line
        options = re.findall(r"--\S+", line)
        assert options, f"no hash: {line}"
        for option in options:
            assert re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", option), option


def test_lock_holds_no_address():
    for word in ("://", "index-url", "file:", "find-links", "trusted-host", " @ "):
        assert word not in LOCK_TEXT, word
    assert not [line for line in requirement_lines(LOCK_TEXT) if line.startswith("-")], "an option for every line"


def test_what_is_installed_is_what_the_lock_says():
    wrong = []
    for requirement, _ in LOCKED:
        if requirement.marker is None or requirement.marker.evaluate():
            pinned = next(iter(requirement.specifier)).version
            try:
                installed = importlib.metadata.version(requirement.name)
            except importlib.metadata.PackageNotFoundError:
                installed = "nothing"
            if installed != pinned:
                wrong.append(f"{requirement.name}: {pinned} is locked, {installed} is installed")
    assert not wrong, "\n".join(wrong)


def test_this_python_is_one_the_project_supports():
    version = ".".join(map(str, sys.version_info[:3]))
    assert SpecifierSet(PROJECT["project"]["requires-python"]).contains(version)


# ---------------------------------------------------------------- the files


def project_files():
    """Every file that is committed or would be: git's own list, ignored files left out."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout, so there is no list of committed files")
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


def text_of(path):
    """The file's text, or None for a binary file."""
    data = path.read_bytes()
    return None if b"\0" in data else data.decode("utf-8")


# Written in pieces, so that this file does not contain what it looks for.
OF_ONE_MACHINE = {
    "a folder of one machine": re.compile(r"(?<![\w.~-])/(?:root|work|opt|home/\w+|Users/\w+)/(?=[\w.])"),
    "the name of a registry host": re.compile(
        "|".join(
            re.escape(".".join(parts))
            for parts in (
                ("pypi", "org"),
                ("pythonhosted", "org"),
                ("npmjs", "org"),
                ("deb", "debian", "org"),
                ("anaconda", "org"),
                ("download", "pytorch", "org"),
            )
        )
    ),
    "an address with a password": re.compile(r"\w+://[^/\s:@]+:[^/\s:@]+@"),
}


def test_the_patterns_find_what_they_look_for():
    found = {name: pattern.search for name, pattern in OF_ONE_MACHINE.items()}
    assert found["a folder of one machine"]("see " + "/".join(("", "root", "x.py")))
    assert found["a folder of one machine"]('"' + "/".join(("", "home", "ada", "x.py")))
    assert not found["a folder of one machine"]("docs/work/x.py and ../work/x.py")
    assert found["the name of a registry host"]("https://" + ".".join(("files", "pythonhosted", "org")))
    assert found["an address with a password"]("https://ada:" + "secret@example")


def test_no_file_holds_what_belongs_to_one_machine():
    wrong = []
    for path in project_files():
        text = text_of(path)
        for name, pattern in OF_ONE_MACHINE.items():
            wrong += [f"{path.relative_to(ROOT)}: {name}: {m[0]}" for m in pattern.finditer(text or "")]
    assert not wrong, "\n".join(wrong)


def test_every_notebook_is_stored_as_make_notebooks_stores_it():
    for path in project_files():
        if path.suffix != ".ipynb":
            continue
        notebook = json.loads(path.read_text(encoding="utf-8"))
        advice = f"{path.relative_to(ROOT)}: run make notebooks"
        assert "widgets" not in notebook["metadata"], advice
        assert notebook["metadata"].get("kernelspec", {}).get("name") == "python3", advice
        for cell in notebook["cells"]:
            assert "execution" not in cell["metadata"], advice
            if cell["cell_type"] == "code" and "".join(cell["source"]).strip():
                assert cell["execution_count"], advice  # nbval compares nothing in a notebook that was never run


def test_mnist_has_the_checksums_that_are_stored_beside_it():
    folder = ROOT / "data" / "mnist"
    sums = dict(reversed(line.split()) for line in (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines())
    packed = sorted(path.name for path in folder.glob("*.gz"))
    assert len(packed) == 4
    assert sorted(sums) == sorted(packed + [name.removesuffix(".gz") for name in packed])
    for name in packed:
        data = (folder / name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == sums[name], name
        assert hashlib.sha256(gzip.decompress(data)).hexdigest() == sums[name.removesuffix(".gz")], name


# ---------------------------------------------------------------- who imports whom


def imported(path):
    """The top-level names of all modules that a file imports, wherever in the file it does."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


def test_helpers_imports_numpy_tqdm_and_the_standard_library_only():
    assert imported(ROOT / "helpers.py") - set(sys.stdlib_module_names) <= {"numpy", "tqdm"}


def test_derivations_never_imports_classroom():
    for path in (ROOT / "derivations").rglob("*.py"):
        assert "classroom" not in imported(path), path.name


def test_nothing_imports_a_notebook():
    rooms = [ROOT / "helpers.py", *(ROOT / "derivations").rglob("*.py"), *(ROOT / "classroom").rglob("*.py")]
    for path in rooms:
        assert not imported(path) & {"notebooks", "nbformat", "nbclient", "nbconvert", "import_ipynb"}, path.name
