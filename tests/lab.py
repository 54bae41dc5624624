"""JupyterLab and a browser for the tests: both start, and end, with a `with` block.

Lab serves a folder of its own on 127.0.0.1, behind a token, with its own configuration, data and profiles; the browser
has no window and reaches nothing but 127.0.0.1.
"""

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-proxy-server")
FLAGS += ("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",)
NO_NEWS = {"checkForUpdates": False, "fetchNews": "false", "doNotDisturbMode": True}
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": NO_NEWS,
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},  # else cells out of sight are not on the page
}


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab: its address, its token, and the folder that it serves."""

    url: str
    token: str
    folder: Path

    def request(self, path, method="GET"):
        """Lab's answer to a request of its REST interface, as objects; None where the answer is empty."""
        request = urllib.request.Request(self.url + path, method=method)
        request.add_header("Authorization", f"token {self.token}")
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=30) as answer:
            content = answer.read()
        return json.loads(content) if content else None


@contextlib.contextmanager
def running_lab(folder, own):
    """JupyterLab serving `folder`, with its settings, data, logs and the kernels' profiles in the folder `own`."""
    port, token = _free_port(), secrets.token_hex(16)
    lab, log = Lab(f"http://127.0.0.1:{port}", token, folder), own / "lab.log"
    with log.open("w") as output:
        command = [sys.executable, "-m", "jupyterlab", *_switches(port, token, folder)]
        process = subprocess.Popen(
            command, env=_environment(own), stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            _wait_until_it_answers(lab, process, log)
            yield lab
        finally:
            _end(process)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _switches(port, token, folder):
    switches = [f"--ServerApp.root_dir={folder}", f"--IdentityProvider.token={token}", "--no-browser"]
    switches += ["--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"]
    switches += ["--LabApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly"]
    return switches + (["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else [])


def _environment(own):
    """The environment of Lab and its kernels: nothing is read from or written to the user's own Jupyter folders."""
    places = {
        "JUPYTER_CONFIG_DIR": own / "config",
        "JUPYTER_DATA_DIR": own / "data",
        "JUPYTER_RUNTIME_DIR": own / "runtime",
        "JUPYTERLAB_SETTINGS_DIR": own / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": own / "workspaces",
        "IPYTHONDIR": own / "ipython",
    }
    for place in places.values():
        place.mkdir(parents=True, exist_ok=True)
    overrides = own / "config" / "labconfig" / "default_setting_overrides.json"
    overrides.parent.mkdir(exist_ok=True)
    overrides.write_text(json.dumps(SETTINGS), encoding="utf-8")
    places["WORKSHEET_PROGRESS"] = own / "progress.txt"  # what the tests answer is noted, but not in the reader's file
    return os.environ | {name: str(place) for name, place in places.items()} | {"OPENBLAS_NUM_THREADS": "1"}


def _wait_until_it_answers(lab, process, log, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            lab.request("/api/status")
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not answer within {seconds} s; it said:\n{log.read_text()[-3000:]}")


def _end(process):
    """End Lab, which ends its kernels; if it does not listen, end its process group."""
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.wait(15)


@contextlib.contextmanager
def running_browser():
    """A Chromium without a window, in which nothing but 127.0.0.1 has an address; pages share its cache."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            yield browser.new_context(viewport={"width": 1280, "height": 900}, service_workers="block")
        finally:
            browser.close()
