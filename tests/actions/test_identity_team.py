"""Organisations, invitations, teams, links: what is allowed, what is refused, and that refusals leave nothing
behind."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import col, select

from marketplace.identity import actions, joining, links, operating, own, queries, sessions, team
from marketplace.identity.models import LinkPurpose, MailLink, Organisation, SignIn, Standing, User
from marketplace.identity.roles import Kind, Role
from marketplace.identity.viewer import PUBLIC_VIEWER, Viewer, machine
from marketplace.journal.models import JournalLine
from marketplace.journal.work import unit_of_work
from marketplace.kit.database import Database
from marketplace.kit.errors import Invalid, NotHere
from marketplace.notices.models import Mail
from tests.factories import make_organisation, make_user, viewer_of

SITE = "http://site.example"


def _team(database: Database, *roles: Role, kind: Kind = Kind.CCG) -> tuple[Organisation, list[User], list[Viewer]]:
    with unit_of_work(database) as work:
        organisation = make_organisation(work, kind)
        users = [make_user(work, organisation, role) for role in roles]
    return organisation, users, [viewer_of(user, organisation) for user in users]


def _verbs(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.exec(select(JournalLine.verb).order_by(col(JournalLine.seq))))


def _token(database: Database) -> str:
    with database.reading() as session:
        text = session.exec(select(Mail.text).order_by(col(Mail.created_at).desc(), col(Mail.id))).first()
    return text.partition(f"{SITE}/link/")[2].split()[0]


def _user(database: Database, user_id: str) -> User:
    with database.reading() as session:
        return session.get(User, user_id)


def test_invitation_is_taken_up_once(any_database: Database) -> None:
    home, _, (approver,) = _team(any_database, Role.APPROVER)
    with unit_of_work(any_database) as work:
        invited = actions.invite(
            work,
            approver,
            organisation_id=home.id,
            email="New@Trust.nhs.uk",
            name="Ann New",
            role=Role.MANAGER,
            address=SITE,
        )
    assert _user(any_database, invited.id).email == "new@trust.nhs.uk"
    token = _token(any_database)
    with unit_of_work(any_database) as work:
        link = links.use(work, token)
        own.set_password_by_link(work, user_id=link.user_id, password_hash="h", first=True, address=SITE)
    assert _user(any_database, invited.id).password_hash == "h"
    assert _user(any_database, invited.id).terms_accepted_at is not None
    with pytest.raises(links.LinkGone), unit_of_work(any_database) as work:
        links.use(work, token)
    assert _verbs(any_database) == ["user.created", "user.invited", "user.joined"]


def test_two_presses_on_one_link_use_it_once(any_database: Database) -> None:
    _, (user,), _ = _team(any_database, Role.APPROVER)
    with unit_of_work(any_database) as work:
        secret, _ = links.make_link(work, LinkPurpose.RESET, user_id=user.id)

    def press(number: int) -> bool:
        try:
            with unit_of_work(any_database) as work:
                link = links.use(work, secret)
                own.set_password_by_link(
                    work, user_id=link.user_id, password_hash=f"h{number}", first=False, address=SITE
                )
        except links.LinkGone:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(press, range(4))) == [False, False, False, True]


def test_link_runs_out(sqlite_url: str) -> None:
    now = [datetime(2013, 3, 4, tzinfo=UTC)]
    database = Database(sqlite_url, clock=lambda: now[0])
    _, (user,), _ = _team(database, Role.APPROVER)
    with unit_of_work(database) as work:
        secret, until = links.make_link(work, LinkPurpose.RESET, user_id=user.id)
    assert until == now[0] + timedelta(hours=1)
    now[0] = until - timedelta(seconds=1)
    with database.reading() as session:
        assert links.look_at(session, secret, now[0]).user_id == user.id
    now[0] = until
    with pytest.raises(links.LinkGone, match="run out"), unit_of_work(database) as work:
        links.use(work, secret)
    database.dispose()


def test_new_link_ends_the_one_before(database: Database) -> None:
    _, (user,), _ = _team(database, Role.APPROVER)
    with unit_of_work(database) as work:
        first, _ = links.make_link(work, LinkPurpose.RESET, user_id=user.id)
        links.make_link(work, LinkPurpose.RESET, user_id=user.id)
    with pytest.raises(links.LinkGone, match="newer one"), unit_of_work(database) as work:
        links.use(work, first)


def test_reset_ends_sign_ins_and_opens_the_lock(database: Database) -> None:
    _, (user,), _ = _team(database, Role.APPROVER)
    with unit_of_work(database) as work:
        mine = work.session.get(User, user.id)
        sessions.open_sign_in(work, mine)
        mine.failures, mine.locked_until = 10, work.now() + timedelta(minutes=15)
        own.ask_for_reset(work, email=user.email, address=SITE)
    with unit_of_work(database) as work:
        link = links.use(work, _token(database))
        own.set_password_by_link(work, user_id=link.user_id, password_hash="new", first=False, address=SITE)
    after = _user(database, user.id)
    assert (after.failures, after.locked_until, after.password_hash) == (0, None, "new")
    with database.reading() as session:
        assert session.exec(select(SignIn)).all() == []
        kinds = session.exec(select(Mail.kind).order_by(col(Mail.created_at))).all()
    assert kinds == ["reset", "account"]


def test_reset_of_unknown_or_switched_off_address_sends_nothing(database: Database) -> None:
    _, (user,), _ = _team(database, Role.APPROVER)
    with unit_of_work(database) as work:
        work.session.get(User, user.id).standing = Standing.OFF
        own.ask_for_reset(work, email=user.email, address=SITE)
        own.ask_for_reset(work, email="nobody@example.org", address=SITE)
    with database.reading() as session:
        assert session.exec(select(Mail)).all() == []
    assert _verbs(database) == ["user.asked_to_reset"] * 2


@pytest.mark.parametrize(
    ("email", "role", "field"),
    [
        ("x@gmail.example", Role.MANAGER, "email"),
        ("x@nhs.net", Role.BIDDER, "role"),
        ("x@evilnhs.net", Role.MANAGER, "email"),
    ],
)
def test_approver_invites_only_approved_domains_and_fitting_roles(
    database: Database, email: str, role: Role, field: str
) -> None:
    home, _, (approver,) = _team(database, Role.APPROVER)
    with pytest.raises(Invalid) as refusal, unit_of_work(database) as work:
        actions.invite(work, approver, organisation_id=home.id, email=email, name="X", role=role, address=SITE)
    assert refusal.value.field == field
    with database.reading() as session:
        assert len(session.exec(select(User)).all()) == 1
        assert session.exec(select(MailLink)).all() == []


def test_address_has_one_account_whatever_the_case_and_the_race(any_database: Database) -> None:
    home, _, (bidder,) = _team(any_database, Role.BIDDER, kind=Kind.PRIVATE)

    def press(_: int) -> bool:
        try:
            with unit_of_work(any_database) as work:
                actions.invite(
                    work,
                    bidder,
                    organisation_id=home.id,
                    email="Twice@Example.org",
                    name="X",
                    role=Role.BIDDER,
                    address=SITE,
                )
        except Invalid as refusal:
            return refusal.field != "email"
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(press, range(4))) == [False, False, False, True]


def test_people_of_other_organisations_do_not_exist_for_a_team(database: Database) -> None:
    _, (foreign,), _ = _team(database, Role.APPROVER)
    _home, _, (approver,) = _team(database, Role.APPROVER)
    calls = [
        lambda work: team.deactivate(work, approver, user_id=foreign.id),
        lambda work: team.reactivate(work, approver, user_id=foreign.id),
        lambda work: team.change_role(work, approver, user_id=foreign.id, role=Role.MANAGER),
        lambda work: team.decline(work, approver, user_id=foreign.id),
        lambda work: team.approve(work, approver, user_id=foreign.id, role=Role.MANAGER, address=SITE),
        lambda work: team.invite_again(work, approver, user_id=foreign.id, address=SITE),
        lambda work: actions.invite(
            work,
            approver,
            organisation_id=foreign.organisation_id,
            email="a@nhs.net",
            name="A",
            role=Role.MANAGER,
            address=SITE,
        ),
    ]
    for call in calls:
        with pytest.raises(NotHere), unit_of_work(database) as work:
            call(work)
    assert _verbs(database) == []


def test_deactivated_person_is_out_at_once_and_comes_back(database: Database) -> None:
    _, (_, manager), (approver, _) = _team(database, Role.APPROVER, Role.MANAGER)
    with unit_of_work(database) as work:
        secret = sessions.open_sign_in(work, work.session.get(User, manager.id))
    with unit_of_work(database) as work:
        team.deactivate(work, approver, user_id=manager.id)
    with database.reading() as session:
        assert sessions.find(database, session, secret) is None
        assert session.exec(select(SignIn)).all() == []
    with unit_of_work(database) as work:
        team.reactivate(work, approver, user_id=manager.id)
    assert _user(database, manager.id).standing is Standing.ACTIVE


@pytest.mark.parametrize(
    ("kind", "role"), [(Kind.CCG, Role.APPROVER), (Kind.PRIVATE, Role.BIDDER), (Kind.OPERATOR, Role.OPERATOR)]
)
def test_last_one_stays(database: Database, kind: Kind, role: Role) -> None:
    home, (user,), (who,) = _team(database, role, kind=kind)
    with unit_of_work(database) as work:  # invited but never joined: does not count
        work.session.add(
            User(organisation_id=home.id, email="invited@nhs.net", name="I", role=role, created_at=work.now())
        )
    with pytest.raises(team.LastOne), unit_of_work(database) as work:
        team.deactivate(work, who, user_id=user.id)
    assert _user(database, user.id).standing is Standing.ACTIVE


def test_last_approver_cannot_become_manager_or_move_away(database: Database) -> None:
    _, (user,), (who,) = _team(database, Role.APPROVER)
    elsewhere, _, _ = _team(database)
    _, _, (operator,) = _team(database, Role.OPERATOR, kind=Kind.OPERATOR)
    with pytest.raises(team.LastOne), unit_of_work(database) as work:
        team.change_role(work, who, user_id=user.id, role=Role.MANAGER)
    with pytest.raises(team.LastOne), unit_of_work(database) as work:
        operating.move(work, operator, user_id=user.id, organisation_id=elsewhere.id, role=Role.APPROVER)


def test_two_approvers_cannot_switch_each_other_off_at_once(any_database: Database) -> None:
    _, (a, b), (as_a, as_b) = _team(any_database, Role.APPROVER, Role.APPROVER)

    def press(pair: tuple[Viewer, str]) -> bool:
        try:
            with unit_of_work(any_database) as work:
                team.deactivate(work, pair[0], user_id=pair[1])
        except team.LastOne:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(press, [(as_a, b.id), (as_b, a.id)])) == [False, True]
    with any_database.reading() as session:
        assert len(queries.people(session, a.organisation_id, [Role.APPROVER])) == 1


def test_registering_makes_rows_only_at_confirmation(any_database: Database) -> None:
    facts = {
        "name": "Care Back Office Ltd",
        "kind": "private",
        "number": "01234567",
        "address": "1 High Street",
        "size": "small",
        "contact_name": "Ann",
        "contact_email": "bids@cbo.example",
        "contact_phone": "",
        "group_name": "CBO Group",
    }
    with unit_of_work(any_database) as work:
        joining.register(work, email="Ann@cbo.example", name="Ann", organisation=facts, address=SITE)
    with any_database.reading() as session:
        assert session.exec(select(Organisation)).all() == []
    with unit_of_work(any_database) as work:
        user = joining.confirm_registration(work, links.use(work, _token(any_database)), password_hash="h")
    with any_database.reading() as session:
        made = queries.organisation(session, user.organisation_id)
    assert (made.name, made.kind, made.number, made.size, made.group_name, made.standing) == (
        "Care Back Office Ltd",
        Kind.PRIVATE,
        "01234567",
        "small",
        "CBO Group",
        Standing.ACTIVE,
    )
    assert (user.role, user.email) == (Role.BIDDER, "ann@cbo.example")


def test_registering_a_known_address_only_tells_its_owner(database: Database) -> None:
    _, (user,), _ = _team(database, Role.APPROVER)
    with unit_of_work(database) as work:
        joining.register(work, email=user.email, name="Evil", organisation={"name": "E", "kind": "other"}, address=SITE)
        joining.register(
            work, email="new@example.org", name="New", organisation={"name": "N", "kind": "other"}, address=SITE
        )
    with database.reading() as session:
        mails = {mail.to: mail for mail in session.exec(select(Mail))}
        assert len(session.exec(select(MailLink)).all()) == 1
    assert "/link/" not in mails[user.email].text
    assert not mails[user.email].secret
    assert mails["new@example.org"].secret
    assert _verbs(database) == ["user.asked_to_register"] * 2


def test_two_registrations_of_one_address_make_one_account(database: Database) -> None:
    for name in ("One", "Two"):
        with unit_of_work(database) as work:
            joining.register(
                work, email="a@x.example", name="A", organisation={"name": name, "kind": "other"}, address=SITE
            )
    with database.reading() as session:
        tokens = [text.partition("/link/")[2].split()[0] for text in session.exec(select(Mail.text))]
    with unit_of_work(database) as work:
        joining.confirm_registration(work, links.use(work, tokens[0]), password_hash="h")
    with pytest.raises(joining.NoLongerOpen), unit_of_work(database) as work:
        joining.confirm_registration(work, links.use(work, tokens[1]), password_hash="h")
    with database.reading() as session:
        assert len(session.exec(select(Organisation)).all()) == 1


def test_new_commissioner_waits_for_the_operator(any_database: Database) -> None:
    _, _, (operator,) = _team(any_database, Role.OPERATOR, kind=Kind.OPERATOR)
    wanted = joining.Wanted("NHS Bexley CCG", Kind.CCG, register_code="07N")
    with unit_of_work(any_database) as work:
        joining.ask_to_join(work, email="ann@bexley.nhs.uk", name="Ann", wanted=wanted, address=SITE)
    with unit_of_work(any_database) as work:
        user, made = joining.confirm_joining(
            work, links.use(work, _token(any_database)), password_hash="h", address=SITE
        )
    assert (user.standing, made.standing, made.register_code) == (Standing.WAITING, Standing.WAITING, "07N")
    with any_database.reading() as session:
        told = session.exec(select(Mail.to).where(col(Mail.kind) == "account")).all()
    assert told == [operator.email]
    with unit_of_work(any_database) as work:
        operating.approve_organisation(work, operator, organisation_id=made.id, address=SITE)
    after = _user(any_database, user.id)
    assert (after.standing, after.role) == (Standing.ACTIVE, Role.APPROVER)
    with pytest.raises(team.NotWaiting), unit_of_work(any_database) as work:
        operating.approve_organisation(work, operator, organisation_id=made.id, address=SITE)


def test_colleague_waits_for_an_approver_who_says_yes_or_no(database: Database) -> None:
    home, _, (approver,) = _team(database, Role.APPROVER)
    waiting = []
    for name in ("yes", "no"):
        wanted = joining.Wanted(home.name, Kind.CCG, organisation_id=home.id)
        with unit_of_work(database) as work:
            joining.ask_to_join(work, email=f"{name}@nhs.net", name=name, wanted=wanted, address=SITE)
        with database.reading() as session:
            text = session.exec(select(Mail.text).where(col(Mail.to) == f"{name}@nhs.net")).one()
        with unit_of_work(database) as work:
            link = links.use(work, text.partition("/link/")[2].split()[0])
            waiting.append(joining.confirm_joining(work, link, password_hash="h", address=SITE)[0])
    with unit_of_work(database) as work:
        team.approve(work, approver, user_id=waiting[0].id, role=Role.EVALUATOR, address=SITE)
        team.decline(work, approver, user_id=waiting[1].id)
    assert _user(database, waiting[0].id).role is Role.EVALUATOR
    assert _user(database, waiting[1].id) is None
    with database.reading() as session:
        told = session.exec(select(Mail.to).where(col(Mail.to) == approver.email)).all()
        assert len(told) == 2
        assert queries.user_by_email(session, "no@nhs.net") is None


@pytest.mark.parametrize("email", ["a@gmail.example", "a@nhs.net.example", "a@notnhs.uk"])
def test_only_approved_domains_join(database: Database, email: str) -> None:
    with pytest.raises(Invalid, match="not approved"), unit_of_work(database) as work:
        joining.ask_to_join(
            work, email=email, name="A", wanted=joining.Wanted("X", Kind.CCG, register_code="07N"), address=SITE
        )


def test_domain_of_one_organisation_counts_for_it_alone(database: Database) -> None:
    home, _, _ = _team(database)
    other, _, _ = _team(database)
    with unit_of_work(database) as work:
        work.session.get(Organisation, home.id).domains = ["partner.example"]
    with database.reading() as session:
        one, two = queries.organisation(session, home.id), queries.organisation(session, other.id)
    assert queries.domain_approved("a@partner.example", one)
    assert queries.domain_approved("a@sub.Partner.example", one)
    assert not queries.domain_approved("a@partner.example", two)


def test_commissioner_has_one_account(database: Database) -> None:
    with unit_of_work(database) as work:
        actions.create_organisation(work, machine("test"), kind=Kind.CCG, name="NHS Bexley CCG", register_code="07N")
    with pytest.raises(Invalid, match="has an account already"), unit_of_work(database) as work:
        actions.create_organisation(work, machine("test"), kind=Kind.CCG, name="NHS Bexley CCG", register_code="07N")


def test_switching_an_organisation_off_ends_every_sign_in_of_it(database: Database) -> None:
    home, (a, b), _ = _team(database, Role.APPROVER, Role.MANAGER)
    _, (stranger,), (operator,) = _team(database, Role.OPERATOR, kind=Kind.OPERATOR)
    with unit_of_work(database) as work:
        for user in (a, b, stranger):
            sessions.open_sign_in(work, work.session.get(User, user.id))
        operating.switch_off(work, operator, organisation_id=home.id)
    with database.reading() as session:
        assert session.exec(select(SignIn.user_id)).all() == [stranger.id]
    with pytest.raises(operating.OwnOrganisation), unit_of_work(database) as work:
        operating.switch_off(work, operator, organisation_id=operator.organisation_id)


def test_stale_edit_is_refused_and_changes_nothing(database: Database) -> None:
    home, _, _ = _team(database)
    _, _, (operator,) = _team(database, Role.OPERATOR, kind=Kind.OPERATOR)
    values = {name: getattr(home, name) for name in operating.EDITABLE}
    with unit_of_work(database) as work:
        operating.edit_organisation(
            work,
            operator,
            organisation_id=home.id,
            revision=1,
            values=values | {"name": "First"},
            domains=["@First.example", ""],
        )
    with pytest.raises(operating.ChangedMeanwhile), unit_of_work(database) as work:
        operating.edit_organisation(
            work, operator, organisation_id=home.id, revision=1, values=values | {"name": "Second"}, domains=[]
        )
    with database.reading() as session:
        after = queries.organisation(session, home.id)
    assert (after.name, after.domains, after.revision) == ("First", ["first.example"], 2)


@pytest.mark.parametrize("domain", ["x", "a b.example", "-a.example", "a..example", "ä.example", "x" * 260 + ".uk"])
def test_what_is_not_a_domain_is_refused(domain: str) -> None:
    with pytest.raises(Invalid) as refusal:
        operating.clean_domains([domain])
    assert refusal.value.field == "domains"


def test_moved_person_signs_in_anew_elsewhere(database: Database) -> None:
    _, (_, manager), _ = _team(database, Role.APPROVER, Role.MANAGER)
    target, _, _ = _team(database, kind=Kind.COUNCIL)
    _, _, (operator,) = _team(database, Role.OPERATOR, kind=Kind.OPERATOR)
    with unit_of_work(database) as work:
        secret = sessions.open_sign_in(work, work.session.get(User, manager.id))
    with pytest.raises(Invalid), unit_of_work(database) as work:
        operating.move(work, operator, user_id=manager.id, organisation_id=target.id, role=Role.MANAGER)
    with unit_of_work(database) as work:
        operating.move(work, operator, user_id=manager.id, organisation_id=target.id, role=Role.BIDDER)
    with database.reading() as session:
        assert sessions.find(database, session, secret) is None
    assert _user(database, manager.id).organisation_id == target.id


def test_searches_take_percent_and_underscore_literally(database: Database) -> None:
    with unit_of_work(database) as work:
        make_organisation(work, Kind.PRIVATE, name="100% Payroll")
        make_organisation(work, Kind.PRIVATE, name="1000 Payrolls")
    with database.reading() as session:
        assert [row[0].name for row in queries.search_organisations(session, "100%").rows] == ["100% Payroll"]
        assert queries.search_organisations(session, "0_").total == 0
        assert queries.search_users(session, "nobody").pages == 1


def test_change_of_password_keeps_only_this_sign_in(database: Database) -> None:
    _, (user,), (who,) = _team(database, Role.APPROVER)
    with unit_of_work(database) as work:
        here = sessions.open_sign_in(work, work.session.get(User, user.id))
        there = sessions.open_sign_in(work, work.session.get(User, user.id))
    with unit_of_work(database) as work:
        own.change_password(
            work, who, old_hash=user.password_hash, new_hash="n", keep=sessions.key_of(here), address=SITE
        )
    with database.reading() as session:
        assert sessions.find(database, session, here) is not None
        assert sessions.find(database, session, there) is None
    with pytest.raises(Invalid), unit_of_work(database) as work:
        own.change_password(work, who, old_hash=user.password_hash, new_hash="m", keep=None, address=SITE)


def test_nobody_registers_as_a_commissioner(database: Database) -> None:
    with pytest.raises(Invalid), unit_of_work(database) as work:
        joining.register(work, email="a@x.example", name="A", organisation={"name": "X", "kind": "ccg"}, address=SITE)
    assert PUBLIC_VIEWER.actor == "public"
