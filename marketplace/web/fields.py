"""Every field of a form, in one place to import from. What each gives as data stands in its docstring."""

from marketplace.web.choices import BooleanField, CheckboxesField, Option, RadioField, SelectField
from marketplace.web.dates import DateField, LondonDateTimeField
from marketplace.web.numbers import DecimalPercentField, PercentField, PoundsField, WholeNumberField
from marketplace.web.text import (
    EmailField,
    FieldBase,
    FileField,
    FormKey,
    HiddenField,
    PasswordField,
    TextAreaField,
    TextField,
)

__all__ = [
    "BooleanField",
    "CheckboxesField",
    "DateField",
    "DecimalPercentField",
    "EmailField",
    "FieldBase",
    "FileField",
    "FormKey",
    "HiddenField",
    "LondonDateTimeField",
    "Option",
    "PasswordField",
    "PercentField",
    "PoundsField",
    "RadioField",
    "SelectField",
    "TextAreaField",
    "TextField",
    "WholeNumberField",
]
