"""A small application that shows every part of the page toolkit: for tests, and to look at.

`python -m tests.toolkit_gallery 5055` serves it.
"""

import sys
from datetime import UTC, datetime

from flask import Flask, abort, flash, redirect, render_template, render_template_string, request
from werkzeug.wrappers import Response

from marketplace import policy
from marketplace.identity.viewer import Viewer
from marketplace.kit.errors import Invalid, NotAllowed, NotHere, Refusal
from marketplace.kit.settings import Settings
from marketplace.web import errors, fields, filters, headers, pages
from marketplace.web.forms import FormKey, PageForm, build_form

NOW = datetime(2013, 3, 4, 14, 0, tzinfo=UTC)
SIGNED_IN = Viewer(user_id="u", name="Ada Marsh", organisation_name="NHS Fylde & Wyre CCG")


class GalleryForm(PageForm):
    """One field of each kind."""

    form_key = FormKey()
    title = fields.TextField("Title of the need", called="a title", description="Bidders see it first.", most=80)
    about = fields.TextAreaField("What you need", words=50, optional=True)
    email = fields.EmailField("E-mail address", called="your e-mail address")
    password = fields.PasswordField(called="your password")
    price = fields.PoundsField("Yearly price", called="the yearly price")
    staff = fields.WholeNumberField("Staff who would transfer", called="the number of staff", most=5000)
    weight = fields.PercentField("Weight of cost", called="the weight of cost")
    index = fields.DecimalPercentField("Index", called="the index")
    start = fields.DateField(
        "First day of service", called="the first day of service", description="For example 1 4 2013"
    )
    closing = fields.LondonDateTimeField("Closing date and time", called="the closing time")
    tier = fields.RadioField(
        "Tier",
        called="a tier",
        choices=[("back", "Back office", "HR, payroll, IT"), ("middle", "Middle"), ("core", "Core")],
    )
    functions = fields.CheckboxesField(
        "Functions",
        missing="Choose at least one function",
        choices=[("hr", "HR"), ("it", "IT"), ("finance", "Finance")],
    )
    region = fields.SelectField("Region", called="a region", choices=[("n", "North"), ("s", "South")])
    evidence = fields.FileField("Evidence", optional=True, description="PDF, up to 10 MB")
    agree = fields.BooleanField("I have read the terms", must=True)


PriceForm = build_form(
    "PriceForm",
    [
        (
            f"{line}_{year}",
            fields.PoundsField(f"{name}, year {year}, in pounds", called=f"the price of {name} in year {year}"),
        )
        for line, name in (("hr", "HR"), ("it", "IT"))
        for year in (1, 2, 3)
    ],
)

PARTS = """
{% extends "base.html" %}
{% from "macros/page.html" import
  back_link, breadcrumb, card, data_table, details, inset, link_button, pagination, panel, post_button, search_form,
  stage_tag, summary_list, tag, task_list, warning with context %}
{% block title %}Parts{% endblock %}
{% block before %}{{ breadcrumb([("Home", "/"), ("Needs", "/needs")]) }}{{ back_link("/") }}{% endblock %}
{% block content %}
<h1>Parts of a page</h1>
{{ task_list([
  {"title": "What you need", "href": "/a", "status": "Completed", "done": true},
  {"title": "Budget", "href": "/b", "status": "Not started", "hint": "The ceiling of each lot"},
  {"title": "Publish", "status": "Cannot start yet"}]) }}
<h2>Summary</h2>
{{ summary_list([("Ceiling", 125000000 | pounds, "/c"), ("Closes", now | london, "/d"), ("Floor", none), ("Name", "<script>x</script>")]) }}
<h2>Tables</h2>
{{ data_table("Bids in order of rank", ["Provider", "Stage", ("Price", "number"), ("Points", "number")], [
  ["Fylde Shared Services", stage_tag("scored"), 98765432 | pounds_exact, 73.0 | int | score],
  ["Total & <b>rest</b>", stage_tag("excluded"), 0 | pounds_exact, none | score]], total=true) }}
{{ data_table("Many columns", ["Indicator", ("Weight", "number"), "Question", "Answer", "Evidence", ("Level", "number"), ("Points", "number")],
  [["LA1", "2", "Who does the provider answer to?", "The CCGs themselves", "Register", "4", "100.00"]], scroll=true) }}
{{ data_table("Nothing", ["A"], []) }}
{{ pagination(3, 12, "needs") }}
{% call details("Help with ceilings") %}<p>The ceiling is the most you would pay.</p>{% endcall %}
{{ inset("Nobody sees a price before the closing time.") }}
{% call warning("A bid sent late is not read") %}<p>The service's own clock decides.</p>{% endcall %}
{% call panel("Bid received", level=2) %}Your number<br><strong>R-7KQ2-M0ZD-41XA</strong>{% endcall %}
{% call card("Two needs close this week", "/needs") %}<p>Look at them now.</p>{% endcall %}
{% call search_form("/needs") %}
<div class="nhsuk-form-group"><label class="nhsuk-label" for="q">Words</label><input class="nhsuk-input" id="q" name="q"></div>
{% endcall %}
<p>{{ tag("Example", "yellow") }} {% for s in ["draft", "review", "open", "closing_soon", "closed", "scored", "decision_needed", "withdrawn", "held"] %}{{ stage_tag(s) }} {% endfor %}</p>
<p>{{ post_button("Withdraw", "/form", {"then": "x"}, "warning") }}{{ link_button("Start", "/form") }}</p>
{% endblock %}
"""  # noqa: E501

FORM = """
{% extends "base.html" %}{% from "macros/page.html" import all_fields, field_table, form_of %}
{% block title %}A form{% endblock %}
{% block content %}<div class="nhsuk-grid-row"><div class="nhsuk-grid-column-two-thirds"><h1>A form</h1>
{% call form_of(form, also=[("draft", "Save and go back")]) %}{{ all_fields(form) }}{% endcall %}</div></div>
{% endblock %}
"""

PRICES = """
{% extends "base.html" %}{% from "macros/page.html" import field_table, form_of %}
{% block title %}Prices{% endblock %}
{% block content %}<h1>Prices</h1>
{% call form_of(form) %}{{ field_table("Price of each year", "Function", ["Year 1", "Year 2", "Year 3"], [
  ("HR", [form.hr_1, form.hr_2, form.hr_3]), ("IT", [form.it_1, form.it_2, form.it_3])]) }}{% endcall %}{% endblock %}
"""


CHARTS = """
{% extends "base.html" %}{% from "macros/charts.html" import bars_with_line, stacked_bars, weight_triangle %}
{% block title %}Charts{% endblock %}
{% block content %}<h1>Charts</h1>
{{ stacked_bars("What each criterion adds", ["Cost", "Local accountability", "Independence"], [
  {"rank": 1, "label": "Fylde Shared Services", "parts": [124000, 270000, 255000]},
  {"rank": 2, "label": "Northern Support plc", "parts": [248000, 93750, 120000]},
  {"rank": "3=", "label": "A council with quite a long name and <b>markup</b>", "parts": [0, 300000, 90000]}]) }}
{{ bars_with_line("Evaluated cost", [
  {"label": "Fylde Shared Services", "value": 69000000, "text": 69000000 | pounds},
  {"label": "Northern Support plc", "value": 103000000, "text": 103000000 | pounds}],
  100000000, "Ceiling " ~ (100000000 | pounds), "Above the ceiling: excluded") }}
{{ weight_triangle("First place by weights", ["Cost", "Local accountability", "Independence"], [
  {"label": "Fylde Shared Services", "share": "52.39%", "polygons": [
    [["1/2", "1/2", 0], [0, 1, 0], [0, 0, 1], ["1/4", 0, "3/4"], ["2/5", "1/5", "2/5"]]]},
  {"label": "Northern Support plc", "share": "40.10%", "polygons": [
    [[1, 0, 0], ["1/2", "1/2", 0], ["2/5", "1/5", "2/5"], ["1/2", 0, "1/2"]]]},
  {"label": "Bexley Council", "share": "7.51%", "polygons": [
    [["2/5", "1/5", "2/5"], ["1/4", 0, "3/4"], ["1/2", 0, "1/2"]]]},
  {"label": "A fourth", "share": "0.00%", "polygons": []}], [40, 30, 30]) }}
{% endblock %}
"""


def make_app(settings: Settings) -> Flask:
    """The gallery."""
    app = Flask("marketplace", static_folder="web/static", template_folder=None)
    app.config.update(
        SECRET_KEY="gallery " * 8, SESSION_COOKIE_SECURE=False, MAX_CONTENT_LENGTH=100_000, WTF_CSRF_TIME_LIMIT=None
    )
    app.extensions["marketplace_settings"] = settings
    app.extensions["marketplace_viewer_loader"] = lambda: SIGNED_IN if "signed-in" in request.args else Viewer()
    for part in (pages, filters, headers, errors):
        part.init(app)
    _add_views(app)
    return app


def _add_views(app: Flask) -> None:
    @app.get("/")
    def parts() -> str:
        for category in ("success", "info", "warning"):
            if "flash" in request.args:
                flash("The need is published <at> once.", category)
        return render_template_string(PARTS, now=NOW)

    @app.route("/form", methods=["GET", "POST"])
    def form() -> str | Response:
        form = GalleryForm()
        if form.validate_on_submit():
            if form.title.data == "refuse":
                form.refuse(Invalid("That title is taken.", "Another need has it.", "Choose another.", field="title"))
                return render_template_string(FORM, form=form)
            flash(f"Saved {form.title.data}", "success")
            return redirect("/", 303)
        return render_template_string(FORM, form=form)

    @app.get("/front")
    def front() -> str:
        need = {
            "title": "Payroll and HR for the Fylde coast",
            "url": "/needs/fylde",
            "buyer_name": "NHS Blackpool CCG",
            "functions": ["Human resources", "Payroll"],
            "closes_at": NOW,
            "ceiling_pence": 250_000_000,
            "stage_label": "Scored",
        }
        open_needs = [] if "empty" in request.args else [need, need]
        return render_template(
            "site/front.html",
            open_needs=open_needs,
            closed_recent=open_needs[:1],
            counts={"open": 2 * len(open_needs), "scored": 1},
        )

    @app.get("/how-bids-are-judged")
    def how_judged() -> str:
        return render_template(
            "site/how_judged.html",
            criteria=policy.criteria(),
            indicators=policy.indicators(),
            functions=policy.functions(),
            stops=policy.stops(),
            cap=policy.evidence_cap(),
            edition=policy.edition(),
        )

    @app.get("/site/<name>")
    def plain(name: str) -> str:
        return render_template(f"site/{name}.html")

    @app.get("/charts")
    def charts() -> str:
        return render_template_string(CHARTS)

    @app.route("/prices", methods=["GET", "POST"])
    def prices() -> str | Response:
        form = PriceForm()
        return redirect("/", 303) if form.validate_on_submit() else render_template_string(PRICES, form=form)

    @app.route("/error/<kind>", methods=["GET", "POST"])
    def error(kind: str) -> str:
        if kind == "refusal":
            raise Refusal("This bid cannot be withdrawn.", "Bidding closed at 2pm.", "Ask the buyer.")
        if kind == "invalid":
            raise Invalid("That is no price.", "It has three decimals.", "Type pence.", field="price")
        if kind == "foreign":
            raise NotHere
        if kind == "role":
            raise NotAllowed("bidder may not")
        if kind == "bug":
            return str(1 // 0)
        if kind == "moved":
            abort(redirect("/elsewhere"))
        return abort(int(kind))


if __name__ == "__main__":
    make_app(Settings(example_market=True)).run(port=int(sys.argv[1]) if sys.argv[1:] else 5055)
