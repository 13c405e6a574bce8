"""The pages of a draft, what each still lacks, and what would make it clearer (pure)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from marketplace import policy
from marketplace.needs import method, rules
from marketplace.needs.method import Lot
from marketplace.scoring.canonical import digest

_PLACEHOLDER = re.compile(r"\[[^\[\]\n]{1,60}\]")
_THIN_WORDS = 8  # a description of fewer words leaves a bidder guessing


@dataclass(frozen=True)
class Draft:
    """A need as its buyer sees it, as values.

    `functions`: {code: details}. `population` is None where nobody knows it yet.
    """

    id: str
    title: str
    details: Mapping[str, Any]
    term_years: int | None
    starts_on: date | None
    questions_until: datetime | None
    closes_at: datetime | None
    lots: tuple[Lot, ...]
    functions: Mapping[str, Mapping[str, Any]]
    population: int | None
    documents: int = 0

    @property
    def judging(self) -> dict[str, Any]:
        """The choices of how bids are judged: those saved, else the rubric's."""
        return {**method.default_judging(), **self.details.get("judging", {})}

    @property
    def bidders(self) -> Mapping[str, Any]:
        """Whom the need asks: {} asks everybody."""
        found: Mapping[str, Any] = self.details.get("bidders", {})
        return found


@dataclass(frozen=True)
class Task:
    """One page of the list. `status`: done, todo, optional. `problems`: what is missing, one sentence each."""

    page: str
    title: str
    hint: str
    status: str
    problems: tuple[str, ...] = field(default=())


SERVICE = "service-"  # pages "service-hr", "service-it" ...
PAGES = ("what", "requirements", "budget", "judging", "dates", "documents", "bidders")


def tasks(draft: Draft, now: datetime, holidays: Mapping[date, str]) -> list[Task]:
    """The task list of a draft at `now`, in the order of the pages.

    `holidays`: bank holidays around the closing date.
    """
    found = [_task("what", "What you need", "Functions, term and start", _what_problems(draft))]
    for code, details in draft.functions.items():
        name = policy.function(code).name
        found.append(
            _task(SERVICE + code, name, "Volumes, service levels, current cost, staff, data", service_problems(details))
        )
    wishes = draft.details.get("requirements", {})
    count = len(wishes.get("essential", ())) + len(wishes.get("nice", ()))
    found.append(Task("requirements", "Requirements", "Essential, and nice to have", "done" if count else "optional"))
    found.append(_task("budget", "Budget", "The ceiling of each lot", _budget_problems(draft)))
    found.append(
        _task("judging", "How bids are judged", "Weights, questions and stops, prefilled", _judging_problems(draft))
    )
    found.append(
        _task("dates", "Dates", "Questions until, and the deadline for bids", _dates_problems(draft, now, holidays))
    )
    found.append(Task("documents", "Documents", "Files for bidders", "done" if draft.documents else "optional"))
    bidders = _bidders_problems(draft)
    status = "todo" if bidders else "done" if draft.bidders else "optional"
    found.append(Task("bidders", "Who may bid", "Everybody, unless you say otherwise", status, tuple(bidders)))
    return found


def _task(page: str, title: str, hint: str, problems: list[str]) -> Task:
    return Task(page, title, hint, "todo" if problems else "done", tuple(problems))


def _what_problems(draft: Draft) -> list[str]:
    wanted = (
        (draft.title, "Give the need a title"),
        (draft.functions, "Choose at least one function"),
        (draft.term_years, "Give the term in years"),
        (draft.starts_on, "Give the day the service starts"),
    )
    return [sentence for value, sentence in wanted if not value]


def placeholders(details: Mapping[str, Any]) -> list[str]:
    """The gaps of the example texts that are still in what was saved: "[number]"."""
    return [gap for value in details.values() if isinstance(value, str) for gap in _PLACEHOLDER.findall(value)]


def service_problems(details: Mapping[str, Any]) -> list[str]:
    """What the page of one function still lacks."""
    found = [
        f"Describe the {label}"
        for key, label in (("volumes", "volumes"), ("service_levels", "service levels"))
        if not details.get(key)
    ]
    if details.get("staff") is None:
        found.append("Say how many staff would transfer (0 if none)")
    gaps = placeholders(details)
    if gaps:
        found.append(
            f"Fill in or take out {'the gap' if len(gaps) == 1 else f'the {len(gaps)} gaps'} in square brackets, "
            f"such as {gaps[0]}"
        )
    return found


def clarity(details: Mapping[str, Any]) -> list[str]:
    """Hints (never a bar) on what a bidder would have to guess about one function."""
    found = []
    volumes, levels = details.get("volumes", ""), details.get("service_levels", "")
    if volumes and not any(char.isdigit() for char in volumes):
        found.append("The volumes have no number in them: bidders price what they can count.")
    if levels and not any(char.isdigit() for char in levels):
        found.append("The service levels have no number in them: say how fast, how often or how many.")
    for text, name in ((volumes, "volumes"), (levels, "service levels")):
        if text and len(text.split()) < _THIN_WORDS:
            found.append(
                f"The {name} are described in fewer than {_THIN_WORDS} words: bidders may read them differently."
            )
    if details.get("current_cost_pence") is None:
        found.append("The current cost is not given: bidders then add a margin for what they do not know.")
    if details.get("staff") and not details.get("staff_note"):
        found.append("Staff would transfer, but their grades and pension scheme are not described.")
    if not details.get("data"):
        found.append("Data and systems are not described: taking them over is where projects go wrong.")
    return found


def _budget_problems(draft: Draft) -> list[str]:
    found = []
    if draft.population is None:
        found.append("Give the number of people you serve")
    if not draft.lots:
        found.append("Choose the functions first, then the ceiling")
    several = len(draft.lots) > 1
    found += [
        f"Give the ceiling{f' of lot {lot.number}, {lot.name}' if several else ''}"
        for lot in draft.lots
        if lot.ceiling_pence is None
    ]
    return found


def _judging_problems(draft: Draft) -> list[str]:
    if "judging" not in draft.details:
        return ["Look through the prefilled page and save it"]
    return [sentence for _name, sentence in method.problems(draft.judging, draft.lots)]


def _dates_problems(draft: Draft, now: datetime, holidays: Mapping[date, str]) -> list[str]:
    found = [
        sentence
        for _field, sentence in rules.date_problems(
            questions_until=draft.questions_until,
            closes_at=draft.closes_at,
            starts_on=draft.starts_on,
            now=now,
        )
    ]
    if draft.closes_at is not None:
        accepted = set(draft.details.get("dates", {}).get("accepted", ()))
        found += [
            f"Accept or change: {warning.text}"
            for warning in rules.closing_warnings(draft.closes_at, holidays)
            if warning.code not in accepted
        ]
    return found


def _bidders_problems(draft: Draft) -> list[str]:
    mode = draft.bidders.get("mode", "all")
    if mode == "kinds" and not draft.bidders.get("kinds"):
        return ["Choose at least one kind of provider"]
    if mode == "invited" and not draft.bidders.get("invited"):
        return ["Choose at least one provider to invite"]
    return []


def page_values(draft: Draft, page: str) -> dict[str, Any]:
    """What is stored for one page, as plain values. Raises KeyError for an unknown page or function."""
    if page.startswith(SERVICE):
        return dict(draft.functions[page.removeprefix(SERVICE)])
    if page == "what":
        return {
            "title": draft.title,
            "functions": list(draft.functions),
            "together": draft.details.get("what", {}).get("together"),
            "term_years": draft.term_years,
            "starts_on": draft.starts_on,
        }
    if page == "budget":
        lots = {str(lot.number): [lot.ceiling_pence, lot.floor_pence] for lot in draft.lots}
        return {"lots": lots, **draft.details.get("budget", {})}
    if page == "dates":
        return {
            "questions_until": draft.questions_until,
            "closes_at": draft.closes_at,
            **draft.details.get("dates", {}),
        }
    if page not in PAGES:
        raise KeyError(page)
    return dict(draft.details.get(page, {}))


def page_mark(draft: Draft, page: str) -> str:
    """A short mark of what is stored for a page: sent with the form, so that a save over somebody else's is noticed."""
    return digest(page_values(draft, page))[:16]
