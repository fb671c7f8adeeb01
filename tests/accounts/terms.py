"""The terms of an operator as the tests of usage and grants know them, apart from any operator.yaml."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

from ivr.accounts.rules import Terms
from ivr.engine.charging import Billing, Rating, TariffPrices
from ivr.engine.values import Money

BAKU = ZoneInfo("Asia/Baku")
NIGHTS = Billing(4, 24, datetime.time(23), datetime.time(6))


def azn(text: str) -> Money:
    return Money.parse(text, "AZN")


def prices(call: str | None = None, sms: str | None = None, mb: str | None = None) -> TariffPrices:
    return TariffPrices(*(None if text is None else azn(text) for text in (call, sms, mb)))


TARIFFS = {
    "GəncOL": prices("0.059", "0.05", "0.08"),
    "SimSim": prices("0.085", "0.04", "0.10"),
    "Biznes 30": prices("0.035", "0.03", "0.05"),
    "Premium": prices("0.00", "0.00", "0.02"),
}


USUAL = Rating()


def terms(rating: Rating = USUAL, billing: Billing | None = NIGHTS, most: int = 20) -> dict[str, Terms]:
    return {
        "azercell": Terms(
            BAKU, ("az", "en", "ru"), "994", 9, "AZN", limits={"grants": most}, tariffs=TARIFFS, rating=rating, billing=billing
        )
    }
