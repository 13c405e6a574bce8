"""The small forms of this house."""

from wtforms.validators import Regexp

from marketplace.web.fields import HiddenField
from marketplace.web.forms import PageForm


class PressForm(PageForm):
    """A button and nothing else."""


class AgainForm(PageForm):
    """Score again: after which round the person asks."""

    after_round = HiddenField(validators=[Regexp(r"\A[1-9][0-9]{0,4}\Z")])

    @property
    def number(self) -> int:
        """The round, once the form is valid."""
        return int(self.after_round.data or 0)
