"""The task list of a draft (pure)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from marketplace import policy
from marketplace.bids import draft
from marketplace.needs.method import name_functions


@dataclass(frozen=True)
class Task:
    """One page of the draft: its name, what it asks, where it is (None when it cannot be changed), how far it is."""

    title: str
    hint: str
    href: str | None
    status: str
    done: bool


@dataclass(frozen=True)
class Group:
    """Tasks that belong together."""

    title: str
    tasks: tuple[Task, ...]


def pages(method: Mapping[str, Any]) -> list[str]:
    """All pages of a draft, in the order in which they are offered."""
    found = ["organisation"]
    for lot in draft.lots_of(method):
        found += [f"lots/{lot['number']}", f"lots/{lot['number']}/costs"]
    asked = set(draft.asked_indicators(method))
    found += [f"answers/{page}" for page, ids in draft.PAGES.items() if asked & set(ids)]
    return [*found, "evidence", "check"]


def next_page(page: str, method: Mapping[str, Any]) -> str:
    """The page after this one; "" (the task list) after the last."""
    order = pages(method)
    place = order.index(page) + 1 if page in order else len(order)
    return order[place] if place < len(order) else ""


def tasks(content: Mapping[str, Any], method: Mapping[str, Any], where: Callable[[str], str | None]) -> list[Group]:
    """The task list. `where` gives the address of a page, None when it cannot be opened."""
    open_pages = {gap.page for gap in draft.missing(content, method)}

    def task(page: str, title: str, hint: str, *, status: str = "") -> Task:
        done = page not in open_pages and not status
        return Task(title, hint, where(page), status or ("Completed" if done else "To do"), done)

    lots = [entry for lot in draft.lots_of(method) for entry in _lot(content, lot, task)]
    return [
        Group(
            "Your organisation",
            (task("organisation", "About your organisation", "Whether it lasts, and whom to contact"),),
        ),
        Group("Prices", tuple(lots)),
        Group(
            "Questions", tuple(_answers(content, method, page, task) for page in draft.PAGES if _asked(method, page))
        ),
        Group("Evidence", (_evidence(content, method, where),)),
    ]


def _lot(content: Mapping[str, Any], lot: Mapping[str, Any], task: Callable[..., Task]) -> list[Task]:
    number, several = lot["number"], name_functions(lot["functions"])
    offered = content["lots"].get(str(number), {}).get("offered")
    prices = task(
        f"lots/{number}",
        f"Lot {number}: {several}",
        "A price for each function and year, index, VAT",
        status="Not offered" if offered is False else "",
    )
    if offered is False:
        return [Task(prices.title, prices.hint, prices.href, prices.status, True)]
    status = "" if offered else "After the prices"
    return [
        prices,
        task(
            f"lots/{number}/costs",
            f"Lot {number}: one-off and management costs",
            "Setting up, staff transfer, exit",
            status=status,
        ),
    ]


def _asked(method: Mapping[str, Any], page: str) -> list[str]:
    return [each for each in draft.asked_indicators(method) if each in draft.PAGES[page]]


def _answers(content: Mapping[str, Any], method: Mapping[str, Any], page: str, task: Callable[..., Task]) -> Task:
    asked = _asked(method, page)
    unanswered = [each for each in asked if not draft.answered(content["answers"], each)]
    reused = [each for each in asked if each in content["prefilled"]]
    status = "To check" if reused else f"{len(asked) - len(unanswered)} of {len(asked)} answered" if unanswered else ""
    hint = ", ".join(policy.indicator(each).title.lower() for each in asked)
    hint = f"Filled in from your last bid: {hint}" if reused else hint
    return task(f"answers/{page}", draft.PAGE_TITLES[page], hint[:1].upper() + hint[1:], status=status)


def _evidence(content: Mapping[str, Any], method: Mapping[str, Any], where: Callable[[str], str | None]) -> Task:
    wanted = [each for each in draft.asked_indicators(method) if policy.indicator(each).needs_evidence]
    given = [each for each in wanted if each in content["evidence"]]
    return Task(
        "Documents and links",
        f"Without evidence an answer counts at most level {policy.evidence_cap()}",
        where("evidence"),
        f"{len(given)} of {len(wanted)}",
        len(given) == len(wanted),
    )
