"""What schemathesis cannot be told in its configuration: values that are well-formed by more than a schema can say."""

import os
import re

import schemathesis

SELECTORS = ("", "env=prod", "tier!=db", "team in (a,b)", "zone notin (x), env", "example.com/gpu", "!spot")
SELECTOR_LENGTH_MAX = 4096
CURSOR_LENGTH_MAX = 1024
WAIT_SECONDS_MAX = 60


# What the document says in words: a pattern would refuse, by the rules of additions, what clients may have sent.
HEADER_PATTERNS = {
    "idempotency-key": "^[!-~]{1,255}$",
    "if-match": r'''^(\*|W/"[!#-+.-~-]*"|"[0-9]{1,15}(-[0-9]{1,15})?")$''',
}


@schemathesis.hook
def before_load_schema(context, raw_schema):
    for operations in raw_schema["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "header" and parameter["name"] in HEADER_PATTERNS:
                    parameter["schema"]["pattern"] = HEADER_PATTERNS[parameter["name"]]


@schemathesis.hook
def before_call(context, case, kwargs):
    """Replaces what a schema allows by what means something, so that the rest of the request is looked at."""
    shorten_wait(case.query)
    choose_selector(case.query)
    leave_out_cursor(case.query)
    quote_entity_tag(case)
    spare_issuer(case)


def shorten_wait(query):
    """No request waits for the worker: a wait that is allowed is as good with 0 seconds."""
    timeout = str(query.get("timeout", WAIT_SECONDS_MAX)) if "wait_for" in query else ""
    if timeout.isdecimal() and int(timeout) <= WAIT_SECONDS_MAX:
        query["timeout"] = 0


def choose_selector(query):
    """A label selector follows Kubernetes' grammar; filters.test.ts holds which are refused."""
    labels = query.get("labels")
    if isinstance(labels, str) and len(labels) <= SELECTOR_LENGTH_MAX:
        query["labels"] = SELECTORS[len(labels) % len(SELECTORS)]


def leave_out_cursor(query):
    """A cursor is signed by the API, for the other parameters; pages.test.ts holds that any other one is refused."""
    cursor = query.get("cursor")
    if isinstance(cursor, str) and len(cursor) <= CURSOR_LENGTH_MAX:
        del query["cursor"]


def quote_entity_tag(case):
    """Schemathesis reads a header's value as JSON, which takes the quotes off an entity tag."""
    tag = str(case.headers.get("if-match", ""))
    if case.meta and case.meta.generation.mode.is_positive and re.fullmatch(r"[0-9-]+", tag):
        case.headers["if-match"] = f'"{tag}"'


def spare_issuer(case):
    """The issuer of the tokens stays as it is: without it everything that follows would be 401."""
    if case.operation.path == "/v1/issuers/{id}" and case.method != "GET":
        if case.path_parameters.get("id") == os.environ.get("NETPLANE_FUZZ_ISSUER"):
            case.path_parameters["id"] = "issuer_00000000000000000000000000"
