"""The table of AWS's list prices: facts in JSON, each with its unit, its source and the date it was seen."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from miyabi_infra.refused import Refused

DATA: Final = Path(__file__).parent


TEMPLATE: Final = "us-west-2"
"""The region whose table has every price."""


class NotPriced(Exception):  # noqa: N818  # not an error: the estimate names it
    """Raised by a pricer when it does not know the price of this very resource; the text is the reason."""


class NoPrices(Refused):
    """There is no table of prices for a region."""


@dataclass(frozen=True)
class Price:
    """A list price."""

    key: str
    usd: float
    unit: str
    """What the price is for: `vCPU-hour`, `GB`."""
    usage_type: str
    """The row of AWS's price list."""
    source: str
    """Address of AWS's page about it."""
    seen: str
    """Date (ISO 8601) on which a public copy of the row said so; `undated` where the copy does not say."""


@dataclass(frozen=True)
class Prices:
    """The list prices of one region."""

    region: str
    hours: int
    """Hours per month, as AWS counts them."""
    checked: str
    """Date (ISO 8601) on which the table was last checked."""
    spot_discount: float
    """Share by which Fargate Spot is cheaper: 0 to 1."""
    prices: Mapping[str, Price]

    def find(self, key: str) -> Price | None:
        """A price; None when the table does not have it."""
        return self.prices.get(key)

    def of(self, key: str) -> Price:
        """A price.

        Raises:
            NotPriced: when the table does not have it.
        """
        found = self.prices.get(key)
        if found is None:
            raise NotPriced(f"no price of {key} in {self.region}")
        return found


def load(region: str) -> Prices:
    """The prices of a region.

    Raises:
        NoPrices: for a region without a table. Prices differ by region, so another region's are never used.
    """
    data = load_data(region)
    return Prices(
        region=data["region"],
        hours=data["hours_per_month"],
        checked=data["checked"],
        spot_discount=data["spot_discount"]["share"],
        prices={key: Price(key, **price) for key, price in data["prices"].items()},
    )


def load_data(region: str) -> dict[str, Any]:
    """The table of a region, as its file has it.

    Raises:
        NoPrices: as `load`.
    """
    file = DATA / f"prices-{region}.json"
    if not file.is_file():
        known = ", ".join(sorted(each.stem.removeprefix("prices-") for each in DATA.glob("prices-*.json")))
        raise NoPrices(f"there are no prices for {region}, only for {known}; 'cost --renew {region}' fetches AWS's")
    return json.loads(file.read_text(encoding="utf-8"))
