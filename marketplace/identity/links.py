"""One-time links in mails: made, looked at (any number of times), and used once by the act that they allow."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, delete, select

from marketplace.identity.models import LinkPurpose, MailLink
from marketplace.identity.sessions import key_of
from marketplace.journal.work import Work
from marketplace.kit.database import lock_row
from marketplace.kit.errors import Refusal
from marketplace.kit.ids import new_token
from marketplace.policy.service import service_policy

AGAIN = {
    LinkPurpose.INVITATION: "Ask the person who invited you to send a new invitation.",
    LinkPurpose.RESET: "Ask for a new password again: choose “I forgot my password” on the sign-in page.",
    LinkPurpose.REGISTER: "Register again: choose “Register as a provider” on the sign-in page.",
    LinkPurpose.JOIN: "Ask to join again: choose “Ask to join” on the sign-in page.",
}


class LinkGone(Refusal):
    """The link was used, has run out, or never existed."""

    status = 410


def lasting(purpose: LinkPurpose) -> timedelta:
    """How long a link of this purpose can be used."""
    policy = service_policy()
    if purpose is LinkPurpose.INVITATION:
        return timedelta(days=policy.links_invitation_days)
    if purpose is LinkPurpose.RESET:
        return timedelta(minutes=policy.links_reset_minutes)
    return timedelta(hours=policy.links_confirm_hours)


def make_link(
    work: Work, purpose: LinkPurpose, *, user_id: str | None = None, typed: dict[str, Any] | None = None
) -> tuple[str, datetime]:
    """Make a link: (its secret, until when). A person's earlier links of the same purpose end; old links are swept."""
    now = work.now()
    until = now + lasting(purpose)
    work.session.exec(
        delete(MailLink).where(col(MailLink.expires_at) < now - timedelta(days=service_policy().links_kept_days))
    )
    if user_id is not None:
        end_links(work, user_id, purpose)
    secret = new_token()
    work.session.add(
        MailLink(
            key=key_of(secret), purpose=purpose, user_id=user_id, typed=typed or {}, created_at=now, expires_at=until
        )
    )
    return secret, until


def end_links(work: Work, user_id: str, purpose: LinkPurpose | None = None) -> None:
    """End the person's links, of one purpose or of all."""
    chosen = sa.update(MailLink).where(col(MailLink.user_id) == user_id, col(MailLink.used_at).is_(None))
    if purpose is not None:
        chosen = chosen.where(col(MailLink.purpose) == purpose)
    work.session.execute(chosen.values(used_at=work.now()).execution_options(synchronize_session=False))


def look_at(session: Session, secret: str, now: datetime) -> MailLink:
    """The link, if it can still be used. Looking does not use it: programs that check mails open every link. Raises
    LinkGone."""
    return _usable(session.exec(select(MailLink).where(col(MailLink.key) == key_of(secret))).first(), now)


def use(work: Work, secret: str) -> MailLink:
    """Lock the link and mark it used. Raises LinkGone when another press was first."""
    link = _usable(lock_row(work.session, MailLink, key_of(secret)), work.now())
    link.used_at = work.now()
    return link


def _usable(link: MailLink | None, now: datetime) -> MailLink:
    if link is None:
        raise LinkGone(
            "This link does not work.",
            "It may have been cut in two by your mail program, or it is very old.",
            "Copy the whole address from the mail into the address bar of your browser.",
        )
    if link.used_at is not None:
        raise LinkGone(
            "This link was used already, or a newer one was sent.", "Each link works once.", AGAIN[link.purpose]
        )
    if now >= link.expires_at:
        raise LinkGone("This link has run out.", "Links work for a limited time only.", AGAIN[link.purpose])
    return link
