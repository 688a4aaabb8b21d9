"""Images, addresses, money: what is in the overlay, and does not fit what is outside it."""

from collections.abc import Iterator
from ipaddress import ip_network

from miyabi_infra.lint.environment import Environment
from miyabi_infra.lint.rule import Concern, rule
from miyabi_infra.stacks.platform import mappings, service_of


@rule("warning")
def mutable_image_tag(here: Environment) -> Iterator[Concern]:
    """Nobody can say which version runs, and a rollback has nothing to go back to."""
    immutable = any(
        each.get("image_tag_mutability") == "IMMUTABLE"
        for each in (here.shared.of_type("aws_ecr_repository") if here.shared else ())
    )
    for container in here.platform.containers:
        name, _, digest = str(container.get("image")).partition("@")
        tag = name.rpartition("/")[2].partition(":")[2]
        if not digest and tag in ("", "latest"):
            refused = "; the registry's tags are immutable, so it can be pushed only once" if immutable else ""
            yield Concern(
                ("ecs", "ecr_image_uri"),
                f"the image is {'tagged latest' if tag else 'not tagged, which means latest'}{refused}",
                "a tag that names the commit, or a digest",
            )


@rule("warning")
def image_from_another_region(here: Environment) -> Iterator[Concern]:
    """Every start of a task pays for the transfer, and fails when that region does."""
    for container in here.platform.containers:
        registry = str(container.get("image")).partition("/")[0].split(".")
        match registry:
            case [_, "dkr", "ecr", region, "amazonaws", "com"] if region != here.stack.region:
                yield Concern(
                    ("ecs", "ecr_image_uri"),
                    f"the image comes from {region}, the tasks run in {here.stack.region}",
                    f"a repository of {here.stack.region} (ECR replicates)",
                )
            case _:
                pass


@rule("warning")
def endpoints_that_belong_together(here: Environment) -> Iterator[Concern]:
    """It costs by the hour in each zone, and images come to the tasks through NAT as before."""
    held = {service_of(each) for each in here.stack.of_type("aws_vpc_endpoint")}
    for one, other in (("ecr.api", "ecr.dkr"), ("ecr.dkr", "ecr.api")):
        if one in held and other not in held:
            yield Concern(
                ("endpoints", "interfaces"),
                f"there is an endpoint of {one} and none of {other}: a pull of an image needs both, and S3",
                "interfaces: [ecr.api, ecr.dkr], with s3: true; or neither",
            )


@rule("error")
def redis_url_scheme(here: Environment) -> Iterator[Concern]:
    """The application cannot connect to the cache: one side speaks TLS, the other does not."""
    encrypted = any(each.get("transit_encryption_enabled") is True for each in here.platform.caches)
    wrong, right = ("redis://", "rediss://") if encrypted else ("rediss://", "redis://")
    for container in here.platform.containers:
        for variable in mappings(container.get("environment")):
            if str(variable.get("value")).lower().startswith(wrong):
                yield Concern(
                    ("ecs", "environment_variables", str(variable.get("name"))),
                    f"{variable.get('name')} begins with {wrong}, while elasticache.transit_encryption_enabled is "
                    f"{'true' if encrypted else 'false'}",
                    f"{right}…",
                )


@rule("info")
def no_budget(here: Environment) -> Iterator[Concern]:
    """`miyabi-infra cost --check` has nothing to compare the estimate with."""
    if here.setting("monthly_budget") is None:
        yield Concern(("monthly_budget",), "the environment has no monthly_budget", "monthly_budget: …")


@rule("info")
def vpcs_overlap(here: Environment) -> Iterator[Concern]:
    """The two can never be peered, nor reached through one VPN."""
    for vpc in here.stack.of_type("aws_vpc"):
        for other in here.others:
            for theirs in other.of_type("aws_vpc"):
                mine, block = str(vpc.get("cidr_block")), str(theirs.get("cidr_block"))
                if ip_network(mine).overlaps(ip_network(block)):
                    yield Concern(
                        ("networking", "vpc_cidr"),
                        f"{mine} overlaps {block} of {other.environment}",
                        "a separate block",
                    )
