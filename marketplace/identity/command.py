"""`marketplace create-operator`: the first person who can run the site, from the command line."""

import sys

import click
from email_validator import EmailNotValidError, validate_email
from sqlmodel import col, select

from marketplace.identity import actions
from marketplace.identity.models import Organisation
from marketplace.identity.passwords import check_new, hasher
from marketplace.identity.roles import Kind, Role
from marketplace.identity.viewer import machine
from marketplace.journal.work import Work, unit_of_work
from marketplace.kit.database import Database
from marketplace.kit.errors import Refusal
from marketplace.kit.settings import Settings


@click.command("create-operator")
@click.option("--email", required=True, help="The operator's e-mail address: the name to sign in with.")
@click.option("--name", required=True, help="The operator's full name.")
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input (one line), not from the arguments."
)
def create_operator_command(email: str, name: str, password_stdin: bool) -> None:
    """Make an account that runs the site.

    Without --password-stdin it prints a link, good once, at which the operator chooses a password.

    \b
    Examples:
      marketplace create-operator --email ann@example.org --name "Ann Example"
      marketplace create-operator --email ann@example.org --name "Ann Example" --password-stdin < password.txt

    Exit codes: 0 made; 1 refused (the reason is printed, nothing was changed).
    """
    try:
        email = validate_email(email, check_deliverability=False).normalized
        kept = ""
        if password_stdin:
            password = sys.stdin.readline().rstrip("\r\n")
            check_new(password, email=email, name=name)
            kept = hasher().hash(password)
        if not name.strip() or len(name) > 120 or not name.isprintable():
            raise Refusal("The name must be 1 to 120 printable characters.")
        click.echo(_create(Settings(), email, " ".join(name.split()), kept))
    except EmailNotValidError as error:
        raise click.ClickException(f"“{email}” is not an e-mail address: {error}") from error
    except Refusal as refusal:
        raise click.ClickException(str(refusal)) from refusal


def _create(settings: Settings, email: str, name: str, kept: str) -> str:
    database = Database(settings.database)
    who = machine("command-line")
    try:
        with unit_of_work(database) as work:
            home = _home(work)
            user = actions.create_user(
                work,
                who,
                organisation_id=home.id,
                email=email,
                name=name,
                role=Role.OPERATOR,
                password_hash=kept,
                terms_accepted=bool(kept),
            )
            if kept:
                return f"{name} can sign in at {settings.address}/sign-in as {user.email}."
            link = actions.send_invitation(work, who, user, home, address=settings.address)
            return f"{name} chooses a password at this address, once:\n{link}"
    finally:
        database.dispose()


def _home(work: Work) -> Organisation:
    """The organisation that runs the site: made with its first operator."""
    found = work.session.exec(
        select(Organisation).where(col(Organisation.kind) == Kind.OPERATOR).order_by(col(Organisation.created_at))
    ).first()
    return found or actions.create_organisation(
        work, machine("command-line"), kind=Kind.OPERATOR, name="The operator of this site"
    )
