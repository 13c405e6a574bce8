"""Forms of the steps of a need: a document, approval, sending back, publishing, a button that asks once more."""

from marketplace.web.fields import BooleanField, FileField, TextAreaField, TextField
from marketplace.web.forms import PageForm


class DocumentForm(PageForm):
    """A file for bidders."""

    title = TextField(
        "Title of the document",
        most=120,
        description="The same title again makes a new version, for example “Staff list”.",
    )
    file = FileField("File", called="the document")


class ApprovalForm(PageForm):
    """Asking the approvers."""

    note = TextAreaField(
        "Note to the approver", optional=True, most=2000, description="What they should look at, if anything."
    )


class SendBackForm(PageForm):
    """Sending a need back to its drafter."""

    reason = TextAreaField("What has to change?", called="what has to change", most=2000)


class PublishForm(PageForm):
    """The last step before everybody can read it."""

    sure = BooleanField(
        "I have read the preview and may approve this need",
        must=True,
        missing="Tick that you have read the preview and may approve this need",
    )


class ConfirmForm(PageForm):
    """A button that asks once more."""
