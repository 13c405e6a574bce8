"""`marketplace import-register DIR`."""

import sys
from pathlib import Path

import click

from marketplace.kit.database import Database
from marketplace.kit.errors import ConfigurationError
from marketplace.kit.settings import Settings
from marketplace.migrations import prepare
from marketplace.register.importing import Report, import_register
from marketplace.register.rules import BadRegister


@click.command("import-register")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def import_register_command(folder: Path) -> None:
    """Load the published register of commissioners from the CSV files in DIR.

    DIR holds ccgs.csv, ccg_la.csv and ccg_neighbours.csv (clinical commissioning groups), and icbs.csv, icb_la.csv and
    icb_neighbours.csv (integrated care boards). One of the two families may be left out as a whole.

    All of it is loaded, or nothing: a bad row is refused with file, line, column and reason, and the register stays as
    it was. Loading the same files again changes nothing. A database that is still empty is prepared first.

    Exit status: 0 loaded or already up to date; 1 refused, the reasons are on the standard error; 2 a setting is wrong.

    Example: marketplace import-register ./data
    """
    try:
        settings = Settings()
        if not settings.database_url:
            settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        prepare(settings.database)
    except ConfigurationError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    database = Database(settings.database)
    try:
        report = import_register(database, folder)
    except BadRegister as error:
        click.echo(f"Nothing was loaded: the register stays as it was.\n\n{error}", err=True)
        sys.exit(1)
    except OSError as error:
        reason = f"{error.filename or folder} cannot be read ({error.strerror})"
        click.echo(f"Nothing was loaded: {reason}. Check the file and its permissions.", err=True)
        sys.exit(1)
    finally:
        database.dispose()
    click.echo(say(report))


def say(report: Report) -> str:
    """The report as people read it on a terminal."""
    lines = [f"{'file':<22}{'rows':>8}"]
    lines += [f"{name:<22}{rows:>8,}" for name, rows in report.files.items()]
    lines += [f"{name:<22}{'not given: left as it was':>27}" for name in report.absent]
    lines += ["", f"{'in the register':<22}{'rows':>8}{'added':>9}{'changed':>9}{'removed':>9}"]
    lines += [f"{c.called:<22}{c.rows:>8,}{c.added:>9,}{c.changed:>9,}{c.removed:>9,}" for c in report.counts]
    lines += ["", "Loaded." if report.changed else "Nothing changed: the register has all of this already."]
    return "\n".join(lines)
