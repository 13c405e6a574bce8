"""The templates' surroundings: where templates are, escaping, and what every template may call."""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Flask, current_app, request, url_for
from flask_wtf.csrf import CSRFProtect
from jinja2 import ChainableUndefined, Environment, FileSystemLoader, PackageLoader, StrictUndefined
from markupsafe import Markup

from marketplace.identity.viewer import Viewer
from marketplace.web import charts
from marketplace.web.context import settings, viewer

PRODUCT = "Commissioning Support Marketplace"
PACKAGE = Path(__file__).resolve().parents[1]
csrf = CSRFProtect()

# Components of forms that macros/components.html draws, with the parameters that it knows beside those of _EVERY.
_EVERY = frozenset({"id", "name", "label", "hint", "errorMessage", "classes", "attributes", "value"})
_QUICK: Mapping[str, frozenset[str]] = {
    "input": frozenset(
        {"type", "width", "prefix", "suffix", "spellcheck", "autocomplete", "autocapitalize", "inputmode"}
    ),
    "textarea": frozenset({"rows"}),
    "select": frozenset({"items"}),
    "file-upload": frozenset(),
    "radios": frozenset({"idPrefix", "fieldset", "items", "inline", "small"}),
    "checkboxes": frozenset({"idPrefix", "fieldset", "items", "inline", "small"}),
    "date-input": frozenset({"fieldset", "items"}),
}

# The components of the design system ask for keys that may be missing, so they live in a lenient environment of their
# own; our pages live in a strict one, where a misspelt name is an error in a test and not a gap on a page.
_components = Environment(
    loader=PackageLoader("nhsuk_frontend_jinja"),
    autoescape=True,
    undefined=ChainableUndefined,
    auto_reload=False,  # its files never change
    trim_blocks=True,
    lstrip_blocks=True,
)


def templates_folder() -> Path:
    """The folder of templates: beside the package in a checkout, `marketplace_templates` when installed from a wheel.

    Raises FileNotFoundError when neither is there.
    """
    for folder in (PACKAGE.parent / "templates", PACKAGE.parent / "marketplace_templates"):
        if (folder / "base.html").is_file():
            return folder
    raise FileNotFoundError(f"no templates beside {PACKAGE}: install the package again")


@lru_cache(maxsize=64)
def _component(name: str) -> Any:
    words = name.split("-")
    macro = words[0] + "".join(word.capitalize() for word in words[1:])
    return getattr(_components.get_template(f"nhsuk/components/{name}/macro.jinja").module, macro)


def nhsuk(name: str, params: Mapping[str, Any]) -> Markup:
    """A component of the design system ("date-input", "pagination") with its parameters; text in them is escaped.

    Values that are None count as not given. Raises jinja2.TemplateNotFound for an unknown component.
    """
    params = _given(params)
    if name in _QUICK and params.keys() <= _QUICK[name] | _EVERY:
        quick = current_app.jinja_env.get_template("macros/components.html").module
        return Markup(getattr(quick, name.replace("-", "_"))(_identified(params)))  # noqa: S704  # it escapes
    return from_library(name, params)


def _identified(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without an id of its own a component goes by its name, as the library has it."""
    return {"id": params.get("name"), "idPrefix": params.get("name"), **params}


def from_library(name: str, params: Mapping[str, Any]) -> Markup:
    """The component as nhsuk-frontend-jinja draws it: complete, but six times slower than macros/components.html."""
    return Markup(_component(name)(_given(params)))  # noqa: S704  # its environment escapes


def _given(value: Any) -> Any:
    """The value without the keys that are None: the components take only a missing key for "not given"."""
    if isinstance(value, Mapping):
        return {key: _given(each) for key, each in value.items() if each is not None}
    return [_given(each) for each in value] if isinstance(value, list | tuple) else value


@lru_cache(maxsize=64)
def _digest(path: Path, _changed: int) -> str:
    return sha256(path.read_bytes()).hexdigest()[:12]


def asset(app: Flask, name: str) -> str:
    """The address of a static file with the hash of its content, to be kept for a year. Raises FileNotFoundError."""
    path = Path(str(app.static_folder)) / name
    return url_for("static", filename=name, v=_digest(path, path.stat().st_mtime_ns))


def at(path: str) -> str:
    """An address of this site, also when it is served below a prefix: at("/needs")."""
    return request.script_root + path


def page_address(number: int) -> str:
    """The address of this very page with another page number, its search and filters kept."""
    args = request.args.to_dict(flat=False)
    args["page"] = [str(number)]
    return url_for(str(request.endpoint), **{**(request.view_args or {}), **args})


def navigation(who: Viewer) -> list[tuple[str, str]]:
    """(path, words) of the menu for this reader."""
    menu = [("/dashboard", "Dashboard")] if who.signed_in else []
    if who.provides:
        menu.append(("/bids", "Your bids"))
    return [*menu, ("/needs", "Needs"), ("/how-bids-are-judged", "How bids are judged")]


def init(app: Flask) -> None:
    """Give the application its templates, escaping, globals and CSRF protection."""
    app.jinja_loader = FileSystemLoader(templates_folder())
    env = app.jinja_env
    # Flask escapes by the file's ending; here everything but plain text (mails) is escaped, whatever its name.
    env.autoescape = lambda name: name is None or not name.endswith(".txt")
    env.undefined = StrictUndefined
    env.trim_blocks = env.lstrip_blocks = True
    env.globals.update(
        nhsuk=nhsuk,
        at=at,
        asset=lambda name: asset(app, name),
        page_address=page_address,
        navigation=navigation,
        product=PRODUCT,
        chart_stack=charts.stacked_bar,
        chart_bars=charts.bars_to,
        chart_triangle=charts.weight_triangle,
        chart_letter=charts.letter,
        viewer=viewer,
        settings=settings,
    )
    csrf.init_app(app)
