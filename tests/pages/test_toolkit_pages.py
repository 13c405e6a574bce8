"""What every answer has: escaping, headers, error pages for people and programs, and the frame of a page."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import jinja2
import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from markupsafe import Markup
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from marketplace.kit.settings import Settings
from marketplace.web import errors, filters, pages
from tests.toolkit_gallery import make_app

ROOT = Path(pages.__file__).parents[2]
JSON = {"Accept": "application/json"}


@pytest.fixture
def app() -> Flask:
    return make_app(Settings(example_market=True))


@pytest.fixture
def client(app: Flask) -> Iterator[FlaskClient]:
    with app.test_client() as client:
        yield client


def token(html: str) -> str:
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', html)
    assert found
    return found[1]


# Escaping


def test_components_of_the_design_system_escape_words(app: Flask) -> None:
    with app.test_request_context():
        drawn = pages.nhsuk("input", {"label": {"text": "<script>x</script>"}, "name": "a", "value": '"><b>'})
        assert isinstance(drawn, Markup)
        assert "&lt;script&gt;x&lt;/script&gt;" in drawn
        assert "<script" not in drawn
        assert "<b>" not in drawn


def test_every_template_escapes_whatever_its_name_and_a_misspelt_name_is_an_error(app: Flask) -> None:
    with app.test_request_context():
        assert render_template_string("{{ x }}", x="<b>") == "&lt;b&gt;"
        assert app.jinja_env.autoescape("letter.jinja")  # type: ignore[operator]
        assert not app.jinja_env.autoescape("mail.txt")  # type: ignore[operator]
        with pytest.raises(jinja2.UndefinedError):
            render_template_string("{{ no_such_name }}")


def test_tables_summaries_and_messages_escape(client: FlaskClient) -> None:
    html = client.get("/?flash=1").text
    assert "&lt;script&gt;x&lt;/script&gt;" in html
    assert "<b>rest</b>" not in html
    assert "published &lt;at&gt; once" in html


# Headers and files


@pytest.mark.parametrize("path", ["/", "/form", "/error/404", "/error/bug", "/static/app.css", "/nowhere"])
def test_strict_headers_on_every_answer(path: str, client: FlaskClient) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'")
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers


def test_https_is_insisted_on_where_the_site_is_served_so(app: Flask) -> None:
    app.config["SESSION_COOKIE_SECURE"] = True
    client = app.test_client()
    assert "Strict-Transport-Security" in client.get("/", base_url="https://localhost").headers
    assert "Strict-Transport-Security" not in client.get("/").headers


def test_pages_are_not_kept_but_files_are(client: FlaskClient) -> None:
    html = client.get("/")
    assert html.headers["Cache-Control"] == "no-store"
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', html.text)
    assert len(files) >= 3
    for path in files:
        assert re.search(r"\?v=[0-9a-f]{12}$", path)
        assert client.get(path).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "immutable" not in client.get("/static/app.css").headers["Cache-Control"]
    assert client.get("/static/nothing.css?v=1").headers["Cache-Control"] == "no-store"


def test_nothing_is_loaded_from_elsewhere_and_no_page_needs_scripts_or_inline_styles(client: FlaskClient) -> None:
    for path in ("/", "/form", "/prices", "/charts", "/front", "/how-bids-are-judged"):
        html = client.get(path).text
        assert "<script" not in html
        assert not re.search(r"\sstyle=", html)
        assert not re.search(r"\son[a-z]+=", html)
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', html)
    for sheet in (ROOT / "marketplace" / "web" / "static").rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert "http" not in text.replace("http-equiv", "")
        assert "Frutiger" not in text
        for icon in re.findall(r"url\(([^)]+)\)", text):
            assert icon.startswith("data:") or (sheet.parent / icon).is_file(), icon


def test_templates_are_found_beside_the_package() -> None:
    assert (pages.templates_folder() / "base.html").is_file()


# The frame of a page


def test_frame_says_who_is_signed_in_and_that_the_market_is_made_up(client: FlaskClient) -> None:
    html = client.get("/").text
    assert "<title>Parts – Commissioning Support Marketplace</title>" in html
    assert "made-up bids and prices" in html
    assert 'href="/sign-in"' in html
    assert "/dashboard" not in html
    html = client.get("/?signed-in=1").text
    assert "Ada Marsh, NHS Fylde &amp; Wyre CCG" in html
    assert 'action="/sign-out"' in html
    assert 'href="/dashboard"' in html
    assert token(html)
    assert "made-up" not in make_app(Settings(example_market=False)).test_client().get("/").text


def test_menu_shows_where_one_is_and_works_below_a_prefix(client: FlaskClient) -> None:
    assert 'href="/how-bids-are-judged" aria-current="page"' in client.get("/how-bids-are-judged").text
    assert "aria-current" not in client.get("/").text
    below = client.get("/", base_url="http://localhost/market").text
    assert 'href="/market/needs"' in below
    assert 'href="/market/static/app.css?v=' in below


def test_pages_of_a_list_keep_the_search(app: Flask) -> None:
    with app.test_request_context("/?q=pay roll&f=hr&f=it&page=3"):
        html = render_template_string('{% from "macros/page.html" import pagination %}{{ pagination(3, 12) }}')
    assert 'href="/?q=pay+roll&amp;f=hr&amp;f=it&amp;page=2" rel="prev"' in html
    assert 'page=4" rel="next"' in html
    assert "Page 3 of 12" in html


# Forms over HTTP


def test_form_with_errors_lists_them_and_keeps_the_typing(client: FlaskClient) -> None:
    html = client.get("/form").text
    sent = {"csrf_token": token(html), "title": "Payroll <b>", "price": "12,50", "start-day": "31", "start-month": "2"}
    answer = client.post("/form", data=sent)
    assert answer.status_code == 200
    assert "<title>Error: A form" in answer.text
    assert '<a href="#price">Put commas in the yearly price before every three digits' in answer.text
    assert '<a href="#start-year">The first day of service must include a year</a>' in answer.text
    assert 'value="Payroll &lt;b&gt;"' in answer.text
    assert 'value="12,50"' in answer.text
    assert 'aria-describedby="price-error"' in answer.text


def stale(client: FlaskClient, data: dict[str, object], **headers: str) -> tuple[int, str]:
    answer = client.post("/form", data={"csrf_token": "old", **data}, headers=headers)
    return answer.status_code, answer.text


def test_stale_form_gives_the_typing_back_to_a_page_of_this_site(client: FlaskClient) -> None:
    status, html = stale(
        client, {"title": "Pay <b>", "functions": ["hr", "it"], "password": "s3cret"}, Origin="http://localhost"
    )
    assert status == 400
    assert "This page had gone out of date" in html
    assert html.count('name="functions"') == 2
    assert "Pay &lt;b&gt;" in html
    assert "s3cret" not in html
    assert "Passwords and files are not kept" in html
    again = client.post("/form", data={"csrf_token": token(html), "title": "Pay <b>"})
    assert again.status_code == 200
    assert "A form" in again.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://evil.example"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "null"},
        {"Referer": "http://evil.example/localhost"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_stale_form_of_another_site_is_offered_nothing_to_send(client: FlaskClient, headers: dict[str, str]) -> None:
    status, html = stale(client, {"title": "planted"}, **headers)
    assert status == 400
    assert "planted" not in html
    assert "Send it again" not in html


# Errors


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 413, 422, 429, 500, 502, 503])
def test_each_error_says_what_why_and_what_next_to_people_and_programs(status: int, client: FlaskClient) -> None:
    page = client.get(f"/error/{status}")
    assert page.status_code == status
    assert page.mimetype == "text/html"
    heading = re.search(r"<h1>(.+)</h1>", page.text)
    assert heading
    assert "What to do next:" in page.text
    problem = client.get(f"/error/{status}", headers=JSON)
    assert problem.status_code == status
    assert problem.mimetype == "application/problem+json"
    assert problem.json is not None
    assert problem.json["status"] == status
    assert problem.json["title"] in Markup(heading[1]).unescape()
    assert len(problem.json["detail"]) > 20


def test_refusals_speak_for_themselves(client: FlaskClient) -> None:
    page = client.get("/error/refusal")
    assert page.status_code == 409
    for words in ("This bid cannot be withdrawn.", "Bidding closed at 2pm.", "Ask the buyer."):
        assert words in page.text
    invalid = client.get("/error/invalid", headers=JSON)
    assert invalid.status_code == 422
    assert invalid.json == {
        "type": "about:blank",
        "title": "That is no price.",
        "status": 422,
        "detail": "It has three decimals. Type pence.",
        "field": "price",
    }


def test_foreign_missing_and_forbidden(client: FlaskClient) -> None:
    foreign, missing = client.get("/error/foreign"), client.get("/nowhere")
    assert foreign.status_code == missing.status_code == 404
    assert foreign.text.partition("<main")[2] == missing.text.partition("<main")[2]
    assert client.get("/error/role").status_code == 403


def test_wrong_method_names_the_right_ones_and_redirects_pass(client: FlaskClient) -> None:
    answer = client.put("/form", headers={"Origin": "http://localhost"})
    assert answer.status_code in (400, 405)
    assert client.open("/", method="OPTIONS").status_code == 200
    moved = client.get("/error/moved")
    assert (moved.status_code, moved.headers["Location"]) == (302, "/elsewhere")
    assert client.get("/error/429").headers["Retry-After"] == "60"


def test_api_answers_json_whatever_is_asked_for(client: FlaskClient) -> None:
    assert client.get("/api/nothing", headers={"Accept": "text/html"}).mimetype == "application/problem+json"


def test_too_large_a_body_says_so(client: FlaskClient) -> None:
    html = client.get("/form").text
    answer = client.post("/form", data={"csrf_token": token(html), "evidence": (BytesIO(b"x" * 200_000), "a.pdf")})
    assert answer.status_code == 413
    assert "too large" in answer.text


def test_a_fault_shows_a_reference_and_no_inner_words(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    answer = client.get("/error/bug")
    assert answer.status_code == 500
    assert re.search(r"give the reference <strong>[0-9a-z]{12}</strong>", answer.text)
    assert "ZeroDivisionError" not in answer.text
    assert "ZeroDivisionError" in caplog.text


def test_the_error_page_survives_a_broken_frame(app: Flask) -> None:
    def broken() -> None:
        raise OperationalError("select", {}, Exception("down"))

    app.extensions["marketplace_viewer_loader"] = broken
    answer = app.test_client().get("/")
    assert answer.status_code == 503
    assert "<h1>The service is busy</h1>" in answer.text
    assert "default-src" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OperationalError("insert", {}, Exception("database is locked")), 503),
        (OperationalError("insert", {}, Exception("server closed the connection unexpectedly")), 503),
        (OperationalError("select", {}, Exception("no such table: bid")), 500),
        (PoolTimeout("QueuePool limit"), 503),
    ],
)
def test_a_busy_database_is_not_called_a_fault(app: Flask, error: Exception, status: int) -> None:
    @app.get("/busy")
    def busy() -> str:
        raise error

    answer = app.test_client().get("/busy")
    assert answer.status_code == status
    assert (answer.headers.get("Retry-After") == "60") == (status == 503)


def test_every_status_with_words_is_one_that_exists() -> None:
    known = {kind.code for kind in HTTPException.__subclasses__()} | {
        kind.code for base in HTTPException.__subclasses__() for kind in base.__subclasses__()
    }
    assert set(errors.SAYINGS) <= known
    assert all(all(part.endswith(".") for part in says[1:]) for says in errors.SAYINGS.values())


# Filters


def test_values_as_people_read_them() -> None:
    assert filters.pounds(125_000_000) == "£1,250,000"
    assert filters.pounds_exact(5) == "£0.05"
    assert filters.score(7325) == "73.25"
    assert filters.score(0) == "0.00"
    assert filters.points(732_537) == "73.2537"
    assert filters.points(-5) == "−0.0005"
    assert filters.number(1_250_000) == "1,250,000"
    assert filters.plural(1, "bid") == "1 bid"
    assert filters.plural(0, "bid") == "0 bids"
    assert filters.plural(1200, "reply", "replies") == "1,200 replies"
    assert [filters.yes_no(value) for value in (True, False, None)] == ["Yes", "No", "not given"]
    for each in (filters.pounds, filters.score, filters.points, filters.number, filters.london, filters.london_date):
        assert str(each(None)) == "not given"


def test_times_are_london_times() -> None:
    instant = datetime(2013, 7, 1, 13, 0, 7, tzinfo=UTC)
    assert filters.london(instant) == '<time datetime="2013-07-01T13:00:07+00:00">Monday 1 July 2013, 2:00pm</time>'
    assert "1 July 2013, 14:00:07 BST" in filters.london_exact(instant)
    late = datetime(2013, 7, 1, 23, 30, tzinfo=UTC)
    assert "Tuesday 2 July 2013" in filters.london_date(late)
    assert "Monday 1 July 2013" in filters.london_date(date(2013, 7, 1))


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(days=2, hours=3, minutes=59), "2 days 3 hours"),
        (timedelta(days=1, minutes=5), "1 day 5 minutes"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(minutes=5, seconds=59), "5 minutes"),
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(0), "passed"),
        (timedelta(seconds=-1), "passed"),
    ],
)
def test_time_left_is_never_more_than_there_is(left: timedelta, words: str) -> None:
    now = datetime(2013, 3, 4, 14, 0, tzinfo=UTC)
    assert filters.time_left(now + left, now) == words


def test_typed_lines_are_escaped() -> None:
    assert filters.lines("a\n<b>") == "a<br>&lt;b&gt;"
