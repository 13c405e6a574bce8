"""Forms of accounts: signing in, registering, joining, choosing a password, people of a team."""

from marketplace.identity.roles import KIND_NAMES, PROVIDERS, Kind
from marketplace.web.choices import BooleanField, Option, RadioField, SelectField
from marketplace.web.fields import EmailField, HiddenField, PasswordField, TextAreaField, TextField
from marketplace.web.forms import PageForm

SIZES = (
    Option("micro", "Fewer than 10 people"),
    Option("small", "10 to 49 people"),
    Option("medium", "50 to 249 people"),
    Option("large", "250 people or more"),
)
SIZE_NAMES = {option.value: option.label for option in SIZES}
TERMS_MISSING = "Read the terms of use and tick the box to go on"


class SignInForm(PageForm):
    """Address and password. `next`: the page wanted; `resume`: what was typed before the sign-in ran out, signed."""

    email = EmailField("E-mail address", render_kw={"autocomplete": "username"})
    password = PasswordField("Password")
    next = HiddenField()
    resume = HiddenField()


class PressForm(PageForm):
    """A button and nothing else."""


class ResetForm(PageForm):
    """Asking for a new password."""

    email = EmailField("E-mail address")


class ChoosePasswordForm(PageForm):
    """A new password, typed once: browsers show it on demand, and a reset is one mail away."""

    password = PasswordField(
        "New password",
        new=True,
        called="a new password",
        description="At least 12 characters. Four words that have nothing to do with each other are safe and easy to "
        "remember.",
    )


class FirstPasswordForm(ChoosePasswordForm):
    """The first password of a new account, with the terms."""

    terms = BooleanField("I accept the terms of use", must=True, missing=TERMS_MISSING)


class ChangePasswordForm(ChoosePasswordForm):
    """Another password, by somebody who is signed in."""

    current = PasswordField("Current password")


class NameForm(PageForm):
    """A person's own name."""

    name = TextField("Full name", most=120, render_kw={"autocomplete": "name"})


class OrganisationForm(PageForm):
    """The facts of a provider."""

    organisation = TextField(
        "Name of the organisation",
        most=200,
        called="the name of the organisation",
        render_kw={"autocomplete": "organization"},
    )
    kind = RadioField(
        "What kind of organisation is it?",
        called="the kind of organisation",
        coerce=Kind,
        choices=[Option(kind.value, KIND_NAMES[kind]) for kind in Kind if kind in PROVIDERS],
        description="The kind never changes a score. It is shown with your bids once they are opened.",
    )
    number = TextField(
        "Company, charity or register number",
        most=40,
        optional=True,
        called="the register number",
        description="As it stands in the public register, for example 01234567. Leave it out if there is none.",
    )
    address = TextAreaField(
        "Address", most=500, called="the address", render_kw={"autocomplete": "street-address", "rows": 4}
    )
    contact_name = TextField(
        "Contact for buyers",
        most=120,
        called="the contact's name",
        description="The person or team that buyers write to about a bid.",
    )
    contact_email = EmailField("E-mail address of the contact", called="the contact's e-mail address", most=254)
    contact_phone = TextField(
        "Telephone of the contact",
        most=40,
        optional=True,
        called="the contact's telephone",
        render_kw={"autocomplete": "tel", "inputmode": "tel"},
    )
    size = RadioField("How many people work there?", called="the size of the organisation", choices=SIZES)
    group_name = TextField(
        "Group of companies",
        most=200,
        optional=True,
        called="the group's name",
        description="If the organisation belongs to a group, the group's name. Independence is judged for the whole "
        "group.",
    )


class RegisterForm(OrganisationForm):
    """A provider registers itself."""

    name = TextField("Your full name", most=120, called="your full name", render_kw={"autocomplete": "name"})
    email = EmailField(
        "Your e-mail address",
        called="your e-mail address",
        most=254,
        description="We send a link to this address. You choose your password after opening it.",
    )


class JoinForm(PageForm):
    """A person asks to work for a commissioner."""

    body = SelectField(
        "Which organisation do you work for?", called="your organisation", prompt="Choose your organisation"
    )
    name = TextField("Your full name", most=120, called="your full name", render_kw={"autocomplete": "name"})
    email = EmailField(
        "Your work e-mail address",
        called="your work e-mail address",
        most=254,
        description="It must end in nhs.net, nhs.uk or another domain approved for your organisation.",
    )


class InviteForm(PageForm):
    """A new colleague. The view sets the roles to choose from."""

    name = TextField("Full name", most=120, called="the colleague's full name")
    email = EmailField(
        "E-mail address", called="the colleague's e-mail address", most=254, render_kw={"autocomplete": "off"}
    )
    role = RadioField("What will they do here?", called="what they will do")


class RoleForm(PageForm):
    """Another role for a colleague."""

    role = RadioField("What will they do here?", called="what they will do")


class NewBuyerForm(PageForm):
    """The operator makes the account of a commissioner and invites its first approver."""

    name = TextField(
        "Full name of the first approver",
        most=120,
        called="the approver's full name",
        render_kw={"autocomplete": "off"},
    )
    email = EmailField(
        "E-mail address of the first approver",
        called="the approver's e-mail address",
        most=254,
        render_kw={"autocomplete": "off"},
        description="We send an invitation to this address. The approver can invite everybody else.",
    )
    domains = TextAreaField(
        "Further e-mail domains",
        optional=True,
        most=2000,
        called="the e-mail domains",
        render_kw={"rows": 3},
        description="One on each line, for example fyldecoast.example. Addresses in nhs.net and nhs.uk are approved "
        "already.",
    )


class EditOrganisationForm(PageForm):
    """The operator corrects an organisation's facts."""

    name = TextField("Name", most=200)
    number = TextField("Company, charity or register number", most=40, optional=True, called="the register number")
    address = TextAreaField("Address", most=500, optional=True, render_kw={"rows": 4})
    contact_name = TextField("Contact", most=120, optional=True, called="the contact's name")
    contact_email = EmailField(
        "E-mail address of the contact", most=254, optional=True, called="the contact's e-mail address"
    )
    contact_phone = TextField("Telephone of the contact", most=40, optional=True, called="the contact's telephone")
    size = SelectField("Size", optional=True, choices=SIZES, prompt="Not given")
    group_name = TextField("Group of companies", most=200, optional=True, called="the group's name")
    domains = TextAreaField(
        "Approved e-mail domains",
        optional=True,
        most=2000,
        called="the e-mail domains",
        render_kw={"rows": 3},
        description="Only for commissioners. One on each line. Addresses in nhs.net and nhs.uk are approved already.",
    )
    revision = HiddenField()


class MoveForm(PageForm):
    """Another organisation and role for a person. `organisation`: its identifier, chosen by searching first."""

    organisation = RadioField("Which organisation do they work for now?", called="the organisation")
    role = RadioField("What will they do there?", called="what they will do")
