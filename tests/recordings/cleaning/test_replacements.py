"""How personal values are replaced: by what form, in which order, and the same by the same."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.recordings.cleaning import amounts, shapes
from harness.recordings.cleaning.advisor_xml import clean_xml
from harness.recordings.cleaning.known_words import KnownWords
from harness.recordings.cleaning.replacements import Replacements

DOUBLE = Fraction(2)


def given_at(factor: Fraction = DOUBLE, *hidden: str) -> Replacements:
    return Replacements(factor, hidden)


def test_accounts_keep_their_form_and_are_numbered_as_they_appear() -> None:
    given = given_at()
    seen = ["DU7654321", "U7654322", "F765432", "DF7654323", "DUH765432", "U76543219", "I7654321"]
    assert [given.account(each) for each in seen] == [
        "DU9000001",
        "U9000002",
        "F900003",
        "DF9000004",
        "DUH900005",
        "U90000006",
        "I9000007",
    ]
    assert given.accounts("U7654322,DU7654321,") == "U9000002,DU9000001,"
    assert given.account("DF7654323A") == "DF9000004A"
    assert given.account("") == ""
    assert (given.account("All"), given.account("*")) == ("All", "*")
    assert re.fullmatch(r"U9\d{6}", given.account("somebody's own name"))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Account U7654321 is not known", "Account U9000001 is not known"),
        ("code is required for accountU7654321x", "code is required for accountU9000001x"),
        (r"b'\x12\tU7654321'", r"b'\x12\tU9000001'"),
        ("u7654321, U7654321.", "U9000001, U9000001."),
        ("(all of U7654321A)", "(all of U9000001A)"),
    ],
)
def test_an_account_is_found_in_a_text_by_its_form_or_because_it_is_known(said: str, told: str) -> None:
    given = given_at()
    given.account("U7654321")
    assert given.sentence(said) == told


def test_an_account_is_the_same_before_and_after_the_list_of_accounts() -> None:
    given = given_at()
    assert given.sentence("requested account U7654321 cannot be used") == "requested account U9000001 cannot be used"
    assert given.accounts("U7654320,U7654321") == "U9000002,U9000001"


def test_names_have_a_label_and_a_number() -> None:
    given = given_at()
    assert [given.name(each, "Group") for each in ("Smith", "Jones", "Smith", "")] == ["Group1", "Group2", "Group1", ""]
    assert given.name("All", "Group", {"All"}) == "All"
    assert given.name("Smith", "Model") == "Group1"
    assert given.name("U7654321", "Model") == given.account("U7654321")
    assert given.name("7654321987", "Ref") == given.number("7654321987") == "1000000001"
    assert given.number("0") == "0"


def test_a_known_name_is_found_in_texts_whatever_its_case() -> None:
    given = given_at()
    given.name("Müller Family", "Group")
    given.name("test", "Ref")
    given.name("EQ", "Group")
    given.name("2026", "Group")
    assert (
        given.sentence("no group MÜLLER FAMILY 2, test: latest, EQ 2026") == "no group Group1 2, Ref1: latest, EQ 2026"
    )


def test_a_known_number_is_not_found_in_a_longer_one() -> None:
    given = given_at()
    given.number("765432")
    assert given.sentence("765432 of 7654321 or x765432y") == "100001 of 7654321 or x100001y"


def test_the_longest_known_word_counts() -> None:
    words = KnownWords()
    words.add("momentum", "A")
    words.add("momentum-fast", "B")
    assert [span.replacement for span in words.find("momentum-fast, momentum")] == ["B", "A"]


def test_replacements_are_never_replaced_again() -> None:
    given = given_at()
    assert given.sentence("DU9000002 DU9000001 DU9000002") == "DU9000001 DU9000002 DU9000001"


def test_executions_keep_what_tells_revisions_and_legs() -> None:
    given = given_at()
    assert given.execution("0000f7f7.6f7e7d7c.01.01") == "0000e000.00000001.01.01"
    assert given.execution("0000f7f7.6f7e7d7c.01.02") == "0000e000.00000001.01.02"
    assert given.execution("0000f7f7.6f7e7d7d.01.01.01") == "0000e000.00000002.01.01.01"
    assert given.execution("of another form") == "Execution1"


def test_hosts_and_addresses() -> None:
    given = given_at()
    assert given.host("gw.kreuzberg.lan:4001") == "host1.example:4001"
    assert given.host("203.0.113.7:4001") == "198.18.0.1:4001"
    assert given.host("2001:db8::7") == "198.18.0.2"
    assert [given.host(each) for each in ("127.0.0.1", "::1", "gdc1.ibllc.com", "")][:2] == ["127.0.0.1", "::1"]
    assert given.host("zdc1.ibkr.com") == "zdc1.ibkr.com"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("write to jo.k@kreuzberg-family.net now", "write to person1@mail.example now"),
        ("from 203.0.113.7, 10.0.0.9 and fe80::7", "from 198.18.0.1, 198.18.0.2 and 198.18.0.3"),
        ("hardware 0a:1b:2c:3d:4e:5f", "hardware 02:00:00:00:00:01"),
        (r"C:\Users\Jo Kreuzberg\Jts\x", r"C:\Users\user1\Jts\x"),
        ("/home/jok/Jts and /Users/jok", "/home/user1/Jts and /Users/user1"),
        ("box.kreuzberg.lan, box.kreuzberg.de, me.de:4001", "host1.example, host2.example, host3.example:4001"),
        ("CASH AVAILABLE: 1234.56; NEEDED FOR ORDERS: 7.10", "CASH AVAILABLE: 2469.12; NEEDED FOR ORDERS: 14.20"),
        ("Equity with Loan Value is 5.50, INITIAL MARGIN [5]", "Equity with Loan Value is 11.00, INITIAL MARGIN [10]"),
        ("a margin of jo@k.net 5 in value U7654321", "a margin of person1@mail.example 5 in value U9000001"),
        ("LOAN VALUE [1234.56 USD] and USD 1,234.56 or $7", "LOAN VALUE [2469.12 USD] and USD 2,469.12 or $14"),
    ],
)  # fmt: skip
def test_what_looks_personal_is_replaced_in_a_sentence(said: str, told: str) -> None:
    assert given_at().sentence(said) == told


@pytest.mark.parametrize(
    "said",
    [
        "Market data farm connection is OK:usfarm.nj",
        "HMDS data farm connection is inactive but should be available upon demand.ushmds",
        "Order Message:\nBUY 1 AAPL NASDAQ.NMS\nWarning: your order waits until 2026-09-28 09:30:00 US/Eastern",
        "Error validating request.-'b4' : cause - FA data operations ignored for non FA customers.",
        "20260928:0400-20260928:2000;20260929:CLOSED",
        "The version of the application you are running, 1037.1, needs to be upgraded",
        "{A:800015:L:en}Apple shares",
        "OrderId 7 that needs to be cancelled cannot be cancelled, state: Cancelled.",
        "No security definition has been found for EUR.USD, 7203.T, IBCID495512563 or FI0009000681",
        "see https://www.interactivebrokers.com/en/index.php",
        "The price does not conform to the minimum price variation for this contract. 150.25 is not valid",
        "BUY 100 AAPL @ 150.25, order value limit",
        "value date 2026-09-28 09:30:00",
    ],
)
def test_what_gateways_tell_everybody_stays(said: str) -> None:
    given = given_at()
    assert given.sentence(said) == said
    assert given.impersonal(said) == said


def test_hidden_words_are_replaced_in_every_text() -> None:
    given = given_at(DOUBLE, "kreuzberg")
    assert given.suspects("KREUZBERG-PC")
    assert given.impersonal("KREUZBERG-PC") == "hidden1-PC"
    assert given.sentence("at kreuzberg-pc") == "at hidden1-pc"
    assert not given.suspects("AAPL")


def test_a_short_hidden_word_may_be_a_symbol_and_one_that_many_have_is_not_hidden() -> None:
    given = given_at(DOUBLE, "smart", "root", "")
    assert given.impersonal("SMART") == "SMART"
    assert given.sentence("SMART of root") == "hidden1 of root"


def test_a_machine_is_hidden_with_and_without_its_domain() -> None:
    given = given_at(DOUBLE, "jk-box7.kreuzberg.lan")
    assert given.impersonal("jk-box7.kreuzberg.lan, jk-box7") == "hidden1, hidden2"


PIECES = [
    "U7654321",
    "duh76543",
    "FI12345A",
    "jo@k.net",
    "@",
    "10.0.0.9",
    "fe80::7",
    "1:2:3:4:5:6:7:8",
    "0a:1b:2c:3d:4e:5f",
]
PIECES += ["/home/jo", "\\Users\\jo", "documents and settings\\jo", "1", ":", ".", "\\n", " ", "x"]


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_the_quick_look_misses_nothing(text: str) -> None:
    assert shapes.is_suspect(text) or given_at().impersonal(text) == text


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("NetLiquidation", "1000.50", "2001.00"),
        ("NetLiquidation-S", "1000", "2000"),
        ("ExchangeRate", "1.10", "1.10"),
        ("Leverage-S", "1.5", "1.5"),
        ("DayTradesRemainingT+1", "-1", "-1"),
        ("AccountType", "INDIVIDUAL", "INDIVIDUAL"),
        ("AccountCode", "U7654321", "U9000001"),
        ("AccountOrGroup", "All", "All"),
        ("AccountOrGroup", "The Smiths", "Group1"),
        ("WhatIfPMEnabled", "true", "true"),
        ("Alias of a newer gateway", "The Smiths", "Value1"),
        ("Number of a newer gateway", "7", "14"),
        ("BuyingPower", "", ""),
    ],
)
def test_values_of_an_account_by_their_key(key: str, value: str, told: str) -> None:
    assert given_at().account_value(key, value) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("100", "237"),
        ("-100.00", "-237.00"),
        ("0.00", "0.00"),
        ("-0", "-0"),
        (".5", "1.2"),
        ("0.001", "0.002"),
        ("1E7", "23700000.0"),
        ("1.7976931348623157E308", "1.7976931348623157E308"),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
    ],
)
def test_amounts_keep_their_digits_after_the_point(text: str, told: str) -> None:
    assert amounts.scaled(text, Fraction(237, 100)) == told


@given(whole=st.integers(0, 10**12), digits=st.integers(0, 6), factor=st.fractions(Fraction(1, 4), 4))
def test_only_zero_becomes_zero(whole: int, digits: int, factor: Fraction) -> None:
    text = f"{whole / 10**digits:.{digits}f}"
    assert (float(amounts.scaled(text, factor)) == 0) == (float(text) == 0)


def test_a_secret_factor_is_far_from_one_and_another_each_time() -> None:
    factors = {amounts.new_factor() for _ in range(50)}
    assert len(factors) > 40
    assert all(Fraction(1, 4) <= each <= Fraction(2, 3) or Fraction(3, 2) <= each <= 4 for each in factors)


def test_the_xml_of_an_advisor_keeps_its_structure_methods_and_shares() -> None:
    given = given_at()
    said = (
        '<?xml version="1.0" encoding="UTF-8"?><ListOfGroups><Group><name>The Smiths &amp; Co</name>'
        '<ListOfAccts varName="list"><Account><acct>DU7654321</acct><amount>33.3</amount></Account></ListOfAccts>'
        "<defaultMethod>NetLiq</defaultMethod></Group></ListOfGroups>"
    )
    assert clean_xml(said, given) == (
        '<?xml version="1.0" encoding="UTF-8"?><ListOfGroups><Group><name>Group1</name>'
        '<ListOfAccts varName="list"><Account><acct>DU9000001</acct><amount>33.3</amount></Account></ListOfAccts>'
        "<defaultMethod>NetLiq</defaultMethod></Group></ListOfGroups>"
    )
    assert clean_xml("", given) == ""


@pytest.mark.parametrize(
    "xml",
    [
        "no markup",
        "<a>",
        "<!-- The Smiths --><a/>",
        "<a><![CDATA[The Smiths]]></a>",
        "<a><?smith x?></a>",
        '<!DOCTYPE a [<!ENTITY b "c">]><a/>',
        "<a>" * 5000 + "</a>" * 5000,
    ],
)
def test_xml_that_hides_text_is_refused(xml: str) -> None:
    with pytest.raises(ValueError, match=r"XML|hides"):
        clean_xml(xml, given_at())
