"""What the guides say about an environment: read from its synthesized stack, in the shape that the templates use."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from miyabi_infra.pages.guides.access import Access, access
from miyabi_infra.pages.guides.buckets import Bucket, LoadBalancerLogs, buckets, load_balancer_logs
from miyabi_infra.pages.guides.cache import Cache, cache
from miyabi_infra.pages.guides.database import Database, database
from miyabi_infra.pages.guides.distribution import Frontend, frontend
from miyabi_infra.pages.guides.entrance import Entrance, entrance
from miyabi_infra.pages.guides.firewall import Firewall, firewalls
from miyabi_infra.pages.guides.monitoring import Monitoring, monitoring
from miyabi_infra.pages.guides.network import Network, network
from miyabi_infra.pages.guides.secrets import Secret, secrets
from miyabi_infra.pages.guides.service import Service, service
from miyabi_infra.stacks import OUT, Stack
from miyabi_infra.stacks.inventory import Row, rows
from miyabi_infra.stacks.state import StateLocation, state_location


@dataclass(frozen=True)
class GuideData:
    """An environment, as its guides describe it."""

    environment: str
    project: str
    region: str
    stack: str
    resources: int
    inventory: Sequence[Row]
    account: str
    """The only account that the provider accepts; empty if it accepts any."""
    network: Network
    entrance: Entrance
    service: Service
    cache: Cache
    database: Database | None
    secrets: Sequence[Secret]
    access: Access
    monitoring: Monitoring
    state: StateLocation
    frontend: Frontend | None
    """None where CloudFront serves none."""
    firewalls: Sequence[Firewall]
    buckets: Sequence[Bucket]
    load_balancer_logs: LoadBalancerLogs | None

    @property
    def behind(self) -> Frontend | None:
        """The distribution, where users reach the load balancer through it only."""
        return self.frontend if self.frontend and self.frontend.alone else None

    @property
    def https(self) -> bool:
        """Whether users have HTTPS."""
        return self.entrance.https or self.behind is not None

    @property
    def http2(self) -> bool:
        """Whether users have HTTP/2."""
        return self.https and (self.entrance.http2 or self.behind is not None)

    @property
    def folder(self) -> str:
        """The root module's folder, from the project's root."""
        return f"{OUT}/stacks/{self.stack}"


def guide_data(stack: Stack) -> GuideData:
    """What the guides say about an environment.

    Raises:
        StackError: when the stack is not one of an environment.
    """
    accounts = cast("Sequence[str]", stack.provider.get("allowed_account_ids") or ())
    account = accounts[0] if accounts else ""
    return GuideData(
        environment=stack.environment,
        project=stack.project,
        region=stack.region,
        stack=stack.name,
        resources=len(stack.resources),
        inventory=rows([stack]),
        account=account,
        entrance=entrance(stack),
        network=network(stack),
        service=service(stack),
        cache=cache(stack),
        database=database(stack),
        secrets=secrets(stack),
        access=access(stack),
        monitoring=monitoring(stack),
        state=state_location(stack),
        frontend=frontend(stack),
        firewalls=firewalls(stack),
        buckets=buckets(stack),
        load_balancer_logs=load_balancer_logs(stack, account),
    )
