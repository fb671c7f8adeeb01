"""USSD over POST /ussd against the running server: repeats, redial, abort, a restart in mid-session, and the fee in the books."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.main_job.server import Server

RU, EN = "994501110002", "994501110003"
BALANCE = "*111*1*7#"
EN_PAGE = "CON 0.91 AZN till 01.12.2026\nSimSim\nNo bonuses\n0. Back\n00. Menu"
EN_ACCOUNT = "CON Account\n1. Balance\n2. Last charges\n7. Expiry, tariff, bonuses\n0. Back\n00. Menu"
EN_MAIN = "CON My line\n1. Account\n2. Bonuses\n3. Tariff\n4. Roaming\n5. Card check\n6. Notices\n7. Another's bill\n8. Language\n9. Help"


def balance(server: Server, msisdn: str) -> str:
    return str(json.loads(server.ivr("account", msisdn, "--json"))["balance"])


@pytest.fixture
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("fresh"), telephone=False)
    yield running
    running.stop()


def test_the_fee_once_a_session_repeats_redial_and_abort(fresh: Server) -> None:
    first = fresh.ussd("a", EN, BALANCE)
    assert first == EN_PAGE
    books = fresh.books()
    assert fresh.ussd("a", EN, BALANCE) == first, "the gateway repeats a request whose answer was lost"
    assert fresh.ussd("a", EN, BALANCE, "0") == EN_ACCOUNT
    assert fresh.ussd("a", EN, BALANCE, "0") == EN_ACCOUNT
    assert fresh.ussd("a", EN, BALANCE, "0*7") == EN_PAGE, "shown again in the same session: paid already"
    assert fresh.books() == books, "only the first page is charged"

    # a redial: the old session is over, the new one pays for itself
    assert fresh.ussd("b", EN, "*111#") == EN_MAIN
    assert fresh.ussd("a", EN, BALANCE, "0*7*0").startswith("END ")
    assert fresh.ussd("b", EN, "*111#", "1") == EN_ACCOUNT
    assert fresh.books() == books
    assert fresh.ussd("b", EN, "*111#", "1*7") == EN_PAGE.replace("0.91", "0.81")

    # the network gives up
    assert fresh.form("/ussd/end", sessionId="b", status="Failed", phoneNumber=f"+{EN}") == (200, "OK")
    assert fresh.ussd("b", EN, "*111#", "1*7*0").startswith("END ")

    account = json.loads(fresh.ivr("account", EN, "--json"))
    assert account["balance"] == "0.81"
    fees = [posting for posting in account["statement"] if posting["kind"] == "fee"]
    assert [posting["amount"] for posting in fees] == ["-0.10", "-0.10"], "one fee for each of the two sessions"
    audit = json.loads(fresh.ivr("ledger", "audit", "--json"))
    assert audit["differences"] == []
    assert audit["operations"] > 0


def test_postpaid_is_free_and_in_the_lines_language(ussd_server: Server) -> None:
    books = ussd_server.books()
    page = ussd_server.ussd("p", "994501110102", "*650#")
    assert page.startswith("CON Счёт 0.00 AZN\nТекущая 111.11 AZN\n"), page
    assert ussd_server.books() == books


def test_a_restart_in_mid_session(fresh: Server) -> None:
    page = fresh.ussd("r", RU, BALANCE)
    assert page.startswith("CON 21.11 AZN до 01.01.2027\nSimSim\n22 мин до 25.12.2026\n"), page
    books = fresh.books()
    fresh.stop()
    fresh.start()
    assert fresh.ussd("r", RU, BALANCE) == page, "the repeat of what was answered before the restart"
    account = "CON Счёт\n1. Баланс\n2. Последние списания\n7. Срок, тариф, бонусы\n0. Назад\n00. Меню"
    assert fresh.ussd("r", RU, BALANCE, "0") == account
    assert fresh.ussd("r", RU, BALANCE, "0*7") == page
    assert fresh.books() == books
    assert balance(fresh, RU) == "21.11"
