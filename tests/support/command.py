"""Running the real command line, as a person would, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def environ(**variables: str) -> dict[str, str]:
    """Our environment without any ``HUOBIAO_*`` of the developer's, speaking Chinese, and ``variables``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUOBIAO_")}
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return {**kept, "HUOBIAO_LANGUAGE": "zh", "PYTHONPATH": path, **variables}


def huobiao(
    *arguments: str | Path, data: Path | None = None, text: str = "", variables: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``huobiao`` to its end; ``data`` becomes ``--data``, ``text`` its standard input."""
    command = [sys.executable, "-m", "ui.cli", *map(str, arguments)]
    if data is not None:
        command += ["--data", str(data)]
    return subprocess.run(
        command,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        env=environ(**(variables or {})),
    )
