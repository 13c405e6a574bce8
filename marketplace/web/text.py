"""The base of all fields, and those for text and files. Import fields from marketplace.web.fields.

Each turns what was typed into one exact value, keeps the typing, and says in a sentence what is wrong.

Common to all: `called` is how sentences name the field ("the yearly price"; by default the label, lower-cased);
`optional=True` allows nothing to be typed (the value is then None, or "" for text); `description` is the hint.
"""

import re
import unicodedata
from typing import Any
from uuid import uuid4

from email_validator import EmailNotValidError, validate_email
from werkzeug.datastructures import FileStorage
from wtforms import Field
from wtforms import HiddenField as WTHiddenField
from wtforms.form import BaseForm
from wtforms.validators import StopValidation

# Characters that turn the direction of text round: a reader would see something else than what is stored.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u2060\ufeff"))  # zero-width spaces, copied along from documents


class FieldBase(Field):
    """What the fields share. `component` names the design-system component that draws them."""

    component = "input"
    input_type = "text"
    defaults: dict[str, Any] = {}  # parameters of the component, such as inputmode

    def __init__(
        self,
        label: str = "",
        validators: Any = None,
        *,
        called: str = "",
        optional: bool = False,
        missing: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.called = called or _as_name(label)
        self.optional = optional
        self.missing = missing or self.ask()

    def ask(self) -> str:
        """The sentence when nothing was given."""
        return f"Enter {self.called}"

    @property
    def named(self) -> str:
        """The field's name at the start of a sentence."""
        return self.called[:1].upper() + self.called[1:]

    def parse(self, text: str) -> Any:
        """The value of what was typed (never blank). Raises ValueError with a sentence."""
        raise NotImplementedError

    def say(self, value: Any) -> str:
        """What stands in the field for a value."""
        return str(value)

    blank: Any = None

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = str(valuelist[0]) if valuelist else ""
        self.data = self.blank  # not the stored value, when the text turns out to be unreadable
        if text.strip():
            self.data = self.parse(text)

    def _value(self) -> str:
        if self.raw_data is not None:
            return str(self.raw_data[0]) if self.raw_data else ""
        return "" if self.data is None else self.say(self.data)

    def is_blank(self) -> bool:
        """Whether nothing was given."""
        return self.data is None or self.data == "" or self.data == []

    def pre_validate(self, form: BaseForm) -> None:
        if self.is_blank():
            raise StopValidation("" if self.optional else self.missing)

    def validate(self, form: BaseForm, extra_validators: Any = ()) -> bool:
        if self.process_errors:  # unreadable text gets one sentence, not a second one that it is missing
            self.errors = list(self.process_errors)
            return False
        return super().validate(form, extra_validators)


def _as_name(label: str) -> str:
    """The label inside a sentence: "Yearly price" becomes "yearly price"; "HR, year 1" stays; a question is quoted."""
    if label.endswith("?"):
        return f"“{label}”"
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


def clean_text(text: str, called: str, *, lines: bool) -> str:
    """Text as stored: trimmed, composed (NFC), one line end. Raises ValueError for what cannot be read by eye."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).translate(_INVISIBLE).strip()
    if any(char in _BIDI for char in text):
        raise ValueError(f"Take the hidden direction marks out of {called}, for example by typing it anew")
    for char in text:
        if char in "\n\t":
            if not lines:
                raise ValueError(f"Write {called} on one line, without line breaks or tabs")
        elif unicodedata.category(char) in ("Cc", "Cs", "Cn") or char in "\u2028\u2029":
            raise ValueError(f"Take the unprintable characters out of {called}, for example by typing it anew")
    return text


class TextField(FieldBase):
    """One line of text: str, trimmed. Refuses control and direction characters and more than `most` characters."""

    blank = ""

    def __init__(self, label: str = "", validators: Any = None, *, most: int = 200, **kwargs: Any) -> None:
        super().__init__(label, validators, **kwargs)
        self.most = most

    def parse(self, text: str) -> str:
        text = clean_text(text, self.called, lines=False)
        if len(text) > self.most:
            raise ValueError(f"{self.named} must be {self.most} characters or fewer: it has {len(text)}")
        return text


class TextAreaField(FieldBase):
    """Lines of text: str. `words`: at most so many, told in the hint; else at most `most` characters."""

    component = "textarea"
    blank = ""

    def __init__(
        self, label: str = "", validators: Any = None, *, words: int | None = None, most: int = 20_000, **kwargs: Any
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.words = words
        self.most = most

    def parse(self, text: str) -> str:
        text = clean_text(text, self.called, lines=True)
        count = len(text.split())
        if self.words is not None and count > self.words:
            raise ValueError(f"{self.named} must be {self.words:,} words or fewer: it has {count:,}")
        if len(text) > self.most:
            raise ValueError(f"{self.named} must be {self.most:,} characters or fewer: it has {len(text):,}")
        return text


class EmailField(TextField):
    """An e-mail address: str, its domain in lower case."""

    input_type = "email"
    defaults = {"autocomplete": "email", "spellcheck": False, "autocapitalize": "none"}

    def parse(self, text: str) -> str:
        text = super().parse(text)
        try:
            return validate_email(text, check_deliverability=False).normalized
        except EmailNotValidError:
            raise ValueError(f"Enter {self.called} in the form name@example.org.uk") from None


class PasswordField(FieldBase):
    """A password: str exactly as typed, never shown again. `new=True` where one is chosen."""

    input_type = "password"
    blank = ""

    def __init__(
        self, label: str = "Password", validators: Any = None, *, new: bool = False, most: int = 1000, **kwargs: Any
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.most = most
        kind = "new-password" if new else "current-password"
        self.defaults = {"autocomplete": kind, "spellcheck": False, "autocapitalize": "none"}

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = str(valuelist[0]) if valuelist else ""
        if len(self.data) > self.most or "\0" in self.data:
            raise ValueError(f"{self.named} must be {self.most:,} characters or fewer, without control characters")

    def _value(self) -> str:
        return ""


class FileField(FieldBase):
    """An uploaded file: werkzeug's FileStorage, or None. What is in it is checked by the house that stores it."""

    component = "file-upload"

    def ask(self) -> str:
        return f"Choose a file for {self.called}"

    def process_formdata(self, valuelist: list[Any]) -> None:
        files = [each for each in valuelist if isinstance(each, FileStorage) and each.filename]
        self.data = files[0] if files else None

    def _value(self) -> str:
        return ""


class HiddenField(WTHiddenField):
    """What a page carries along unseen: str. One that a form came back without is "", never the value that is stored
    now: else a form that lost its revision would count as fresh."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = str(valuelist[0]) if valuelist else ""


class FormKey(HiddenField):
    """The form's one-time key (uuid4 hex), so that one press of a button counts once: repeats carry the same key."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("", default=_new_key, **kwargs)

    def pre_validate(self, form: BaseForm) -> None:
        if not re.fullmatch(r"[0-9a-f]{32}", self.data or "", re.ASCII):
            self.data = _new_key()
            raise StopValidation("The form had lost its key. Press the button once more: what you typed is kept")


def _new_key() -> str:
    return uuid4().hex
