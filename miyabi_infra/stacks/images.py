"""The names of container images in ECR."""

import re
from dataclasses import dataclass
from typing import Final

_ECR: Final = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<repository>[^:@]+)"
    r"(?::(?P<tag>[^@]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)


@dataclass(frozen=True)
class EcrImage:
    """The parts of an image's name."""

    account: str
    region: str
    repository: str
    tag: str
    """Empty without one, which means `latest`."""
    digest: str
    """`sha256:…`; empty without one. With it, the tag decides nothing."""


def ecr_image(image: str) -> EcrImage | None:
    """The parts of an image's name; None when it is not in ECR."""
    matched = _ECR.fullmatch(image)
    return EcrImage(**matched.groupdict(default="")) if matched else None
