"""Lines as AWS writes them: requests and connections of a load balancer, and a flow log. They are of documentation."""

import gzip
from collections.abc import Mapping
from typing import Any, Final

DAY: Final = "2026/11/27"
_GROUP: Final = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/miyabi-tg-dev/73e2d6bc24d8a067"
_BEHIND: Final = f'- - {_GROUP} "Root=1-58337262-36d228ad5d99923122bbe354" "-" "-" 0 2026-11-27T09:59:59.996000Z'


def _request(client: str, target: str, seconds: str, codes: str, asked: str, *, agent: str = "curl/8.5.0") -> str:
    times = f"-1 {seconds} -1" if seconds == "-1" else f"0.000 {seconds} 0.000"
    end = f'{_BEHIND} "forward" "-" "-" "{target}" "{codes.split()[1]}" "-" "-" TID_dc57cebed65b444ebc8177bb698fe166'
    who = f"http 2026-11-27T10:00:00.000001Z app/miyabi-alb-dev/50dc6c495c0c9188 {client} {target}"
    return f'{who} {times} {codes} 181 512 "{asked}" "{agent}" {end}'


_API: Final = "http://api.example.com:80/api"
REQUESTS: Final = (
    _request("203.0.113.7:51412", "10.0.11.23:8080", "0.004", "200 200", f"GET {_API}/orders?page=2 HTTP/1.1"),
    _request(
        "203.0.113.7:51413", "10.0.11.23:8080", "2.501", "200 200", f"GET {_API}/report HTTP/1.1", agent="Mozilla (X11)"
    ),
    _request("198.51.100.9:40022", "10.0.12.40:8080", "0.020", "500 500", f"POST {_API}/orders HTTP/1.1"),
    _request("198.51.100.9:40023", "10.0.12.40:8080", "-1", "502 -", f"POST {_API}/orders HTTP/1.1"),
    _request("198.51.100.9:40024", "-", "-1", "400 -", "- http://api.example.com:80- -", agent="-"),
    _request("2001:db8::7:40025", "-", "-1", "408 -", "- - - ", agent="-"),
)
_CERTIFICATE: Final = '"-" "-" "-" - TID_3180a73013c8ca4bac2f731159d4b0fe'
CONNECTIONS: Final = (
    f"2026-11-27T10:00:01.514108Z 203.0.113.7 36280 443 TLSv1.3 TLS_AES_128_GCM_SHA256 0.012 {_CERTIFICATE}",
    f"2026-11-27T10:00:02.514108Z 198.51.100.9 36281 443 - - - {_CERTIFICATE}",
    f"2026-11-27T10:00:03.514108Z 198.51.100.9 36282 443 - - - {_CERTIFICATE}",
    f"2026-11-27T10:00:04.514108Z 192.0.2.44 36283 80 - - - {_CERTIFICATE}",
)
FLOWS: Final = (
    "srcaddr dstaddr dstport protocol action bytes start ecs-task-id",
    "10.0.11.23 10.0.12.77 6379 6 ACCEPT 4200 1795773600 0a1b2c3d",
    "10.0.11.23 198.51.100.20 443 6 ACCEPT 90000 1795773600 0a1b2c3d",
    "10.0.11.23 198.51.100.20 443 6 ACCEPT 10000 1795773660 0a1b2c3d",
    "203.0.113.99 10.0.1.14 22 6 REJECT 40 1795773600 -",
    "203.0.113.99 10.0.1.14 22 6 REJECT 40 1795773660 -",
    "203.0.113.99 10.0.1.14 3389 6 REJECT 40 1795773660 -",
)


def files(day: str, account: str = "123456789012", region: str = "us-west-2") -> Mapping[str, bytes]:
    """What AWS puts into the bucket on a day, by its key."""
    balanced = f"AWSLogs/{account}/elasticloadbalancing/{region}/{day}"
    of_balancer = (
        f"{account}_elasticloadbalancing_{region}_app.miyabi-alb-dev.50dc6c495c0c9188_{day.replace('/', '')}T1005Z"
    )
    flow = f"{account}_vpcflowlogs_{region}_fl-0a1b2c3d_{day.replace('/', '')}T1005Z"
    return {
        f"{balanced}/{of_balancer}_203.0.113.50_4k2j.log.gz": _packed(REQUESTS),
        f"{balanced}/conn_log.{of_balancer}_203.0.113.50_4k2j.log.gz": _packed(CONNECTIONS),
        f"AWSLogs/{account}/vpcflowlogs/{region}/{day}/{flow}_a1b2.log.gz": _packed(FLOWS),
    }


def _packed(lines: tuple[str, ...]) -> bytes:
    return gzip.compress("".join(f"{line}\n" for line in lines).encode())


def write(s3: Any, bucket: str, day: str) -> None:  # noqa: ANN401  # a client of boto3
    """Put them into a bucket."""
    for key, body in files(day).items():
        s3.put_object(Bucket=bucket, Key=key, Body=body)
