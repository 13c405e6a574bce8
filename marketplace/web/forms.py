"""The base of every form: draws itself, keeps what was typed, gathers its errors for the top of the page."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from flask import request
from flask_wtf import FlaskForm
from markupsafe import Markup
from werkzeug.datastructures import CombinedMultiDict
from wtforms import Field
from wtforms.fields.core import UnboundField
from wtforms.widgets import HiddenInput

from marketplace.kit.errors import Invalid, Refusal
from marketplace.web.render import draw, first_input
from marketplace.web.text import FileField, FormKey

__all__ = ["FormKey", "PageForm", "build_form"]


class PageForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    """A form of one page. `if form.validate_on_submit():` in the view, `{{ form.title() }}` in the template.

    A view that catches a Refusal gives it to `refuse()` and draws the page again: nothing typed is lost.
    """

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """Draws fields with the design system; reads what a form sent, and nothing else."""

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """What the form sent. An empty one leaves everything blank, and JSON is no form: neither may pass for a
            page that was not sent, whose fields hold what is stored."""
            if formdata is None or hasattr(formdata, "getlist"):
                return formdata
            return CombinedMultiDict((request.files, request.form)) if form.is_submitted() else None

        def render_field(self, field: Field, render_kw: Mapping[str, Any]) -> Markup:
            """What `{{ form.field() }}` puts on the page."""
            drawn = draw(field, render_kw)
            if drawn is not None:
                return drawn
            return Markup(super().render_field(field, render_kw))  # noqa: S704  # WTForms escaped it

    def refuse(self, refusal: Refusal) -> None:
        """Show a refusal of an action: at its field if it names one of this form, else at the top of the page."""
        field = self._fields.get(refusal.field) if isinstance(refusal, Invalid) and refusal.field else None
        if field is None:
            self.form_errors.append(str(refusal))
        else:
            field.errors = [*field.errors, str(refusal)]

    @property
    def problems(self) -> list[tuple[str, str | None]]:
        """(sentence, id of the input to mend, or None) of every error, in the order of the page."""
        own: list[tuple[str, str | None]] = [(str(error), None) for error in self.form_errors]
        return own + [pair for field in self for pair in _problems_of(field)]

    @property
    def visible_fields(self) -> Iterator[Field]:
        """The fields that people see, in order."""
        return (field for field in self if not isinstance(field.widget, HiddenInput))

    @property
    def takes_files(self) -> bool:
        """Whether the form has to be sent as multipart."""
        return any(isinstance(field, FileField) for field in self)


def _problems_of(field: Field) -> Iterator[tuple[str, str | None]]:
    target = None if isinstance(field.widget, HiddenInput) else first_input(field)
    for error in field.errors:
        yield str(error), target


def build_form(name: str, fields: Iterable[tuple[str, Any]], base: type[PageForm] = PageForm) -> type[PageForm]:
    """A form class made from data (price rows, answers): (field name, unbound field) in the order of the page.

    Field names must be identifiers in ASCII and not names of the form's own methods; raises ValueError otherwise.
    """
    members: dict[str, Any] = {}
    for key, field in fields:
        if not (key.isidentifier() and key.isascii()) or key.startswith("_") or hasattr(base, key) or key in members:
            raise ValueError(f"not a name for a field: {key!r}")
        # Bound in the order of this list, whatever the order the fields were made in.
        members[key] = UnboundField(field.field_class, *field.args, name=field.name, **field.kwargs)
    return type(name, (base,), members)
