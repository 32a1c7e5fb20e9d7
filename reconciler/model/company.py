"""Company: the parts that the kinds of companies have in common, as specs and as rules over the tax number.

A company is a resource with ``country`` and ``vatNumber``. Nothing here names a kind; each kind takes what it needs.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from reconciler.model.diagnostic import Phase, Severity
from reconciler.model.formats import Country, Currency, Email, Phone, natural_person, vat_problem
from reconciler.model.marks import Immutable, Pii
from reconciler.model.resource import Resource
from reconciler.model.rule import Finding, Findings, RuleText, schema
from reconciler.model.spec import Spec


class Billing(Spec):
    """Where the invoices of a company go."""

    account: str = Field(min_length=1, max_length=40, description="Account that is billed.")
    currency: Annotated[Currency, Immutable()] = Field(
        "EUR", description="Currency of the bills; it never changes while there is a billing object."
    )


class Contact(Spec):
    """How a company is reached."""

    email: Annotated[Email, Pii()] = Field(description="Address to which notices of the platform are mailed.")
    phone: Annotated[Phone | None, Pii()] = Field(None, description="Number to call, in international form.")


class PostalAddress(Spec):
    """Where a company has its seat."""

    line1: str = Field(min_length=1, max_length=120, description="Street and number.")
    line2: str | None = Field(None, min_length=1, max_length=120, description="Second line of the street.")
    city: str = Field(min_length=1, max_length=80, description="Town of the seat.")
    region: str | None = Field(None, min_length=1, max_length=80, description="Region, district or state.")
    postal_code: str = Field(min_length=1, max_length=16, description="Postal code as the country writes it.")
    country: Country = Field(description="Country of the seat, as an alpha-3 code.")


@schema("PAR-02", "vatNumber fits its country: nine digits with a correct check digit for PRT.")
def fitting_tax_number(resource: Resource[Any]) -> Findings:
    """PAR-02."""
    country, number = resource.spec.country, resource.spec.vat_number
    problem = vat_problem(country, number)
    if problem:
        yield Finding(
            f"this is no tax number of {country}: {problem}", at="vatNumber", hint="check vatNumber and country"
        )


@schema("PAR-07", "A Portuguese tax number that starts with 1, 2 or 3 belongs to a person.", Severity.WARNING)
def tax_number_of_a_person(resource: Resource[Any]) -> Findings:
    """PAR-07; a number that is wrong belongs to nobody (PAR-02)."""
    country, number = resource.spec.country, resource.spec.vat_number
    if natural_person(country, number) and vat_problem(country, number) is None:
        yield Finding(
            "this tax number belongs to a natural person, not to a company",
            at="vatNumber",
            hint="check that the company trades under the number of a person",
        )


COUNTRY = RuleText("PAR-01", Severity.ERROR, Phase.SCHEMA, "Every country is an ISO 3166-1 alpha-3 code in upper case.")
"""PAR-01 is enforced by the type of every ``country``."""
