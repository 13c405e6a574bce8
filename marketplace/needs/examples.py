"""Texts that a page about a function starts with. Reads only its packaged file."""

import tomllib
from functools import cache
from importlib import resources


@cache
def _all() -> dict[str, dict[str, str]]:
    text = resources.files("marketplace.needs").joinpath("examples.toml").read_text(encoding="utf-8")
    return {code: {key: value.strip() for key, value in texts.items()} for code, texts in tomllib.loads(text).items()}


def example(function: str) -> dict[str, str]:
    """{volumes, service_levels, data, systems} to start from; {} for a function without examples."""
    return dict(_all().get(function, {}))
