"""Keeps the fuzzer from what is meant to be so."""

import random

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    """Each request comes from another client: one that guesses tokens would have to wait, and then reach nothing."""
    address = ".".join(str(random.randint(1, 254)) for _ in range(4))
    case.headers["X-Forwarded-For"] = address


def is_blank(value):
    return isinstance(value, str) and not value.strip()


@schemathesis.hook
def filter_query(context, query):
    """An empty parameter counts as one that was not sent, as browsers send every field of a form."""
    return not any(is_blank(value) for value in (query or {}).values())


@schemathesis.hook
def filter_body(context, body):
    """White space alone counts as nothing, and the case and the blanks around a choice do not matter."""
    return not isinstance(body, dict) or not any(is_blank(value) for value in body.values())
