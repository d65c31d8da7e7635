"""What may be refused of a request that the document calls good.

The check `positive_data_acceptance` judges by the status alone. Ours answers 422 to faults of the form, which the document
must rule out, and to faults of the meaning, which no schema can. They are told apart by the stable codes of the faults:
those below are of the meaning, each with its reason, and every other one is a promise of the document that is not kept.
"""

import json
import os

import schemathesis

# Whoever runs this does nothing to themselves: a role that is gone would end the run.
OWN = os.environ.get("SCHEMATHESIS_OWN")


@schemathesis.hook
def before_call(context, case, kwargs):
    parameters = case.path_parameters or {}
    if OWN and parameters.get("id") == OWN:
        parameters["id"] = "usr_0199c2a4b1d07c3e8f4a5b6c7d8e9f01"


# A code, and why no schema says it. A code of a field is written `code@field`.
MEANING = {
    "idempotency_mismatch": "a key that was used for another request",
    # What a link, a code or a password is worth is known to the server alone.
    "link_not_good": "a link is used up, too old, or was never given out",
    "wrong": "a code that is not the authenticator's",
    "bad_cursor": "a cursor that no list has given out",
    "too_common": "a password is among the ten thousand first that anybody would guess",
    # The numbering plans of the world, and what carriers sell.
    "not_a_number": "no country has such a number",
    "no_country_code": "written as at home, and home is not known",
    "unknown_country_code": "no country has that code",
    "too_short@e164": "shorter than the numbers of that country",
    "too_long@e164": "longer than the numbers of that country",
    "too_short@to": "shorter than the numbers of that country",
    "too_long@to": "longer than the numbers of that country",
    "too_short@from": "shorter than the numbers of that country",
    "too_long@from": "longer than the numbers of that country",
    "too_short@phone_number": "shorter than the numbers of that country",
    "too_long@phone_number": "longer than the numbers of that country",
    "has_extension": "a number with an extension behind it",
    "not_sold_here": "no such numbers are sold in that country",
    "not_here": "area codes are of the US and Canada",
    "not_a_country": "no country has these two letters",
    # Things in a body that are named by an id, and are not the company's own.
    "unknown_personality": "no personality of the company",
    "unknown_number": "no number of the company",
    "unknown_pool": "no pool of the company",
    "number_not_owned": "no number of the company's account at the carrier",
    "blocked_destination": "a country or number that the company's policy does not let ring",
    "own_number": "the company's own number, where somebody else's is meant",
    # Catalogues, which `GET /v1/voices` and `GET /v1/models` list.
    "unknown_voice": "no voice of the catalogue",
    "unknown_model": "no model of the catalogue",
    "unknown_time_zone": "no time zone of the IANA database",
    "model_retired": "a model that the catalogue has no longer",
    "language_unsupported": "a language that the engine or the voice does not speak",
    # Against the clock, or one field against another.
    "in_the_past": "before the moment of the request",
    "too_late": "too far behind the moment of the request",
    "out_of_range@as_of": "not a day of the past year",
    "out_of_range@captured_at": "in the future, or longer ago than consents are kept",
    "before_from": "ends before it begins",
    "period_too_long": "longer than an export covers",
    "out_of_order": "ends before it begins",
    "duplicate": "equal to another one in meaning, not in writing",
    "overlap": "times of a day that lie within each other",
    "empty": "a time of a day that ends when it begins",
    "missing_variable": "words that name a variable of which no value is given",
    "needs_warm": "goes with a warm transfer only",
    "required@greeting": "an agent that speaks first needs words for it",
    "required@email": "one of two parameters is needed, for which OpenAPI has no words",
    # Arithmetic.
    "not_a_network": "no network has such an address or prefix",
    "bits_after_prefix": "an address with bits behind its prefix",
    "not_an_address": "an address whose parts have forms of their own",
    "not_a_domain": "a domain longer than DNS takes, or an address",
    # Who asks, and what was agreed with them.
    "not_yours": "more than the role of the one who asks",
    "not_confirmed": "not the name of the company",
    "plan_limit": "not part of the company's plan",
    "needs_own_key": "needs a key of the company's own at the provider",
    "engine_unavailable": "an engine that this installation does not run",
    "not_possible": "an engine that cannot serve calls of this kind",
    "not_allowed": "an address that is not of the public internet",
    # A file inside of a field.
    "not_a_table": "a text that is no table",
    "no_number_column": "a table without the numbers",
    "bad_column_name": "a table with a name that is none",
    "duplicate_column": "a table with a name that is there twice",
    "too_many_columns": "a table that is too wide",
    "too_many_lines": "a table that is too long",
    "no_numbers": "a list in which there is no number",
}


# What a reader says of a value, where JSON Schema is wider than what programs write.
READERS = (
    # `format: date-time` knows no bounds.
    "must be a time of the years 1970 to 9999",
    # JSON Schema takes 1.0 for an integer.
    "invalid type: floating point",
)


def is_of_meaning(fault):
    if fault["code"] == "wrong_type" and fault["detail"].startswith(READERS):
        return True
    field = fault["param"].split(".")[-1].split("[")[0]
    return fault["code"] in MEANING or f"{fault['code']}@{field}" in MEANING


@schemathesis.check
def refused_for_its_meaning_only(ctx, response, case):
    """A good request that is answered with 422 has no fault of its form."""
    good = case.meta is not None and case.meta.generation.mode.is_positive
    if not good or response.status_code != 422:
        return
    problem = json.loads(response.content)
    of_form = [fault for fault in problem.get("errors", []) if not is_of_meaning(fault)]
    if not problem.get("errors"):
        of_form = [] if problem["code"] in MEANING else [problem["code"]]
    if of_form:
        raise AssertionError(f"the document calls this good, and it is refused for {json.dumps(of_form)}")
