"""The bidders' side of the main job, as people do it: register, draft, submit, replace, withdraw, trust."""

from dataclasses import dataclass, field
from pathlib import Path

from marketplace.identity.roles import Kind, Role
from marketplace.journal.work import unit_of_work
from tests.factories import make_organisation, make_user, viewer_of
from tests.factories_bids import ANSWERS, make_complete_bid
from tests.stories.people import House, Person, without_clock

NEWCOMER, TRUSTING, LEAVING = "Wyre Support Services Ltd", "Blackpool Council", "Ribble Shared Services LLP"
PASSWORD = "four quiet herons waiting"
LANCASHIRE = "E10000017"
LINES = {"index": "2", "vat_rate": "20", "vat_recoverable_share": "50", "vat_confirmed_by": "Pat Ledger"}
COSTS = {
    "mobilisation_pence": "£10,000", "tupe_redundancy_pension_pence": "5,000.50",
    "transition_double_running_pence": "0", "exit_pence": "2500", "client_side_pence_per_year": "4,000",
}  # fmt: skip
WORDS = {True: "yes", False: "no"}
TYPED = {key: WORDS[value] if isinstance(value, bool) else str(value) for key, value in ANSWERS.items()}
TYPED |= {"la3_local_fte_share": "65", "la1_body_name": "Lancashire County Council", "la1_body_area_code": LANCASHIRE}
PAGES_OF_ANSWERS = (
    "Local accountability: who the service answers to", "Local accountability: openness",
    "Independence: leaving, exit and data", "Independence: decisions, interests and surplus",
)  # fmt: skip


@dataclass
class Bids:
    """The three bids: addresses by bidder, the receipts that were read, what the buyer saw before and after."""

    at: dict[str, str] = field(default_factory=dict)
    receipts: list[str] = field(default_factory=list)
    estimate: str = ""
    buyer_before: dict[str, str] = field(default_factory=dict)
    buyer_after: dict[str, str] = field(default_factory=dict)


def register(house: House) -> Person:
    """A provider registers on line and opens the link in its mail."""
    person = house.visitor().go("/").at("Support for commissioners", "front page")
    person.page.get_by_role("link", name="Register", exact=True).first.click()
    person.at("Register as a provider")
    person.fill(organisation=NEWCOMER, kind="private", number="01234567", address="1 Pier Road\nFleetwood")
    person.fill(size="small", contact_name="Sam Pike", contact_email="bids@wyre.example", contact_phone="01253 000000")
    person.fill(name="Sam Pike", email="sam@wyre.example").press("Register").at("Look in your mail")
    person.follow("Read the mail in the outbox").at("Outbox of the example market")
    person.page.locator("tr", has_text="sam@wyre.example").get_by_role("link").click()
    person.at("Confirm", "mail with a link")
    person.page.locator(".nhsuk-inset-text").get_by_role("link").first.click()
    person.at("Confirm and choose your password")
    person.fill(password=PASSWORD, terms=True).press("Set the password").at("Dashboard", "dashboard of a new bidder")
    return person


def draft_page_by_page(bidder: Person, need_id: str, folder: Path) -> str:
    """From the public notice to the check page; returns the address of the bid."""
    bidder.go(f"/needs/{need_id}").follow("Bid for this need").at("Bid for").says("You can bid.")
    bidder.press("Start a bid").at("Your bid for", "task list of a bid")
    address = bidder.page.url.removeprefix(bidder.address)
    bidder.follow("About your organisation").at("About your organisation")
    bidder.fill(ceases="no").press("Save and continue").at("Prices").fill(offered="yes")
    bidder.fill(price_hr_1="Infinity").press("Save and continue")
    bidder.is_told("the price of Human resources in year 1 in pounds using digits only")
    assert bidder.at("Prices", "prices with a mistake").typed("price_hr_1") == "Infinity"
    for function, price in (("hr", "120,000"), ("payroll", "£80000.50")):
        bidder.fill(**{f"price_{function}_{year}": price for year in (1, 2, 3)})
        bidder.fill(**{f"{part}_{function}": text for part, text in LINES.items()})
    bidder.press("Save and continue").at("One-off and management costs").fill(**COSTS).press("Save and continue")
    for title in PAGES_OF_ANSWERS:
        bidder.at(title, "a page of questions").fill_what_is_asked(TYPED).press("Save and continue")
    plan = folder / "exit plan.txt"
    plan.write_text("The exit plan: who hands over what to whom, and when.\n")
    bidder.at("Evidence").follow("Add evidence for IN3").at("Evidence for this answer")
    bidder.fill(document=plan).press("Save the evidence").says("The evidence for IN3 is stored.")
    bidder.follow("Add evidence for LA5").fill(url="https://wyre.example/figures").press("Save the evidence")
    bidder.says("https://wyre.example/figures").follow("Continue to the check").at("Check your bid")
    return address


def submit_and_replace(bidder: Person, address: str, bids: Bids) -> None:
    """A double click on "submit", the receipt, a lower price, a second receipt."""
    bids.estimate = bidder.says("This is your own estimate").words
    bidder.page.get_by_role("button", name="Submit the bid").dblclick()
    bids.receipts.append(receipt(bidder.at("Bid received")))
    bidder.go(address).at("Your bid for", "task list of a submitted bid")
    assert len(bidder.table("Every version that was submitted")) == 1 + 1, "a double click is one version"
    bidder.go(f"{address}/lots/1").fill(price_hr_1="110,000").press("Save and continue")
    bidder.go(f"{address}/check").press("Submit this version instead").at("Bid received")
    bids.receipts.append(receipt(bidder))
    states = [row[3] for row in bidder.go(address).table("Every version that was submitted")[1:]]
    assert states == ["takes part", "replaced"]


def receipt(bidder: Person) -> str:
    """The number on the receipt that is shown."""
    return str(bidder.page.locator(".nhsuk-panel strong").inner_text())


def settled_bidder(house: House, need_id: str, name: str, kind: Kind, yearly_pence: int) -> tuple[Person, str]:
    """A provider that has been here before: its draft is complete. Signed in, in front of its bid."""
    email = f"bids@{name.split()[0].lower()}.example"
    with unit_of_work(house.database) as work:
        organisation = make_organisation(work, kind, name=name)
        viewer = viewer_of(make_user(work, organisation, Role.BIDDER, email=email), organisation)
    bid_id, _ = make_complete_bid(house.database, viewer, need_id, offered=(1,), yearly_pence=yearly_pence)
    person = house.person(email).go("/bids").at("Your bids").follow("HR and payroll")
    person.at("Your bid for", "task list of a bid")
    return person, f"/bids/{bid_id}"


def bid(house: House, need_id: str, folder: Path) -> Bids:
    """Three bidders: a newcomer submits and replaces, one trusts the service to submit at closing, one withdraws."""
    bids = Bids(buyer_before=what_the_buyer_sees(house, need_id))
    newcomer = register(house)
    bids.at[NEWCOMER] = draft_page_by_page(newcomer, need_id, folder)
    submit_and_replace(newcomer, bids.at[NEWCOMER], bids)
    house.people[NEWCOMER] = newcomer

    trusting, bids.at[TRUSTING] = settled_bidder(house, need_id, TRUSTING, Kind.COUNCIL, 9_000_000)
    trusting.press("Submit my last complete version at closing").says("will be submitted when bidding closes")
    house.people[TRUSTING] = trusting

    leaving, bids.at[LEAVING] = settled_bidder(house, need_id, LEAVING, Kind.OTHER, 5_000_000)
    leaving.go(f"{bids.at[LEAVING]}/check").press("Submit the bid").at("Bid received")
    bids.receipts.append(receipt(leaving))
    leaving.go(bids.at[LEAVING]).follow("Withdraw your bid").at("Withdraw your bid?").press("Withdraw the bid")
    leaving.says("You withdrew your bid")
    house.people[LEAVING] = leaving
    bids.buyer_after = what_the_buyer_sees(house, need_id)
    return bids


def what_the_buyer_sees(house: House, need_id: str) -> dict[str, str]:
    """The text of every page on which a buyer could look for bids before closing."""
    approver, seen = house.person("approver@fylde.example"), {}
    own = [f"/buyer/needs/{need_id}{rest}" for rest in ("", "/evaluation", "/history")]
    for path in ("/dashboard", "/buyer/needs", *own):
        seen[path] = without_clock(approver.go(path).words)
    return seen
