"""What an overlay assumes about use: what no resource says and the bill depends on.

It changes nothing that is generated. The defaults are those of a quiet environment. All volumes are a month's.
"""

from typing import Annotated

from pydantic import Field

from modules.settings import Settings

Volume = Annotated[float, Field(ge=0, allow_inf_nan=False)]
"""An amount of a month, usually in GB."""

Budget = Annotated[float, Field(gt=0, allow_inf_nan=False)]
"""US dollars a month."""


class UsageSettings(Settings):
    """Use of an environment, for the estimate of its cost."""

    running_tasks: Volume | None = None
    """Tasks that run on average in a typical month. Default: `ecs_service.desired_count`."""

    alb_lcus: Volume = 0.5
    """Load balancer capacity units in use on average. One LCU is 25 new or 3,000 open connections, or 1 GB an hour."""

    nat_gb: Volume = 20
    """GB that the private subnets exchange with the internet through NAT: image layers, logs, other APIs."""

    internet_out_gb: Volume = 10
    """GB that leave AWS for the internet, answers of the load balancer mostly."""

    cross_zone_gb: Volume = 10
    """GB that cross from one availability zone to another; AWS bills both ends."""

    log_gb: Volume = 5
    """GB of logs that the application writes."""

    container_insights_metrics: Annotated[int, Field(ge=0)] = 25
    """Metrics that Container Insights publishes where it is on: 8 for a cluster, 11 for a service and 6 for a task
    definition, whatever the number of tasks."""

    snapshot_gb: Volume = 0.5
    """GB of one snapshot of the cache; AWS keeps one free of charge."""


class SharedUsageSettings(Settings):
    """Use of what exists once an account, for the estimate of its cost."""

    image_gb: Volume = 5
    """GB of container images in the registry, layers that images share counted once."""

    state_gb: Volume = 0.1
    """GB of Terraform states, old versions included."""
