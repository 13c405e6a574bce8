"""A market with a need in every stage and a bid in every stage, made by the actions that people and the worker use."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from marketplace.bids import access, drafting
from marketplace.bids import actions as bid_actions
from marketplace.evaluations.closing import close_need
from marketplace.evaluations.opening import open_need
from marketplace.evaluations.scores import score_need
from marketplace.identity.models import Organisation, User
from marketplace.identity.roles import Kind, Role
from marketplace.identity.viewer import Viewer, machine
from marketplace.journal.work import unit_of_work
from marketplace.kit.database import Database
from marketplace.kit.uploads import check_upload
from marketplace.needs import actions as need_actions
from marketplace.needs import documents
from marketplace.needs.models import Need
from tests.factories import make_organisation, make_user, viewer_of
from tests.factories_bids import make_complete_bid, submit
from tests.factories_needs import make_draft

NEED_STAGES = ("draft", "review", "open", "closed", "opened", "scored")
BID_STAGES = ("bid_draft", "bid_submitted", "bid_withdrawn", "bid_scored")
EVIDENCE = b"The group has a voting seat on our board: minutes of May.\n"
DOCUMENT = b"Volumes: 95 employees.\n"


@dataclass
class Scene:
    """Everybody and everything: `people` and `roles` by the name of the person; ids by stage."""

    people: dict[str, str | None]
    roles: dict[str, Role | None]
    needs: dict[str, str]
    bids: dict[str, str]
    documents: dict[str, str]
    evidence: dict[str, str]

    def cases(self, path: str) -> dict[str, dict[str, str]]:
        """{stage: parameters of addresses}: of the bids, or of the needs with the bid for each."""
        of_bids = "<need_id>" not in path
        common = {"number": "1", "function": "hr", "indicator": "LA2", "page": "accountability-1", "kind": "score-file"}
        if of_bids:
            return {
                stage: {**common, "bid_id": self.bids[stage], "document_id": self.evidence[stage]}
                for stage in BID_STAGES
            }
        return {
            stage: {
                **common,
                "need_id": need_id,
                "bid_id": self.bids.get(stage, "nothing"),
                "document_id": (self.evidence if "<bid_id>" in path else self.documents).get(stage, "nothing"),
            }
            for stage, need_id in self.needs.items()
        }


def build_scene(database: Database) -> Scene:
    """Everything happens at the clock of `database`, then the deadline of the later stages passes."""
    start = database._clock() if database._clock else None
    assert start is not None, "the scene needs a clock that stands still"
    people: dict[str, str | None] = {"anonymous": None}
    roles: dict[str, Role | None] = {"anonymous": None}
    with unit_of_work(database) as work:

        def person(name: str, home: Organisation, role: Role) -> User:
            user = make_user(work, home, role, email=f"{name}@example.org", name=name.title())
            people[name], roles[name] = user.id, role
            return user

        buyer, provider = make_organisation(work, Kind.CCG), make_organisation(work, Kind.PRIVATE)
        for role in (Role.MANAGER, Role.EVALUATOR, Role.AUDITOR):
            person(role.value, buyer, role)
        approver = viewer_of(person("approver", buyer, Role.APPROVER), buyer)
        person("foreign_approver", make_organisation(work, Kind.CCG), Role.APPROVER)
        bidder = viewer_of(person("bidder", provider, Role.BIDDER), provider)
        person("foreign_bidder", make_organisation(work, Kind.PRIVATE), Role.BIDDER)
        person("operator", make_organisation(work, Kind.OPERATOR), Role.OPERATOR)
    scene = Scene(people, roles, {}, {}, {}, {})
    for stage in NEED_STAGES:
        _make_need(database, scene, stage, approver)
    _make_bids(database, scene, approver, bidder)
    _pass_deadline(database, scene, start)
    return scene


def _make_need(database: Database, scene: Scene, stage: str, approver: Viewer, *, days: int = 60) -> None:
    """A need on its way to a stage: published when the stage is open or later."""
    with unit_of_work(database) as work:
        need = make_draft(
            work, approver, title=f"Back office {stage}", days=14 if stage in ("closed", "opened", "scored") else days
        )
        need_id = need.id
        document = documents.add(
            work,
            approver,
            need_id=need_id,
            title="Volumes",
            file_name="volumes.txt",
            content=DOCUMENT,
            most_bytes=10**6,
        )
        scene.needs[stage], scene.documents[stage] = need_id, document.id
        if stage == "review":
            need_actions.ask_approval(work, approver, need_id=need_id)
        elif stage != "draft":
            need_actions.publish(work, approver, need_id=need_id)


def _make_bids(database: Database, scene: Scene, approver: Viewer, bidder: Viewer) -> None:
    """A submitted bid for every published need; a draft and a withdrawn one for open needs of their own."""
    for stage in ("closed", "opened", "scored", "open"):
        scene.bids[stage], scene.evidence[stage] = _bid(database, bidder, scene.needs[stage], stage)
    for stage in ("bid_draft", "bid_withdrawn"):
        extra = Scene(scene.people, scene.roles, {}, {}, {}, {})
        _make_need(database, extra, stage, approver)
        send = stage != "bid_draft"
        scene.bids[stage], scene.evidence[stage] = _bid(database, bidder, extra.needs[stage], stage, send=send)
    with unit_of_work(database) as work:
        bid_actions.withdraw(work, bidder, bid_id=scene.bids["bid_withdrawn"])
    for kept in (scene.bids, scene.evidence):
        kept["bid_submitted"], kept["bid_scored"] = kept["open"], kept["scored"]


def _bid(database: Database, bidder: Viewer, need_id: str, key: str, *, send: bool = True) -> tuple[str, str]:
    """(id of the bid, id of its document of evidence)."""
    bid_id, revision = make_complete_bid(database, bidder, need_id, offered=(1,))
    upload = check_upload("seat.txt", EVIDENCE, most_bytes=10**6)
    with unit_of_work(database) as work:
        drafting.attach_document(work, bidder, bid_id=bid_id, revision=revision, indicator="LA2", upload=upload)
    if send:
        submit(database, bidder, bid_id, key=key.encode().hex().ljust(32, "0")[:32])
    with database.reading() as session:
        return bid_id, access.own_draft(session, bidder, bid_id).content["evidence"]["LA2"]["id"]


def _pass_deadline(database: Database, scene: Scene, start: datetime) -> None:
    """A month later: close, open and score what is due, each as far as its stage says."""
    later: Callable[[], datetime] = lambda: start + timedelta(days=30)  # noqa: E731
    database._clock = later
    for stage in ("closed", "opened", "scored"):
        need_id = scene.needs[stage]
        with unit_of_work(database) as work:
            close_need(work, machine("closing"), need_id)
        if stage != "closed":
            with unit_of_work(database) as work:
                open_need(work, machine("opening"), need_id)
        if stage == "scored":
            score_need(database, need_id)
    with database.reading() as session:
        for stage, need_id in scene.needs.items():
            assert session.get_one(Need, need_id).stage == stage
