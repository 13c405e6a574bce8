"""Deny by default: a view without a rule answers 403 to everybody, and every view names exactly one rule."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Flask, current_app, redirect, request, url_for
from werkzeug.wrappers import Response

from marketplace.identity.roles import PUBLIC, Rule
from marketplace.kit.errors import NotAllowed
from marketplace.web.context import viewer

V = TypeVar("V", bound=Callable[..., Any])
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def guard(rule: Rule) -> Callable[[V], V]:
    """Name the rule of a view. Put it directly above the function, below the route."""

    def mark(view: V) -> V:
        view.__dict__["rule"] = rule
        return view

    return mark


def rule_of(app: Flask, endpoint: str) -> Rule | None:
    """The rule of an endpoint; None when it names none (and is refused)."""
    if endpoint == "static":
        return PUBLIC
    rule = getattr(app.view_functions[endpoint], "rule", None)
    return rule if isinstance(rule, Rule) else None


def init(app: Flask) -> None:
    """Check the rule before every view."""
    app.before_request(_check)


def _check() -> Response | None:
    if request.endpoint is None:
        return None  # no such page: Flask answers 404
    rule = rule_of(current_app, request.endpoint)
    if rule is None or (request.method not in SAFE and not rule.changes):
        raise NotAllowed(f"{request.endpoint} names no rule for {request.method}")
    if rule is PUBLIC:
        return None  # public pages do not ask who is looking unless they show it
    who = viewer()
    if rule.allows(who.role):
        return None
    if not who.signed_in:
        if request.method in SAFE:
            return redirect(url_for("identity.sign_in", next=request.full_path.rstrip("?")))
        ask_again = current_app.extensions.get("marketplace_sign_in_again")  # what was typed goes along and comes back
        return cast(Response, ask_again()) if ask_again else redirect(url_for("identity.sign_in"), code=303)
    raise NotAllowed(f"{who.role} may not: {rule.name}")
