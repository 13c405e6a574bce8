"""The buyer's side of the main job, as a person does it: draft, approve, publish, look at the result."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from marketplace.identity.roles import Kind, Role
from marketplace.identity.viewer import Viewer
from marketplace.journal.work import unit_of_work
from marketplace.kit.database import Database
from tests.factories import make_organisation, make_user, viewer_of
from tests.stories.people import House, Person

BUYER = "NHS Fylde and Wyre CCG"
TITLE = "HR and payroll for the Fylde coast"
CEILING = 150_000_000  # pence
REGISTER = Path(__file__).parents[2] / "marketplace" / "register" / "example"
SERVICE = {
    "volumes": "95 employees, 12 starters and 10 leavers a year at two sites.",
    "service_levels": "Letters within 2 working days; 99.5 % of records right the first time.",
    "current_cost_pence": "120,000",
    "staff": "2",
    "staff_note": "Bands 5 and 6, NHS pension.",
    "data": "Personnel files in ESR.",
    "systems": "ESR stays.",
}
PEOPLE = (Role.MANAGER, Role.APPROVER, Role.EVALUATOR, Role.AUDITOR)


@dataclass(frozen=True)
class Posted:
    """The need that was published."""

    need_id: str
    preview: str
    simulated: list[list[str]]


def move_in(database: Database) -> Viewer:
    """The buyer with its people (role@fylde.example), and another commissioner's manager (manager@preston.example).

    Returns the buyer's manager.
    """
    with unit_of_work(database) as work:
        buyer = make_organisation(work, Kind.CCG, name=BUYER, register_code="02M")
        users = {role: make_user(work, buyer, role, email=f"{role.value}@fylde.example") for role in PEOPLE}
        other = make_organisation(work, Kind.CCG, name="NHS Greater Preston CCG", register_code="01E")
        make_user(work, other, Role.MANAGER, email="manager@preston.example")
        return viewer_of(users[Role.MANAGER], buyer)


def say_what_is_spent(manager: Person) -> None:
    """The ledger, without which independence stays provisional."""
    manager.go("/buyer/spend").at("What you spend on support")
    manager.fill(provider_1="County Council", function_1="hr", pounds_1="£120,000")
    manager.fill(provider_2="Red Rose IT", function_2="it", pounds_2="300000.00", complete=True)
    manager.press("Save").says("Saved so far: £420,000 a year")


def draft_every_page(manager: Person, folder: Path) -> str:
    """From "Start a new need" to a full task list; returns the need's id."""
    manager.go("/buyer/needs").follow("Start a new need").at("What do you need?")
    start = f"1 12 {datetime.now(UTC).year + 1}"
    manager.fill(title=TITLE, functions=["hr", "payroll"], together="together", term_years="3", starts_on=start)
    manager.press("Save and continue").at("Human resources", "a function")
    need_id = manager.page.url.split("/needs/")[1].split("/")[0]
    manager.fill(**SERVICE).press("Save and continue").at("Payroll", "a function")
    manager.fill(**SERVICE).press("Save and continue").at("Requirements")
    manager.fill(essential="Works with ESR\nNamed lead", nice="Open on Saturdays").press("Save and continue")
    manager.at("Budget").fill(ceiling_1="£1,500,000").press("Save and continue").at("How bids are judged")
    manager.press("Save and continue").at("Dates")
    manager.fill(length="2").press("Save and continue").at("Documents")
    staff = folder / "staff.csv"
    staff.write_text("band,hours\n5,37.5\n6,30\n")
    manager.fill(title="Staff list", file=staff).press("Add the document").says("staff.csv")
    manager.follow("Continue").at("Who may bid")
    manager.fill(mode="all").press("Save and continue").at(TITLE, "task list of a need")
    return need_id


def post_a_need(house: House, folder: Path) -> Posted:
    """The manager drafts, previews, simulates and asks; the approver reads and publishes."""
    manager = house.person("manager@fylde.example")
    say_what_is_spent(manager)
    need_id = draft_every_page(manager, folder)
    manager.says("9 of 9 pages are done")
    preview = manager.follow("Preview as bidders will see it").at(TITLE, "preview").words
    manager.go(f"/buyer/needs/{need_id}").follow("Try it with made-up bids").at("Try it with made-up bids")
    manager.fill(price_A="£200,000").press("Score these bids").says("What the four formulas would make")
    simulated = manager.table("Ranking of the made-up bids")
    manager.go(f"/buyer/needs/{need_id}").follow("Ask for approval").at("Ask for approval")
    manager.fill(note="Please look at the ceiling.").press("Ask for approval").says("The approvers have a mail")
    approver = house.person("approver@fylde.example").go("/dashboard").follow(TITLE)
    approver.says("Please look at the ceiling.").follow("Check and publish").at("Check and publish")
    approver.fill(sure=True).press("Publish now").says("Published. Everybody can read it now")
    return Posted(need_id, preview, simulated)
