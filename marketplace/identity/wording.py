"""The mails of accounts, in words (pure). Each function returns (subject, text)."""

from datetime import datetime

from marketplace.kit.clock import say_time

SITE = "Commissioning Support Marketplace"
_ALARM = "If this was not you, you need not do anything: without the link nothing happens."


def _mail(name: str, *paragraphs: str) -> str:
    greeting = f"Dear {name}," if name else "Hello,"
    return (
        "\n\n".join([greeting, *paragraphs, f"{SITE}\nThis mail was sent by a machine. Please do not answer it."])
        + "\n"
    )


def invitation(name: str, organisation: str, by: str, link: str, until: datetime) -> tuple[str, str]:
    """To a new colleague."""
    return f"Your invitation to {SITE}", _mail(
        name,
        f"{by} invites you to work for {organisation} on {SITE}.",
        f"To choose your password and sign in for the first time, open this link:\n{link}",
        f"The link works once, until {say_time(until)}. If it has run out, ask for a new one.",
    )


def reset(name: str, link: str, until: datetime) -> tuple[str, str]:
    """To somebody who forgot the password."""
    return f"Choose a new password for {SITE}", _mail(
        name,
        f"Somebody, probably you, asked for a new password. To choose one, open this link:\n{link}",
        f"The link works once, until {say_time(until)}. Your old password works until you have chosen a new one.",
        _ALARM,
    )


def confirm_registration(name: str, organisation: str, link: str, until: datetime) -> tuple[str, str]:
    """To somebody who registers a provider."""
    return f"Confirm your e-mail address for {SITE}", _mail(
        name,
        f"Somebody, probably you, registered {organisation} as a provider with this e-mail address.",
        f"To confirm the address and choose a password, open this link:\n{link}",
        f"The link works once, until {say_time(until)}. Nothing is registered before that.",
        _ALARM,
    )


def confirm_joining(name: str, organisation: str, link: str, until: datetime) -> tuple[str, str]:
    """To somebody who asks to join a commissioner."""
    return f"Confirm your e-mail address for {SITE}", _mail(
        name,
        f"Somebody, probably you, asked to work for {organisation} with this e-mail address.",
        f"To confirm the address and choose a password, open this link:\n{link}",
        f"The link works once, until {say_time(until)}. After that somebody has to approve the request.",
        _ALARM,
    )


def known_already(name: str, sign_in: str, reset_link: str) -> tuple[str, str]:
    """To somebody who registers or asks to join with an address that has an account."""
    return f"You already have an account at {SITE}", _mail(
        name,
        "Somebody, probably you, tried to make a new account with this e-mail address. There is one already, and it "
        "stays as it is.",
        f"To sign in: {sign_in}\nIf you forgot the password: {reset_link}",
        "If you want to work for another organisation, ask the operator of this site to move your account.",
    )


def waiting_request(name: str, who: str, email: str, organisation: str, page: str) -> tuple[str, str]:
    """To the approvers of an organisation, or to the operators."""
    return f"{who} asks to join {organisation}", _mail(
        name,
        f"{who} ({email}) confirmed the e-mail address and asks to work for {organisation}.",
        f"To approve or decline: {page}",
    )


def approved(name: str, organisation: str, sign_in: str) -> tuple[str, str]:
    """To somebody whose request was approved."""
    return f"You can now work for {organisation}", _mail(
        name, f"Your request to work for {organisation} was approved.", f"To sign in: {sign_in}"
    )


def declined(name: str, organisation: str) -> tuple[str, str]:
    """To somebody whose request was declined."""
    return f"Your request to join {organisation}", _mail(
        name,
        f"Your request to work for {organisation} was declined. If you think that this is a mistake, speak to your "
        "colleagues there.",
    )


def locked(name: str, until: datetime, reset_link: str) -> tuple[str, str]:
    """To the owner of an account that too many wrong passwords locked."""
    return "Your account is locked for a while", _mail(
        name,
        "Somebody typed wrong passwords for your account several times. To stop guessing, it is locked until "
        f"{say_time(until)}.",
        f"If it was you, wait until then, or choose a new password at once: {reset_link}",
    )


def password_changed(name: str, reset_link: str) -> tuple[str, str]:
    """To the owner, after each change of the password."""
    return "Your password was changed", _mail(
        name,
        "The password of your account was changed. All other sign-ins were ended.",
        f"If it was not you, choose a new one at once: {reset_link}",
    )
