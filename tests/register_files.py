"""The register's files for tests: the packaged extract of real rows, and the whole register where it is at hand."""

import os
from functools import cache
from pathlib import Path

import pytest

from marketplace.register.rules import FILES

EXAMPLE = Path(__file__).parents[1] / "marketplace" / "register" / "example"


@cache
def _contents() -> dict[str, bytes]:
    return {name: (EXAMPLE / name).read_bytes() for name in FILES}


def files() -> dict[str, bytes]:
    """A fresh copy of the extract's files: name to content."""
    return dict(_contents())


def real_folder() -> Path:
    """The folder with the whole register: of MARKETPLACE_SHARED, or ../shared beside the checkout; else skips."""
    for base in (os.environ.get("MARKETPLACE_SHARED"), str(Path(__file__).parents[2] / "shared")):
        if base and (Path(base) / "data" / "ccgs.csv").is_file():
            return Path(base) / "data"
    pytest.skip("the whole register is not beside this checkout; MARKETPLACE_SHARED may name its folder")


def write_files(folder: Path, contents: dict[str, bytes]) -> Path:
    """The files in a folder of the test."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return folder
