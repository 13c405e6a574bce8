"""The command line: `marketplace demo`, `serve`, and the commands of the operator's hand.

Every command is imported when it is asked for, so that `marketplace --help` answers at once.
"""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from marketplace.kit.errors import ConfigurationError, Refusal

COMMANDS = {
    "demo": ("marketplace.running.command:demo", "Start the whole service with an example market."),
    "serve": ("marketplace.running.command:serve", "Start the whole service without example data."),
    "migrate": ("marketplace.running.command:migrate", "Bring the database up to date."),
    "import-register": (
        "marketplace.register.command:import_register_command", "Load the register of commissioners from CSV files.",
    ),
    "create-operator": (
        "marketplace.identity.command:create_operator_command", "Make the account of a person who runs the site.",
    ),
    "sweep": ("marketplace.running.command:sweep", "Do everything that is due now (for cron)."),
    "score": ("marketplace.scoring.command:score", "Score a tender from a file and print the result."),
    "check": ("marketplace.checking:check", "Verify the journal and recompute every evaluation."),
    "web": ("marketplace.running.command:web", "Run the web processes alone."),
    "worker": ("marketplace.running.command:worker", "Run a worker alone."),
    "timetable": ("marketplace.running.command:timetable", "Run the timetable alone."),
}

EPILOG = """\b
Examples:
  marketplace demo                       look around: example market, sign-ins, mails to read
  marketplace --data var/demo check      verify the demo's journal and scores
  marketplace score tender.json          rank the bids of a score file
\b
Exit codes:
  0  done
  1  the command ran and found something wrong, or was refused
  2  bad input or configuration; nothing was done

Settings come from the environment (MARKETPLACE_DATA_DIR, MARKETPLACE_DATABASE_URL, ...): see the README.
"""


class Commands(click.Group):
    """The commands above; only the one that is run is imported."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what is wrong with the settings or refused by the rules is one sentence, not a traceback."""
        from pydantic import ValidationError

        try:
            return super().invoke(ctx)
        except ConfigurationError as error:
            click.echo(f"marketplace: {error}", err=True)
            ctx.exit(2)
        except ValidationError as error:
            if error.title != "Settings":
                raise
            for problem in error.errors():
                name = "MARKETPLACE_" + "_".join(str(part) for part in problem["loc"]).upper()
                click.echo(f"marketplace: the setting {name} cannot be used: {problem['msg'].lower()}.", err=True)
            ctx.exit(2)
        except Refusal as error:
            click.echo(f"marketplace: {error}", err=True)
            ctx.exit(1)


@click.command(
    cls=Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)
@click.version_option(package_name="commissioning-support-marketplace", prog_name="marketplace")
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), help="The data folder (else MARKETPLACE_DATA_DIR).",
)
def main(data: Path | None) -> None:
    """Tendering for NHS commissioning support: sealed bids, closed on time, scored by the rules, explained."""
    if data is not None:
        os.environ["MARKETPLACE_DATA_DIR"] = str(data)


if __name__ == "__main__":
    sys.exit(main())
