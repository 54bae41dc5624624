"""Run notebooks from top to bottom and store their outputs: what `make notebooks` does.

A notebook is stored only after all of its cells have run. Nothing that changes from run to run is stored: no
execution times, no Python version, no widget state (without it GitHub shows the page, and every widget cell has a
static twin that is stored).
"""

import argparse
import asyncio
import os
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
VOLATILE = ("execution", "ExecuteTime", "trusted")


def tidy(notebook):
    """Remove from `notebook`, in place, what changes from run to run or does not belong in a stored notebook."""
    for key in set(notebook.metadata) - {"kernelspec", "language_info", "authors", "title"}:
        del notebook.metadata[key]
    notebook.metadata["kernelspec"] = dict(KERNEL)
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        for key in VOLATILE:
            cell.metadata.pop(key, None)
        for output in cell.get("outputs", []):
            if len(output.get("data", {})) > 1:  # keeps at least the text
                output["data"].pop(WIDGET_VIEW, None)
    return notebook


def execute(path, cell_seconds, notebook_seconds):
    """Run the notebook at `path` and store it there; if it fails or takes too long, raise and leave the file alone."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=cell_seconds,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,  # how output is cut into messages is chance
        store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    nothing_done = os.environ | {"WORKSHEET_PROGRESS": "off"}  # what a reader has done is not the notebook's
    asyncio.run(asyncio.wait_for(client.async_execute(env=nothing_done), notebook_seconds))
    tidy(notebook)
    nbformat.validate(notebook)
    text = nbformat.writes(notebook)
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8")
    os.replace(unfinished, path)


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Run notebooks and store their outputs.")
    parser.add_argument("--cell-seconds", type=int, default=120, help="time limit for each cell")
    parser.add_argument("--notebook-seconds", type=int, default=600, help="time limit for each notebook")
    parser.add_argument("notebooks", nargs="*", type=Path)
    options = parser.parse_args(arguments)
    failed = []
    for path in options.notebooks:
        start = time.perf_counter()
        try:
            execute(path, options.cell_seconds, options.notebook_seconds)
        except TimeoutError:
            failed.append(path)
            print(f"{path}: stopped after {options.notebook_seconds} s; not stored", file=sys.stderr)
        except Exception as error:  # a failing cell, a dead kernel, a file that is no notebook: report it, go on
            failed.append(path)
            print(f"{path}: {type(error).__name__}; not stored\n{error}", file=sys.stderr)
        else:
            print(f"{path}: stored after {time.perf_counter() - start:.1f} s")
    print(f"{len(options.notebooks) - len(failed)} stored, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
