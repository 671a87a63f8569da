"""Where the shared order data is, and short ways to open a file and read all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runtime.records.imports.files import TabularFile, open_tabular

DATA = Path(__file__).parents[5] / "shared" / "data"

Opener = Callable[..., TabularFile]


@pytest.fixture
def data() -> Path:
    """The folder of public order files beside the checkout."""
    if not DATA.is_dir():
        pytest.skip("the shared order data (../shared/data) is not on this machine")
    return DATA


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opener]:
    """Opens a path, or bytes or text under a name; everything is closed after the test."""
    files: list[TabularFile] = []

    def open_it(source: Path | bytes | str, filename: str = "订单.csv", **options: object) -> TabularFile:
        if isinstance(source, Path):
            path, filename = source, source.name
        else:
            path = tmp_path / "upload.bin"  # as stored by the server: the name says nothing
            path.write_bytes(source.encode() if isinstance(source, str) else source)
        file = open_tabular(path, filename=filename, **options)  # type: ignore[arg-type]
        files.append(file)
        return file

    yield open_it
    for file in files:
        file.close()
