"""Which passwords may be chosen, where a sign-in leads to, which roles fit, what mails say."""

from datetime import UTC, datetime

import pytest

from marketplace.accounts.paths import own_path
from marketplace.identity import wording
from marketplace.identity.passwords import Passwords, check_new
from marketplace.identity.roles import BUYERS, PROVIDERS, RULES, Kind, Role, roles_for
from marketplace.identity.team import key_role
from marketplace.kit.errors import Invalid
from marketplace.policy.service import service_policy


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("elevenchars", "This one has 11"),
        ("x" * 257, "This one has 257"),
        ("aaaaaaaaaaaaaa", "few different"),
        ("abababababab", "few different"),
        ("purplepurple", "repeats itself"),
        ("abcdefghijkl", "neighbouring"),
        ("098765432109", "neighbouring"),
        ("qwertyuiop12", "neighbouring"),
        ("password1234", "tried first"),
        ("P@ssw0rd2026!", "tried first"),
        ("Summer2026!!!!", "tried first"),
        ("liverpoolfc2020", "tried first"),
        ("anna.smith-lamp", "name or e-mail"),
        ("xx-Robinson-77", "name or e-mail"),
        ("my marketplace 7", "name of this service"),
    ],
)
def test_password_too_easy_or_too_long_is_refused_with_the_reason(password: str, why: str) -> None:
    with pytest.raises(Invalid, match=why) as refusal:
        check_new(password, email="anna.smith@example.org", name="Anna Robinson")
    assert refusal.value.field == "password"


@pytest.mark.parametrize(
    "password", ["purple tractor lamp river", "wT7#kq9!vLm2", "elf under cold bridge", "x7" + "kqwmzpt" * 36]
)
def test_password_that_is_long_and_not_obvious_is_taken(password: str) -> None:
    check_new(password, email="anna.smith@example.org", name="Anna Robinson")


def test_password_hash_is_argon2id_and_made_anew_when_costs_change() -> None:
    cheap, dearer = Passwords(1, 8, 1), Passwords(2, 16, 1)
    kept = cheap.hash("elf under cold bridge")
    assert kept.startswith("$argon2id$")
    assert cheap.matches(kept, "elf under cold bridge")
    assert not cheap.matches(kept, "elf under cold bridgf")
    assert dearer.matches(kept, "elf under cold bridge")
    assert dearer.outdated(kept)
    assert not cheap.outdated(kept)


def test_empty_hash_matches_nothing() -> None:
    hasher = Passwords(1, 8, 1)
    assert not hasher.matches("", "a password that nobody has")
    assert not hasher.matches("damaged", "a password that nobody has")


def test_hashing_costs_are_at_least_those_of_the_guidance() -> None:
    policy = service_policy()
    assert policy.passwords_argon2_memory_kib >= 19 * 1024
    assert policy.passwords_argon2_passes >= 2
    assert policy.passwords_shortest >= 12


@pytest.mark.parametrize("wanted", ["/needs", "/bids/4k?x=1&y=%2F", "/"])
def test_sign_in_leads_to_pages_of_this_site(wanted: str) -> None:
    assert own_path(wanted) == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        None,
        "",
        "needs",
        "//evil.example",
        "/\\evil.example",
        "https://evil.example/",
        "/\t/evil.example",
        "\n//evil.example",
        "javascript:alert(1)",
        "/needs\r\nSet-Cookie: x",
        "/" + "a" * 2001,
    ],
)
def test_sign_in_never_leads_elsewhere(wanted: str | None) -> None:
    assert own_path(wanted) is None


def test_every_kind_of_organisation_has_roles_and_one_that_it_cannot_be_without() -> None:
    for kind in Kind:
        assert key_role(kind) in roles_for(kind)
    assert {role for kind in Kind for role in roles_for(kind)} == set(Role)
    assert BUYERS | PROVIDERS | {Kind.OPERATOR} == set(Kind)


def test_names_of_rules_are_unique() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_mails_tell_what_to_do_until_when() -> None:
    until = datetime(2026, 11, 29, 14, 0, tzinfo=UTC)
    subject, text = wording.invitation("Ann", "NHS Bexley CCG", "Bob", "http://x/link/abc", until)
    assert "\n" not in subject
    for part in (
        "Dear Ann,",
        "Bob invites you",
        "NHS Bexley CCG",
        "http://x/link/abc",
        "Sunday 29 November 2026, 2:00pm",
    ):
        assert part in text
