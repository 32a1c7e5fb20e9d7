"""Every row of the value formats: what is taken, in which stored form, and what is refused, with which code."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from reconciler.model import formats
from reconciler.model.formats import (
    Country,
    Currency,
    DateText,
    Email,
    Guid,
    HostName,
    HostOrIp,
    HttpsUrl,
    HttpUrl,
    InputDateFormat,
    InputTimeFormat,
    Language,
    Login,
    Name,
    Networks,
    Once,
    OneLine,
    OutputDateFormat,
    OutputTimeFormat,
    Phone,
    TimeText,
    TimeZone,
    TrustedAddresses,
)
from reconciler.model.hosts import WildcardHost, inner
from reconciler.model.marks import Canonical


def stored(kind: Any, value: Any) -> Any:
    """The stored form of a value."""
    return TypeAdapter(kind).validate_python(value, strict=True)


def refused(kind: Any, value: Any) -> list[dict[str, Any]]:
    """The errors of a value that is refused: code, reason, hint, and the place in a list."""
    with pytest.raises(ValidationError) as caught:
        stored(kind, value)
    return [
        {"code": one["type"], "loc": one["loc"], **one.get("ctx", {})} for one in caught.value.errors(include_url=False)
    ]


def canonical(kind: Any, value: Any) -> Any:
    """The comparable form by the mark that the format carries."""
    (mark,) = [one for one in kind.__metadata__ if isinstance(one, Canonical)]
    return mark.of(value)


# --- trusted addresses ---


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (["10.10.10.1"], ["10.10.10.1"]),
        (["10.10.10.1/32"], ["10.10.10.1"]),
        (["10.10.10.1/255.255.255.255"], ["10.10.10.1"]),
        (["192.168.192.0/24"], ["192.168.192.0/24"]),
        (["192.168.192.0/255.255.255.0"], ["192.168.192.0/24"]),
        (["0.0.0.0/0"], ["0.0.0.0/0"]),
        (["0.0.0.0/0.0.0.0"], ["0.0.0.0/0"]),
        (["  10.0.0.1  ", "", "   "], ["10.0.0.1"]),
        (["2001:db8::1"], ["2001:db8::1"]),
        (["2001:DB8:0::/48"], ["2001:db8::/48"]),
        ("10.0.0.1;\n10.0.0.2;\n", ["10.0.0.1", "10.0.0.2"]),
        ("10.0.0.1;\n\n ; 10.0.0.0/255.255.255.0", ["10.0.0.1", "10.0.0.0/24"]),
        ("", []),
        (";", []),
        ([], []),
    ],
)
def test_trusted_addresses_are_kept_as_networks(written: Any, kept: list[str]) -> None:
    assert stored(TrustedAddresses, written) == kept


FORMS = "write 192.0.2.10, 192.0.2.0/24 or 192.0.2.0/255.255.255.0"


@pytest.mark.parametrize(
    ("entry", "word", "hint"),
    [
        ("10.10.10.1/24", "host bits", "did you mean 10.10.10.0/24"),
        ("10.0.0.0/255.0.255.0", "gap", "did you mean 10.0.0.0/8"),
        ("10.0.0.0/0.0.0.255", "wildcard", "did you mean 10.0.0.0/24"),
        ("10.0.0.77/0.0.0.255", "wildcard", "did you mean 10.0.0.0/24"),
        ("10.0.0.0/33", "prefix", "did you mean 10.0.0.0/32"),
        ("10.0.0.0/024", "prefix", "did you mean 10.0.0.0/24"),
        ("10.0.0.0/", "prefix", FORMS),
        ("10.0.0.0/-1", "prefix", FORMS),
        ("10.0.0.0/255.255.255.256", "netmask", FORMS),
        ("10.0.0.0/255.255.255", "netmask", FORMS),
        ("300.1.1.1", "none of", FORMS),
        ("010.1.1.1", "none of", "did you mean 10.1.1.1"),
        ("10.1.1", "none of", "did you mean 10.1.1.0/24"),
        ("10.0.0.1-10.0.0.9", "none of", "did you mean 10.0.0.0/28"),
        ("*.example.com", "none of", FORMS),
        ("office.example.com", "none of", FORMS),
        ("10.0.0.*", "none of", "did you mean 10.0.0.0/24"),
        ("10.0.0.1 10.0.0.2", "none of", FORMS),
        ("10.0.0.1\n10.0.0.2", "none of", FORMS),
        ("\u0661\u0660.0.0.1", "none of", FORMS),
        ("2001:db8::/ffff::", "no mask", FORMS),
        ("2001:db8::/129", "no mask", FORMS),
        ("2001:db8::/064", "no mask", FORMS),
        ("2001:db8::1/48", "host bits", "did you mean 2001:db8::/48"),
        ("2001:db8:::1", "no IPv6 address", FORMS),
        ("fe80::1%eth0", "IPv6", FORMS),
    ],
)
def test_a_trusted_address_of_none_of_the_forms_is_refused_at_its_entry(entry: str, word: str, hint: str) -> None:
    (one,) = refused(TrustedAddresses, ["192.0.2.1", entry])
    assert (one["code"], one["loc"]) == ("SC-01", (1,))
    assert repr(entry) in one["reason"]
    assert word in one["reason"]
    assert one["hint"] == hint


def test_every_bad_entry_is_reported() -> None:
    assert [one["loc"] for one in refused(TrustedAddresses, ["x.1", "10.0.0.1", "10.0.0.1/8"])] == [(0,), (2,)]


@pytest.mark.parametrize(("value", "loc"), [([5], (0,)), (["10.0.0.1", None], (1,)), (5, ()), ({"a": "b"}, ())])
def test_trusted_addresses_of_another_type_are_a_wrong_type(value: Any, loc: tuple[int, ...]) -> None:
    (one,) = refused(TrustedAddresses, value)
    assert one["code"].endswith("_type")
    assert one["loc"] == loc


def test_trusted_addresses_compare_as_a_set_of_networks() -> None:
    left = canonical(TrustedAddresses, ["10.0.0.0/255.255.255.0", "192.0.2.1/32"])
    assert left == canonical(TrustedAddresses, ["192.0.2.1", "10.0.0.0/24"])
    assert left != canonical(TrustedAddresses, ["192.0.2.1", "10.0.0.0/25"])
    assert left == canonical(TrustedAddresses, "192.0.2.1;\n10.0.0.0/24;")


@given(st.integers(0, 2**32 - 1), st.integers(0, 32))
def test_prefix_and_netmask_are_one_network(address: int, prefix: int) -> None:
    network = ipaddress.IPv4Network((address, prefix), strict=False)
    assert stored(TrustedAddresses, [network.with_netmask]) == stored(TrustedAddresses, [network.with_prefixlen])


@given(st.text(alphabet="0123456789./:abcdef *-;", max_size=24))
def test_any_text_is_taken_or_refused_with_its_code(text: str) -> None:
    codes: set[str] = set()
    kept: list[str] = []
    try:
        kept = stored(TrustedAddresses, [text])
    except ValidationError as error:
        codes = {one["type"] for one in error.errors()}
    assert codes <= {"SC-01"}
    assert stored(TrustedAddresses, kept) == kept


# --- white list ---


def test_a_white_list_is_kept_as_networks() -> None:
    assert stored(Networks, ["192.0.2.0/255.255.255.0", "2001:db8::1"]) == ["192.0.2.0/24", "2001:db8::1"]


@pytest.mark.parametrize(
    ("value", "place"),
    [(["192.0.2.1", ""], 1), (["192.0.2.1/24"], 0), (["example.com"], 0), ([" 192.0.2.1"], 0)],
)
def test_a_white_list_refuses_what_is_no_network(value: list[str], place: int) -> None:
    (one,) = refused(Networks, value)
    assert (one["code"], one["loc"]) == ("GEN-14", (place,))


def test_a_white_list_holds_each_network_once_whatever_its_spelling() -> None:
    (one,) = refused(Networks, ["192.0.2.0/24", "192.0.2.0/255.255.255.0"])
    assert (one["code"], one["entry"]) == ("GEN-14", 1)


def test_a_white_list_has_no_text_form() -> None:
    assert refused(Networks, "192.0.2.1;")[0]["code"] == "list_type"


# --- dates and times ---


@pytest.mark.parametrize("value", ["2026-02-28", "2024-02-29", "0001-01-01", "9999-12-31"])
def test_a_date_is_an_existing_day(value: str) -> None:
    assert stored(DateText, value) == value


@pytest.mark.parametrize(
    "value",
    [
        "2026-02-29",
        "2026-2-9",
        "26-02-09",
        "2026-13-01",
        "20260209",
        "2026-W01-1",
        "0000-01-01",
        "2026-01-01 ",
        "",
        "\u0662\u0660\u0662\u0666-01-01",
    ],
)
def test_what_is_no_day_is_refused(value: str) -> None:
    assert refused(DateText, value)[0]["code"] == "GEN-14"


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("2026-01-31T08:00:00Z", "2026-01-31T08:00:00Z"),
        ("2026-01-31t08:00:00z", "2026-01-31T08:00:00Z"),
        ("2026-01-31T08:00:00+01:00", "2026-01-31T07:00:00Z"),
        ("2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00Z"),
        ("2026-01-31T08:00:00-00:00", "2026-01-31T08:00:00Z"),
        ("2026-01-31T08:00:00.250Z", "2026-01-31T08:00:00Z"),
    ],
)
def test_a_time_is_stored_in_utc(value: str, kept: str) -> None:
    assert stored(TimeText, value) == kept


@pytest.mark.parametrize(
    "value",
    [
        "2026-01-31T08:00Z",
        "2026-01-31T08:00:00",
        "2026-01-31 08:00:00Z",
        "2026-01-31",
        "2026-01-32T08:00:00Z",
        "2026-01-31T24:00:01Z",
        "2026-01-31T08:00:60Z",
        "2026-01-31T08:00:00+0100",
        "2026-01-31T08:00:00+25:00",
        "0001-01-01T00:00:00+02:00",
        "",
    ],
)
def test_what_is_no_time_is_refused(value: str) -> None:
    assert refused(TimeText, value)[0]["code"] == "GEN-14"


def test_times_compare_as_instants() -> None:
    assert canonical(TimeText, "2026-01-31T09:00:00+01:00") == canonical(TimeText, "2026-01-31T08:00:00Z")
    with pytest.raises(ValueError, match="0001"):
        canonical(TimeText, "0001-01-01T00:00:00+02:00")


@pytest.mark.parametrize("value", ["Europe/Lisbon", "UTC", "America/Argentina/Buenos_Aires", "Atlantic/Azores"])
def test_a_time_zone_is_an_iana_name(value: str) -> None:
    assert stored(TimeZone, value) == value


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("EST", ""),
        ("GMT+1", ""),
        ("+01:00", ""),
        ("GMT", ""),
        ("Etc/GMT+1", ""),
        ("Lisbon", ""),
        ("utc", ""),
        ("Europe/Lisbom", "did you mean Europe/Lisbon"),
        ("europe/lisbon", "did you mean Europe/Lisbon"),
        ("../Europe/Lisbon", ""),
        ("", ""),
    ],
)
def test_abbreviations_and_offsets_are_no_time_zone(value: str, hint: str) -> None:
    (one,) = refused(TimeZone, value)
    assert one["code"] == "SC-05"
    assert one["hint"].startswith(hint)


@pytest.mark.parametrize(
    ("kind", "written", "kept"),
    [
        (OutputDateFormat, "YYYY-MM-DD", "YYYY-MM-DD"),
        (OutputDateFormat, "dd/mm/yyyy", "DD/MM/YYYY"),
        (OutputDateFormat, "D. Month YY", "D. MONTH YY"),
        (OutputDateFormat, "MON", "MON"),
        (OutputDateFormat, "YYYYMMDD", "YYYYMMDD"),
        (InputDateFormat, "d mon yyyy", "D MON YYYY"),
        (InputDateFormat, "DD.MM.YY", "DD.MM.YY"),
        (OutputTimeFormat, "HH24:MI:SS", "HH24:MI:SS"),
        (OutputTimeFormat, "hh:mi", "HH24:MI"),
        (OutputTimeFormat, "HH12:MI AM", "HH12:MI AM"),
        (OutputTimeFormat, "HH12:MI pm", "HH12:MI PM"),
        (OutputTimeFormat, "HH12:MI AM/PM", "HH12:MI AM/PM"),
        (OutputTimeFormat, "SS", "SS"),
        (InputTimeFormat, "HHMI", "HH24MI"),
        (InputTimeFormat, "HH24MISS", "HH24MISS"),
    ],
)
def test_a_display_format_is_kept_in_upper_case(kind: Any, written: str, kept: str) -> None:
    assert stored(kind, written) == kept
    assert canonical(kind, written) == kept


@pytest.mark.parametrize(
    ("kind", "written", "word", "hint"),
    [
        (OutputTimeFormat, "HH12 MI:SS", "HH12", "AM/PM"),
        (OutputTimeFormat, "HH24:MM:SS", "MM", "MI"),
        (OutputDateFormat, "YYYY-MI-DD", "MI", "MM"),
        (OutputDateFormat, "YYYY-MM-DDTHH", "THH", "parts"),
        (OutputDateFormat, "YYYY-MM-D1", "1", "parts"),
        (OutputDateFormat, "YYYYY", "Y", "parts"),
        (OutputDateFormat, "YYYY-YY", "year", ""),
        (OutputDateFormat, "MON-MM", "month", ""),
        (OutputDateFormat, "D-DD", "day", ""),
        (OutputTimeFormat, "HH24 HH12 AM", "hour", ""),
        (OutputTimeFormat, "MI:MI", "minute", ""),
        (OutputTimeFormat, "SS SS", "second", ""),
        (OutputTimeFormat, "HH24:MI:ß", "ß", "parts"),
        (OutputDateFormat, "", "part", "parts"),
        (OutputDateFormat, "--", "part", "parts"),
        (InputDateFormat, "MM-DD", "year", ""),
        (InputDateFormat, "YYYY-MM", "day", ""),
        (InputDateFormat, "YYYY-DD", "month", ""),
        (InputTimeFormat, "HH24", "minute", ""),
        (InputTimeFormat, "MI:SS", "hour", ""),
    ],
)
def test_a_display_format_of_other_parts_is_refused(kind: Any, written: str, word: str, hint: str) -> None:
    (one,) = refused(kind, written)
    assert one["code"] == "SC-04"
    assert word in one["reason"]
    assert hint in one["hint"]


# --- identifiers ---


@pytest.mark.parametrize("value", ["a", "7", "farol-services", "www.lumen.example.com", "a" * 63])
def test_a_name(value: str) -> None:
    assert stored(Name, value) == value


@pytest.mark.parametrize("value", ["", "-a", "a-", ".a", "A", "a_b", "a b", "a" * 64, "é", "a\n"])
def test_what_is_no_name(value: str) -> None:
    refused(Name, value)


@pytest.mark.parametrize(
    "value",
    [
        "ana@lumen.example.com",
        "Ana.Moura+x@Lumen.Example.com",
        "!#$%&'*+/=?^_`{}~-@example.com",
        "a@xn--mnchen-3ya.example",
        "a" * 64 + "@example.com",
    ],
)
def test_an_email_address_is_kept_as_written(value: str) -> None:
    assert stored(Email, value) == value


@pytest.mark.parametrize(
    "value",
    [
        "ana",
        "ana@lumen",
        "@example.com",
        "ana@",
        "ana@@example.com",
        "ana@b@example.com",
        ".ana@example.com",
        "ana.@example.com",
        "a..b@example.com",
        "ana moura@example.com",
        '"ana"@example.com',
        "aná@example.com",
        "ana@exámple.com",
        "ana@-a.example.com",
        "ana@example.com.",
        "ana@[192.0.2.1]",
        "ana@192.0.2.1",
        "a" * 65 + "@example.com",
        "a@" + ".".join(["b" * 60] * 5),
        "\u212a@example.com",
        " ana@example.com",
        "ana@example.com\n",
    ],
)
def test_what_is_no_email_address(value: str) -> None:
    assert refused(Email, value)[0]["code"] == "GEN-14"


@pytest.mark.parametrize("value", ["+351210000001", "+1234567", "+" + "1" * 15])
def test_a_phone_number(value: str) -> None:
    assert stored(Phone, value) == value


@pytest.mark.parametrize(
    "value",
    [
        "351210000001",
        "+0351210000",
        "+123456",
        "+" + "1" * 16,
        "+351 210 000 001",
        "+\u0661\u0662\u0663\u0664\u0665\u0666\u0667",
    ],
)
def test_what_is_no_phone_number(value: str) -> None:
    assert refused(Phone, value)[0]["code"] == "GEN-14"


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("PT", "did you mean PRT"),
        ("pt", "did you mean PRT"),
        ("prt", "did you mean PRT"),
        ("XXX", "write PRT, ESP, FRA, …"),
        ("Portugal", "write PRT, ESP, FRA, …"),
        ("", "write PRT, ESP, FRA, …"),
    ],
)
def test_a_country_is_alpha_3(value: str, hint: str) -> None:
    assert stored(Country, "PRT") == "PRT"
    (one,) = refused(Country, value)
    assert (one["code"], one["hint"]) == ("PAR-01", hint)


def test_the_alpha_2_code_of_norway_is_a_word() -> None:
    assert refused(Country, "NO")[0]["hint"] == "did you mean NOR"


@pytest.mark.parametrize(
    ("value", "hint"), [("eur", "did you mean EUR"), ("EURO", "write"), ("€", "write"), ("", "write")]
)
def test_a_currency_has_three_capital_letters(value: str, hint: str) -> None:
    assert stored(Currency, "EUR") == "EUR"
    (one,) = refused(Currency, value)
    assert one["code"] == "GEN-14"
    assert one["hint"].startswith(hint)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("pt-PT", "pt-PT"),
        ("PT-pt", "pt-PT"),
        ("EN", "en"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("sr-latn", "sr-Latn"),
        ("de-CH-1996", "de-CH-1996"),
        ("no", "no"),
        ("en-u-CA-gregory", "en-u-ca-gregory"),
    ],
)
def test_a_language_tag_gets_its_case(value: str, kept: str) -> None:
    assert stored(Language, value) == kept


def test_familiar_countries_and_currencies_are_those_of_the_tables() -> None:
    assert formats._countries()[0] >= formats.FAMILIAR_COUNTRIES
    assert formats._currencies() >= formats.FAMILIAR_CURRENCIES


@pytest.mark.parametrize("value", sorted(formats.FAMILIAR_LANGUAGES))
def test_a_familiar_language_is_what_the_tables_make_of_it(value: str) -> None:
    assert formats._tag_by_tables(value) == value


@pytest.mark.parametrize("value", ["en_US", "english", "xx", "pt-", "-pt", "", "pt PT", "pt-ZZ9", "português"])
def test_what_is_no_language_tag(value: str) -> None:
    assert refused(Language, value)[0]["code"] == "GEN-14"


@pytest.mark.parametrize(
    "value", ["www.example.com", "a.b", "xn--mnchen-3ya.example.org", "1.example.com", ("a" * 63 + ".") * 3 + "b" * 61]
)
def test_a_host_name(value: str) -> None:
    assert stored(HostName, value) == value
    assert stored(HostOrIp, value) == value
    assert stored(WildcardHost, value) == value


@pytest.mark.parametrize(
    "value",
    [
        "localhost",
        "Www.example.com",
        "www.example.com.",
        "-a.example.com",
        "a-.example.com",
        "a_b.example.com",
        "münchen.example.com",
        "a..example.com",
        "a" * 64 + ".example.com",
        ("a" * 63 + ".") * 3 + "b" * 62,
        "http://www.example.com",
        "www.example.com:80",
        "300.1.1.1",
        "*.*.example.com",
        "www.*.example.com",
        "*",
        "*.com",
        "",
    ],
)
def test_what_is_no_host_name(value: str) -> None:
    for kind in (HostName, HostOrIp, WildcardHost):
        assert refused(kind, value)[0]["code"] == "GEN-14"


def test_a_star_stands_in_front_of_a_domain_only() -> None:
    assert stored(WildcardHost, "*.example.com") == "*.example.com"
    refused(HostName, "*.example.com")
    refused(HostOrIp, "*.example.com")


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("WWW.Example.com", "did you mean www.example.com"),
        ("*.Example.com.", "did you mean *.example.com"),
        ("münchen.example.org", "did you mean xn--mnchen-3ya.example.org"),
        ("no host", ""),
    ],
)
def test_the_written_form_of_a_host_is_suggested(value: str, hint: str) -> None:
    assert refused(WildcardHost, value)[0]["hint"] == hint


@pytest.mark.parametrize(
    ("value", "kept"), [("192.0.2.1", "192.0.2.1"), ("2001:DB8::0:1", "2001:db8::1"), ("example.org", "example.org")]
)
def test_a_host_or_an_address(value: str, kept: str) -> None:
    assert stored(HostOrIp, value) == kept


@pytest.mark.parametrize("value", ["fe80::1%eth0", "192.0.2.0/24", "010.0.0.1"])
def test_what_is_neither_host_nor_address(value: str) -> None:
    assert refused(HostOrIp, value)[0]["code"] == "GEN-14"


@pytest.mark.parametrize(
    ("address", "is_inner"),
    [
        ("10.1.2.3", True),
        ("172.15.255.255", False),
        ("172.16.0.1", True),
        ("172.31.255.255", True),
        ("172.32.0.1", False),
        ("192.168.1.1", True),
        ("100.64.0.1", True),
        ("100.128.0.1", False),
        ("127.0.0.1", True),
        ("169.254.169.254", True),
        ("192.0.2.1", False),
        ("198.51.100.1", False),
        ("203.0.113.1", False),
        ("2001:db8::1", False),
        ("fd00::1", True),
        ("::1", True),
        ("fe80::1", True),
        ("::ffff:10.0.0.1", True),
        ("::ffff:192.0.2.1", False),
        ("10.example.com", False),
    ],
)
def test_inner_addresses(address: str, *, is_inner: bool) -> None:
    assert inner(address) is is_inner


@pytest.mark.parametrize("value", ["A1B2C3D4-e5f6-7890-abcd-ef0123456789"])
def test_a_guid_is_kept_in_lower_case(value: str) -> None:
    assert stored(Guid, value) == value.lower()


@pytest.mark.parametrize(
    "value",
    [
        "00000000-0000-0000-0000-000000000000",
        "a1b2c3d4e5f67890abcdef0123456789",
        "{a1b2c3d4-e5f6-7890-abcd-ef0123456789}",
        "a1b2c3d4-e5f6-7890-abcd-ef012345678g",
        "a1b2c3d4-e5f6-7890-abcd-ef0123456789\n",
        "",
    ],
)
def test_what_is_no_guid(value: str) -> None:
    assert refused(Guid, value)[0]["code"] == "GEN-14"


@pytest.mark.parametrize(
    "value",
    ["https://example.com", "https://example.com:8443/a/b?c=d", "https://192.0.2.1/", "https://[2001:db8::1]/x"],
)
def test_an_https_url(value: str) -> None:
    assert stored(HttpsUrl, value) == value
    assert stored(HttpUrl, value) == value


def test_http_where_it_is_allowed() -> None:
    assert stored(HttpUrl, "http://example.com/") == "http://example.com/"
    assert refused(HttpsUrl, "http://example.com/")[0]["code"] == "GEN-14"


@pytest.mark.parametrize(
    "value",
    [
        "example.com",
        "/path",
        "https:///path",
        "https://",
        "ftp://example.com",
        "javascript:alert(1)",
        "https://user@example.com/",
        "https://user:pw@example.com/",
        "https://example.com/#part",
        "https://example.com/#",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://exa mple.com/",
        "https://example.com/a b",
        "https://example.com/\n",
        "https://[::1",
        "https://localhost/",
        "",
    ],
)
def test_what_is_no_url(value: str) -> None:
    assert refused(HttpUrl, value)[0]["code"] == "GEN-14"


@pytest.mark.parametrize("value", ["abc", "Rui.Prates@x", "ü-login", "a" * 64])
def test_a_login_is_kept_as_written(value: str) -> None:
    assert stored(Login, value) == value


@pytest.mark.parametrize("value", ["ab", "a" * 65, "a b c", "abc\t", "ab\u00a0c", ""])
def test_what_is_no_login(value: str) -> None:
    assert refused(Login, value)[0]["code"] == "GEN-14"


def test_one_line() -> None:
    assert stored(OneLine, "a line") == "a line"
    for value in ("a\nb", "a\rb", "a\n"):
        assert refused(OneLine, value)[0]["code"] == "GEN-14"


@pytest.mark.parametrize(
    ("value", "place"), [(["a", "b", "a"], 2), ([80, 443, 80], 2), (["A@example.com", "a@example.com"], 1)]
)
def test_each_entry_stands_in_a_list_once(value: list[Any], place: int) -> None:
    kind = Annotated[list[Any], Once()]
    assert stored(kind, value[:place]) == value[:place]
    (one,) = refused(kind, value)
    assert (one["code"], one["entry"]) == ("GEN-14", place)


# --- tax numbers ---


@pytest.mark.parametrize("number", ["502757191", "123456789", "599900016"])
def test_portuguese_tax_numbers_with_the_right_check_digit(number: str) -> None:
    assert formats.vat_problem("PRT", number) is None


@pytest.mark.parametrize(
    ("number", "word"),
    [
        ("599900025", "59990002 ends in"),
        ("502757192", "check digit"),
        ("50275719", "nine digits"),
        ("5027571910", "nine digits"),
        ("PT502757191", "nine digits"),
        ("50275719\u0661", "nine digits"),
    ],
)
def test_portuguese_tax_numbers_that_are_wrong(number: str, word: str) -> None:
    assert word in (formats.vat_problem("PRT", number) or "")


@given(st.integers(0, 99_999_999))
def test_exactly_one_check_digit_fits(first: int) -> None:
    fitting = [digit for digit in range(10) if formats.vat_problem("PRT", f"{first:08}{digit}") is None]
    weights = sum(int(digit) * weight for digit, weight in zip(f"{first:08}", range(9, 1, -1), strict=True))
    wanted = 11 - weights % 11
    assert fitting == [0 if wanted > 9 else wanted]


@pytest.mark.parametrize(("number", "fits"), [("B12345678", True), ("A1", True), ("A", False), ("b12345678", False)])
def test_tax_numbers_of_other_countries(number: str, *, fits: bool) -> None:
    assert (formats.vat_problem("ESP", number) is None) is fits
    assert formats.vat_problem("ESP", "A" * 14) is None
    assert formats.vat_problem("ESP", "A" * 15) is not None


@pytest.mark.parametrize(
    ("country", "number", "natural"),
    [("PRT", "123456789", True), ("PRT", "302757191", True), ("PRT", "502757191", False), ("ESP", "123456789", False)],
)
def test_tax_numbers_of_natural_persons(country: str, number: str, *, natural: bool) -> None:
    assert formats.natural_person(country, number) is natural


# --- words ---


def test_placeholders_are_whatever_stands_between_double_braces() -> None:
    assert formats.placeholders("a {{platform.name}} b {{ x }} {c} {{}}") == ["platform.name", " x ", ""]


@pytest.mark.parametrize(
    ("word", "found"),
    [("partnar", "partner"), ("ISSUER", "issuer"), ("issure", "issuer"), ("xyz", None), ("partnershp", None)],
)
def test_the_nearest_word_lies_within_two_edits(word: str, found: str | None) -> None:
    assert formats.nearest(word, ["issuer", "partner"]) == found


def test_of_several_near_words_the_nearest_is_taken() -> None:
    assert formats.nearest("aab", ["aac", "aab", "aad"]) == "aab"


def test_folding_trims_and_ignores_case() -> None:
    assert formats.folded("  Straße ") == formats.folded("STRASSE")


def test_an_alpha_2_code_leads_to_its_country() -> None:
    assert formats.country_of_alpha2("pt") == "PRT"
    assert formats.country_of_alpha2("zz") is None
