"""`cost --renew REGION`: a table of prices from offer files, small ones of the form of AWS's, over HTTP."""

import csv
import io
import json
import shutil
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import pytest

from miyabi_infra.commands import cost
from miyabi_infra.cost import offers, prices
from miyabi_infra.cost.estimate import estimates
from miyabi_infra.cost.offers import WANTED
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import read
from tests.support import Project

COLUMNS: Final = [
    *("SKU", "OfferTermCode", "RateCode", "TermType", "PriceDescription", "EffectiveDate"),
    *("StartingRange", "EndingRange", "Unit", "PricePerUnit", "Currency", "Location"),
]
FEATURES: Final = ["Cache Engine", "Database Engine", "Deployment Option", "Transfer Type", "usageType", "operation"]


def row(usage_type: str, usd: float, begins: str = "0", term: str = "OnDemand", **more: str) -> list[str]:
    features = dict.fromkeys(FEATURES, "") | {"usageType": usage_type} | more
    cells = ["SKU1", "JRTC", "SKU1.JRTC", term, "what it is", "2026-11-01", begins, "Inf", "Hrs", f"{usd:.10f}", "USD"]
    return [*cells, "EU (Ireland)", *(features[name] for name in FEATURES)]


def text_of(rows: Sequence[Sequence[str]], offer: str, published: str = "2026-11-20T17:45:21Z") -> str:
    head = [["FormatVersion", "v1.0"], ["Disclaimer", "…"], ["Publication Date", published], ["OfferCode", offer]]
    file = io.StringIO()
    csv.writer(file, quoting=csv.QUOTE_ALL).writerows([*head, [*COLUMNS, *FEATURES], *rows])
    return file.getvalue()


PG: Final = {"Database Engine": "PostgreSQL", "Deployment Option": "Single-AZ"}
ALB: Final = {"operation": "LoadBalancing:Application"}

OFFERS: Final[dict[str, list[list[str]]]] = {
    "AmazonECS": [
        row("EU-Fargate-vCPU-Hours:perCPU", 0.04),
        row("EU-Fargate-GB-Hours", 0.004),
        row("EU-Fargate-Windows-vCPU-Hours:perCPU", 0.9),
        row("EU-Fargate-ARM-vCPU-Hours:perCPU", 0.03),
        row("EU-Fargate-ARM-GB-Hours", 0.003),
        row("EU-Fargate-EphemeralStorage-GB-Hours", 0, "0"),
        row("EU-Fargate-EphemeralStorage-GB-Hours", 0.0001, "20"),
    ],
    "AWSELB": [
        row("EU-LoadBalancerUsage", 0.025, **ALB),
        row("EU-LoadBalancerUsage", 0.9, operation="LoadBalancing:Network"),
        row("EU-Outposts-LoadBalancerUsage", 0.9, **ALB),
        row("EU-LCUUsage", 0.008, **ALB),
    ],
    "AmazonEC2": [
        row("EU-NatGateway-Hours", 0.048),
        row("EU-RegionalNatGateway-Hours", 0.9),
        row("EU-NatGateway-Hours", 0.01, term="Reserved"),
        row("EU-NatGateway-Bytes", 0.048),
    ],
    "AmazonVPC": [
        row("EU-PublicIPv4:InUseAddress", 0.005),
        row("EU-VpcEndpoint-Hours", 0.011),
        row("EU-VpcEndpoint-Bytes", 0.01),
    ],
    "AWSDataTransfer": [
        row("EU-DataTransfer-Out-Bytes", 0.05, "102400", **{"Transfer Type": "AWS Outbound"}),
        row("EU-DataTransfer-Out-Bytes", 0.09, "0", **{"Transfer Type": "AWS Outbound"}),
        row("EU-DataTransfer-Regional-Bytes", 0.01),
        row("EU-DataTransfer-Regional-Bytes", 0.01, operation="InterZone-In"),
    ],
    "AmazonCloudWatch": [
        row("EU-DataProcessing-Bytes", 0.57),
        row("EU-VendedLog-Bytes", 0.57),
        row("EU-S3-Egress-Bytes", 0.25),
        row("EU-TimedStorage-ByteHrs", 0.03),
        row("EU-CW:AlarmMonitorUsage", 0.1),
        row("DashboardsUsageHour", 3),
        row("EU-CW:MetricMonitorUsage", 0.3),
    ],
    "AWSSecretsManager": [row("EU-AWSSecretsManager-Secrets", 0.4)],
    "AmazonECR": [row("EU-TimedStorage-ByteHrs", 0.1)],
    "AmazonS3": [row("EU-TimedStorage-ByteHrs", 0.023), row("EU-TimedStorage-ByteHrs", 0.022, "51200")],
    "AmazonElastiCache": [
        row("EU-NodeUsage:cache.t3.micro", 0.018, **{"Cache Engine": "Redis"}),
        row("EU-NodeUsage:cache.t3.small", 0.036, **{"Cache Engine": "Redis"}),
        row("EU-NodeUsage:cache.t3.micro", 0.014, **{"Cache Engine": "Valkey"}),
        row("EU-BackupUsage", 0.085),
    ],
    "AmazonRDS": [
        row("EU-InstanceUsage:db.t3.micro", 0.02, **PG),
        row("EU-InstanceUsage:db.t3.micro", 0.9, **{**PG, "Database Engine": "Oracle"}),
        row("EU-RDS:GP3-Storage", 0.127, **{"Deployment Option": "Single-AZ"}),
    ],
    "AmazonCloudFront": [
        row("US-DataTransfer-Out-Bytes", 0.085),
        row("EU-DataTransfer-Out-Bytes", 0.9),
        row("US-Requests-Tier2-HTTPS", 0.000001),
        row("Executions-CloudFrontFunctions", 0.0000001),
    ],
    "AmazonRoute53": [
        row("HostedZone", 0.5),
        row("HostedZone", 0.1, "25"),
        row("Health-Check-AWS", 0.5),
        row("Health-Check-Option-AWS", 1),
    ],
}
FREE: Final = row("EU-PublicIPv4:InUseAddress", 0)


class Cut(bytes):
    """Content that ends before its length."""


EVERYWHERE: Final = ("AmazonCloudFront", "AmazonRoute53")


@pytest.fixture
def files() -> dict[str, bytes]:
    """What the server has, by path; a test may change it."""
    return {
        f"/offers/v1.0/aws/{offer}/current/{'' if offer in EVERYWHERE else 'eu-west-1/'}index.csv": text_of(
            rows, offer
        ).encode()
        for offer, rows in OFFERS.items()
    }


@pytest.fixture
def price_list(files: dict[str, bytes]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = files.get(self.path, b"<Error><Code>AccessDenied</Code></Error>")
            self.send_response(200 if self.path in files else 403)
            self.send_header("Content-Length", str(len(content) + 50 * isinstance(content, Cut)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for tables, where that of us-west-2 is."""
    folder = tmp_path / "tables"
    folder.mkdir()
    shutil.copy(prices.DATA / "prices-us-west-2.json", folder)
    for module in (prices, offers):
        monkeypatch.setattr(module, "DATA", folder)
    return folder


def test_a_region_gets_every_price_and_its_environments_a_whole_estimate(
    price_list: str, tables: Path, project: Project, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cost.renew(project.root, "eu-west-1", price_list) == 0
    assert "prices-eu-west-1.json: 35 prices\n" in capsys.readouterr().out
    found = prices.load("eu-west-1")
    assert found.of("alb.hour").usd == 0.025
    assert found.of("nat.hour").usd == 0.048
    assert found.of("fargate.storage").usd == 0.0001
    assert found.of("transfer.internet").usd == 0.09
    assert found.of("cache.t3.micro").usd == 0.018
    assert found.of("rds.db.t3.micro").usd == 0.02
    assert found.of("cdn.transfer").usd == 0.085
    assert (found.of("cdn.requests").usd, found.of("cdn.function").usd) == (0.01, 0.1)
    for price in found.prices.values():
        assert price.seen == "2026-11-20"
        assert price.source.startswith(price_list)
    assert {key for key in found.prices if not key.startswith(("cache.t", "rds.db"))} == {
        each.key for each in WANTED if "{}" not in each.key
    }
    project.take(output)
    root = project.out / "stacks/miyabi-dev/cdk.tf.json"
    root.write_text(root.read_text("utf-8").replace("us-west-2", "eu-west-1"), encoding="utf-8")
    (dev,) = [each for each in estimates(project.root, read(project.out)) if each.environment == "dev"]
    assert dev.region == "eu-west-1"
    assert dev.complete
    assert oct((tables / "prices-eu-west-1.json").stat().st_mode)[-3:] == "644"


def test_the_tables_that_are_there_have_every_price_that_is_renewed() -> None:
    table = prices.load("us-west-2")
    assert {each.key for each in WANTED if "{}" not in each.key} <= table.prices.keys()
    units = {each.key: each.unit for each in WANTED}
    assert {key: price.unit for key, price in table.prices.items() if key in units} == {
        key: unit for key, unit in units.items() if key in table.prices
    }


def test_a_price_that_is_not_there_or_not_one_is_named_and_left_out(
    price_list: str, files: dict[str, bytes], tables: Path, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    (vpc,) = [path for path in files if "/AmazonVPC/" in path]
    files[vpc] = text_of([], "AmazonVPC").encode()
    (secrets,) = [path for path in files if "/AWSSecretsManager/" in path]
    twice = [row("EU-AWSSecretsManager-Secrets", 0.4), row("EU-AWSSecretsManager-Secrets", 0.5)]
    files[secrets] = text_of(twice, "AWSSecretsManager").encode()
    assert cost.renew(project.root, "eu-west-1", price_list) == 3
    shown = capsys.readouterr().out
    assert "not in it: ipv4.hour: " in shown
    assert "has several rows: 0.4 (EU-AWSSecretsManager-Secrets), 0.5 (EU-AWSSecretsManager-Secrets)" in shown
    written = json.loads((tables / "prices-eu-west-1.json").read_text("utf-8"))["prices"]
    assert not {"ipv4.hour", "secret.month"} & written.keys()
    with pytest.raises(prices.NotPriced, match=r"no price of ipv4\.hour in eu-west-1"):
        prices.load("eu-west-1").of("ipv4.hour")


@pytest.mark.parametrize(
    ("offer", "content", "said"),
    [
        ("AmazonRDS", None, "cannot be read: HTTP Error 403"),
        ("AmazonRDS", b"<html>a captive portal</html>", "is not an offer file of AWS"),
        ("AmazonRDS", b"", "is not an offer file of AWS"),
        ("AmazonRDS", Cut(text_of([], "x").encode()), "ended 50 bytes early"),
        ("AmazonVPC", text_of([FREE], "x").replace("0.0000000000", "free").encode(), "is not an offer file"),
        ("AmazonVPC", b"\xff\xfe\x00", "cannot be read"),
    ],
)
def test_what_is_no_price_list_writes_nothing(  # noqa: PLR0917  # three fixtures, three of the case
    price_list: str, files: dict[str, bytes], tables: Path, offer: str, content: bytes | None, said: str
) -> None:
    (path,) = [path for path in files if f"/{offer}/" in path]
    if content is None:
        del files[path]
    else:
        files[path] = content
    with pytest.raises(Refused, match=said):
        cost.renew(tables, "eu-west-1", price_list)
    assert [each.name for each in tables.iterdir()] == ["prices-us-west-2.json"]


@pytest.mark.parametrize("region", ["", "mars", "../../x", "us-west-2/../eu-west-1"])
def test_what_is_no_region_is_refused(region: str, tables: Path, project: Project) -> None:
    with pytest.raises(Refused, match="is not a region"):
        cost.renew(project.root, region, "http://127.0.0.1:1")
    assert len(list(tables.iterdir())) == 1


def test_without_a_network_it_is_one_line(tables: Path, project: Project) -> None:
    with pytest.raises(Refused, match=r"cannot be read: <urlopen error .*nothing was written$"):
        cost.renew(project.root, "eu-west-1", "http://127.0.0.1:1")
    assert len(list(tables.iterdir())) == 1
