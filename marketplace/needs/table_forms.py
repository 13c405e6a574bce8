"""Forms made of rows and columns: the ledger, and the made-up bids of the simulator."""

from collections.abc import Mapping, Sequence
from typing import Any

from marketplace import policy
from marketplace.needs.forms import DraftForm
from marketplace.web.fields import BooleanField, PoundsField, SelectField, TextField
from marketplace.web.forms import PageForm, build_form


class GetForm(PageForm):
    """A form that changes nothing and is sent by GET, so that its result has an address."""

    class Meta(PageForm.Meta):
        """Nothing to protect."""

        csrf = False


def ledger_form(rows: int) -> type[PageForm]:
    """The ledger with so many rows: provider, function, pounds a year; and the tick that it is complete."""
    choices = [(each.code, each.name) for each in policy.functions()]
    fields: list[tuple[str, Any]] = []
    for row in range(1, rows + 1):
        fields.append((f"provider_{row}", TextField(f"Provider, line {row}", optional=True, most=200)))
        fields.append((f"function_{row}", SelectField(f"Function, line {row}", optional=True, choices=choices)))
        fields.append((f"pounds_{row}", PoundsField(f"Pounds a year, line {row}", optional=True)))
    fields.append(("complete", BooleanField("These lines are all our spending on support")))
    return build_form("LedgerForm", fields, base=DraftForm)


def simulator_form(indicators: Sequence[Mapping[str, Any]], bids: Sequence[str]) -> type[PageForm]:
    """Price and levels of made-up bids."""
    fields: list[tuple[str, Any]] = []
    for bid in bids:
        fields.append(
            (f"price_{bid}", PoundsField(f"Evaluated cost of bid {bid}", called=f"the evaluated cost of bid {bid}"))
        )
    for row in indicators:
        for bid in bids:
            fields.append(
                (
                    f"{row['id']}_{bid}",
                    SelectField(
                        f"{row['id']} of bid {bid}",
                        prompt="",
                        choices=[(str(level), str(level)) for level in range(5)],
                    ),
                )
            )

    return build_form("SimulatorForm", fields, base=GetForm)
