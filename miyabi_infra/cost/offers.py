"""A region's table of prices from AWS's public price list: the offer files, as CSV, read line by line.

The files: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/price-changes.html. The one of EC2 has some
hundred megabytes for a region, so none is ever held in memory. A row that is not there, or not there once, is left
out and named: no price is guessed.
"""

import csv
import io
import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from miyabi_infra.cost.prices import DATA, TEMPLATE, load_data
from miyabi_infra.refused import Refused
from miyabi_infra.writing import write_whole

_SECONDS: Final = 60
"""That a server may be silent."""
_REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_PREFIX: Final = r"(?:[A-Z]+\d*-)?"
"""What usage types of a region begin with: USW2-, EU-, nothing in us-east-1."""


@dataclass(frozen=True)
class Wanted:
    """A price that the estimate needs, and the row of an offer file that has it."""

    key: str
    """With `{}`: one price for each type that the file has."""
    offer: str
    usage_type: str
    """Without the region's prefix; with `(.+)` for each type."""
    unit: str
    scale: int = 1
    """Units of AWS's row in a unit of ours."""
    where: Mapping[str, str] = field(default_factory=dict[str, str])
    """Columns that must say this, where the usage type alone is not enough."""
    everywhere: bool = False
    """Whether it is in the file of no region: a service of the whole world."""


def _wanted() -> Iterator[Wanted]:
    ecs, cloudwatch, cdn = "AmazonECS", "AmazonCloudWatch", "AmazonCloudFront"
    for architecture, marked in (("x86_64", ""), ("arm64", "ARM-")):
        yield Wanted(f"fargate.{architecture}.vcpu", ecs, f"Fargate-{marked}vCPU-Hours:perCPU", "vCPU-hour")
        yield Wanted(f"fargate.{architecture}.memory", ecs, f"Fargate-{marked}GB-Hours", "GB-hour")
    yield Wanted("fargate.storage", ecs, "Fargate-EphemeralStorage-GB-Hours", "GB-hour")
    of_alb = {"operation": "LoadBalancing:Application"}
    yield Wanted("alb.hour", "AWSELB", "LoadBalancerUsage", "hour", where=of_alb)
    yield Wanted("alb.lcu", "AWSELB", "LCUUsage", "LCU-hour", where=of_alb)
    yield Wanted("nat.hour", "AmazonEC2", "NatGateway-Hours", "hour")
    yield Wanted("nat.gb", "AmazonEC2", "NatGateway-Bytes", "GB")
    yield Wanted("endpoint.hour", "AmazonVPC", "VpcEndpoint-Hours", "endpoint-hour and zone")
    yield Wanted("endpoint.gb", "AmazonVPC", "VpcEndpoint-Bytes", "GB")
    yield Wanted("ipv4.hour", "AmazonVPC", "PublicIPv4:InUseAddress", "address-hour")
    out = {"Transfer Type": "AWS Outbound"}
    yield Wanted("transfer.internet", "AWSDataTransfer", "DataTransfer-Out-Bytes", "GB", where=out)
    yield Wanted("transfer.zone", "AWSDataTransfer", "DataTransfer-Regional-Bytes", "GB")
    yield Wanted("cdn.transfer", cdn, "US-DataTransfer-Out-Bytes", "GB", everywhere=True)
    yield Wanted("cdn.requests", cdn, "US-Requests-Tier2-HTTPS", "10,000 requests", scale=10_000, everywhere=True)
    yield Wanted("cdn.function", cdn, "Executions-CloudFrontFunctions", "million runs", 1_000_000, everywhere=True)
    yield Wanted("logs.ingested", cloudwatch, "DataProcessing-Bytes", "GB")
    yield Wanted("logs.vended", cloudwatch, "VendedLog-Bytes", "GB")
    yield Wanted("logs.to_s3", cloudwatch, "S3-Egress-Bytes", "GB")
    yield Wanted("logs.stored", cloudwatch, "TimedStorage-ByteHrs", "GB-month")
    yield Wanted("alarm.month", cloudwatch, "CW:AlarmMonitorUsage", "alarm-month")
    yield Wanted("dashboard.month", cloudwatch, "DashboardsUsageHour", "dashboard-month")
    yield Wanted("metric.month", cloudwatch, "CW:MetricMonitorUsage", "metric-month")
    yield Wanted("secret.month", "AWSSecretsManager", "AWSSecretsManager-Secrets", "secret-month")
    yield Wanted("ecr.stored", "AmazonECR", "TimedStorage-ByteHrs", "GB-month")
    yield Wanted("s3.stored", "AmazonS3", "TimedStorage-ByteHrs", "GB-month")
    yield Wanted("dns.zone", "AmazonRoute53", "HostedZone", "zone-month", everywhere=True)
    yield Wanted("dns.health_check", "AmazonRoute53", "Health-Check-AWS", "check-month", everywhere=True)
    yield Wanted("dns.health_check_option", "AmazonRoute53", "Health-Check-Option-AWS", "option-month", everywhere=True)
    of_redis = {"Cache Engine": "Redis"}
    yield Wanted("{}", "AmazonElastiCache", r"NodeUsage:(cache\..+)", "node-hour", where=of_redis)
    yield Wanted("cache.snapshot", "AmazonElastiCache", "BackupUsage", "GB-month")
    of_postgres = {"Database Engine": "PostgreSQL", "Deployment Option": "Single-AZ"}
    yield Wanted("rds.{}", "AmazonRDS", r"InstanceUsage:(db\..+)", "instance-hour", where=of_postgres)
    yield Wanted("rds.gp3", "AmazonRDS", "RDS:GP3-Storage", "GB-month", where={"Deployment Option": "Single-AZ"})


WANTED: Final = tuple(_wanted())


@dataclass(frozen=True)
class Renewed:
    """A table that was written, and what the price list does not tell."""

    file: Path
    prices: int
    missing: tuple[str, ...]
    """Why a price is not in it, by key."""


@dataclass
class _Rows:
    """What an offer file says about the prices that are wanted of it: price and usage type, by key and first unit."""

    published: str = ""
    found: dict[str, dict[float, set[tuple[float, str]]]] = field(default_factory=dict[str, Any])


def renew(region: str, price_list: str, day: str, progress: Callable[[str], None]) -> Renewed:
    """Write the table of a region from the price list.

    Args:
        region: The region, `eu-west-1`.
        price_list: Where AWS's price list is, or a copy of it.
        day: The date of today.
        progress: Is told which file is read.

    Raises:
        Refused: when a file cannot be read, or is no offer file; nothing is written then.
    """
    if not _REGION.fullmatch(region):
        raise Refused(f"{region!r} is not a region; allowed: one such as eu-west-1")
    prices: dict[str, dict[str, Any]] = {}
    missing: list[str] = []
    for offer, everywhere in dict.fromkeys((each.offer, each.everywhere) for each in WANTED):
        wanted = [each for each in WANTED if (each.offer, each.everywhere) == (offer, everywhere)]
        place = "" if everywhere else f"{region}/"
        address = f"{price_list.rstrip('/')}/offers/v1.0/aws/{offer}/current/{place}index.csv"
        progress(f"reading {address}")
        rows = _read(address, wanted)
        for each in wanted:
            of_each = {key: tiers for key, tiers in rows.found.items() if _of(each, key)}
            if not of_each:
                missing.append(f"{each.key}: {address} has no row {each.usage_type}")
            for key, tiers in sorted(of_each.items()):
                first = tiers[min(tiers)]
                if len(first) > 1:
                    said = ", ".join(f"{price:g} ({usage})" for price, usage in sorted(first))
                    missing.append(f"{key}: {address} has several rows: {said}")
                    continue
                ((price, usage_type),) = first
                prices[key] = {
                    "usd": round(price * each.scale, 10),
                    "unit": each.unit,
                    "usage_type": usage_type,
                    "source": address,
                    "seen": rows.published,
                }
    if not prices:
        raise Refused(f"{price_list} has no prices for {region}; nothing was written")
    file = DATA / f"prices-{region}.json"
    write_whole(file, json.dumps(_table(region, price_list, day, prices), indent=2) + "\n")
    return Renewed(file, len(prices), tuple(missing))


def _of(wanted: Wanted, key: str) -> bool:
    """Whether a key that was found is of what is wanted."""
    if "{}" not in wanted.key:
        return key == wanted.key
    begin, _, _ = wanted.key.partition("{}")
    return key.startswith(f"{begin}{'db.' if begin else 'cache.'}")


def _read(address: str, wanted: Sequence[Wanted]) -> _Rows:
    """The rows of an offer file that are wanted, at their lowest tier that costs anything."""
    patterns = [(each, re.compile(f"{'' if each.everywhere else _PREFIX}{each.usage_type}")) for each in wanted]
    rows = _Rows()
    try:
        with urllib.request.urlopen(address, timeout=_SECONDS) as answer:  # noqa: S310  # the user names the address
            lines = csv.reader(io.TextIOWrapper(answer, encoding="utf-8", newline=""))
            header = _header(lines, rows, address)
            for cells in lines:
                row = dict(zip(header, cells, strict=False))
                if row.get("TermType") == "OnDemand" and row.get("Currency") == "USD":
                    _take(row, patterns, rows)
            if answer.length:
                raise Refused(f"{address} ended {answer.length} bytes early; nothing was written")
    except (OSError, UnicodeDecodeError, csv.Error, urllib.error.URLError) as error:
        raise Refused(f"{address} cannot be read: {error}; nothing was written") from error
    except ValueError as error:
        raise Refused(f"{address} is not an offer file of AWS: {error}; nothing was written") from error
    return rows


def _header(lines: Iterator[list[str]], rows: _Rows, address: str) -> list[str]:
    """The names of the columns; before them the file says when it was published."""
    for cells in lines:
        if cells and cells[0] == "Publication Date":
            rows.published = cells[1][:10]
        if cells and cells[0] == "SKU":
            if rows.published:
                return cells
            break
    raise Refused(f"{address} is not an offer file of AWS: it has no date or no columns; nothing was written")


def _take(row: Mapping[str, str], patterns: Sequence[tuple[Wanted, re.Pattern[str]]], rows: _Rows) -> None:
    usage_type = row.get("usageType", "")
    for wanted, pattern in patterns:
        match = pattern.fullmatch(usage_type)
        if match is None or any(row.get(column) != value for column, value in wanted.where.items()):
            continue
        price, begins = float(row["PricePerUnit"]), float(row["StartingRange"] or 0)
        if price > 0:  # what is free is a tier of its own, or the hours of a reservation
            key = wanted.key.format(*match.groups())
            rows.found.setdefault(key, {}).setdefault(begins, set()).add((price, usage_type))


def _table(region: str, price_list: str, day: str, prices: Mapping[str, Any]) -> dict[str, Any]:
    template = load_data(TEMPLATE)
    return {
        "region": region,
        "currency": "USD",
        "hours_per_month": template["hours_per_month"],
        "checked": day,
        "what": f"List prices on demand for {region}, Linux, Redis OSS, PostgreSQL, first tier of each; no free tier, "
        "no savings plan, no reservation, no tax.",
        "how": f"Written by `miyabi-infra cost --renew {region}` from the offer files of {price_list}: source is the "
        "file, usage_type its row, seen the day on which AWS published the file.",
        "spot_discount": template["spot_discount"],
        "prices": dict(sorted(prices.items())),
    }
