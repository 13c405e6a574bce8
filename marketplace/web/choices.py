"""Fields for choosing: radios, checkboxes, a list, and one box to tick."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from wtforms.form import BaseForm
from wtforms.validators import StopValidation

from marketplace.web.text import FieldBase


@dataclass(frozen=True)
class Option:
    """One choice: what is sent, what is read, and a hint below it."""

    value: str
    label: str
    hint: str = ""


Options = Sequence[Option | tuple[str, str] | tuple[str, str, str]]


class RadioField(FieldBase):
    """One of a few, all visible: the chosen value as str (or what `coerce` makes of it), None if none is.

    `choices`: Options or (value, label[, hint]) tuples; may be set on the bound field before it is drawn or validated.
    """

    component = "radios"

    def __init__(
        self,
        label: str = "",
        validators: Any = None,
        *,
        choices: Options = (),
        coerce: Callable[[str], Any] = str,
        **kwargs: Any,
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.choices = choices
        self.coerce = coerce

    def ask(self) -> str:
        return f"Choose {self.called}"

    def options(self) -> list[Option]:
        """The choices as Options."""
        return [each if isinstance(each, Option) else Option(*each) for each in self.choices]

    def chosen(self) -> set[str]:
        """The values that are ticked when drawn: what was sent, else the data."""
        if self.raw_data is not None:
            return {str(each) for each in self.raw_data}
        return set() if self.data is None else {self.say(self.data)}

    def say(self, value: Any) -> str:
        return str(getattr(value, "value", value))

    def process_formdata(self, valuelist: list[Any]) -> None:
        sent = str(valuelist[0]) if valuelist else ""
        if not sent:
            self.data = None
            return
        self.data = sent  # checked and coerced in pre_validate: the choices may be set between

    def pre_validate(self, form: BaseForm) -> None:
        super().pre_validate(form)
        if self.raw_data:
            self.data = self._pick(str(self.data))

    def _pick(self, sent: str) -> Any:
        if sent not in {option.value for option in self.options()}:
            raise StopValidation(f"{self.ask()} from the list: what was sent is not in it any more")
        return self.coerce(sent)


class SelectField(RadioField):
    """One of many in a drop-down list; `prompt` stands first and counts as nothing chosen ("" to leave it out)."""

    component = "select"

    def __init__(self, label: str = "", validators: Any = None, *, prompt: str = "Choose", **kwargs: Any) -> None:
        super().__init__(label, validators, **kwargs)
        self.prompt = prompt


class CheckboxesField(RadioField):
    """Any of a few: the chosen values as a list in the order of the choices; [] when optional and none is chosen."""

    component = "checkboxes"
    blank: Any = []

    def ask(self) -> str:
        return f"Choose at least one for {self.called}"

    def chosen(self) -> set[str]:
        if self.raw_data is not None:
            return {str(each) for each in self.raw_data}
        return {self.say(each) for each in self.data or ()}

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = [str(each) for each in valuelist]

    def pre_validate(self, form: BaseForm) -> None:
        FieldBase.pre_validate(self, form)
        if self.raw_data:
            picked = {sent: self._pick(sent) for sent in self.data}
            self.data = [picked[option.value] for option in self.options() if option.value in picked]


class BooleanField(FieldBase):
    """One box to tick: bool. `must=True`: it has to be ticked, and `missing` says why."""

    component = "checkboxes"

    def __init__(self, label: str = "", validators: Any = None, *, must: bool = False, **kwargs: Any) -> None:
        super().__init__(label, validators, optional=not must, **kwargs)

    def ask(self) -> str:
        return f"Tick the box “{self.label.text}” to go on"

    def options(self) -> list[Option]:
        """The one box."""
        return [Option("yes", self.label.text)]

    def chosen(self) -> set[str]:
        """{"yes"} when ticked."""
        return {"yes"} if self.data else set()

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = bool(valuelist) and valuelist[0] != ""

    def is_blank(self) -> bool:
        return not self.data
