"""Assumptions about the use of an environment: what the cost depends on and no resource contains.

They do not change the output. The defaults are those of a quiet environment. All volumes are per month.
"""

from typing import Annotated

from pydantic import Field

from modules.settings import Settings

Volume = Annotated[float, Field(ge=0, allow_inf_nan=False)]
"""An amount per month, usually in GB."""

Budget = Annotated[float, Field(gt=0, allow_inf_nan=False)]
"""USD per month."""


class UsageSettings(Settings):
    """Use of an environment, for the cost estimate."""

    running_tasks: Volume | None = None
    """Average number of running tasks in a typical month. Default: `ecs_service.desired_count`."""

    alb_lcus: Volume = 0.5
    """Average number of load balancer capacity units. One LCU is 25 new connections per second, 3,000 active
    connections or 1 GB per hour."""

    nat_gb: Volume = 20
    """GB between the private subnets and the internet through NAT: image layers, logs, other APIs."""

    internet_out_gb: Volume = 10
    """GB from AWS to the internet, mostly responses of the load balancer; with `alb.internal`, what the tasks send."""

    cross_zone_gb: Volume = 10
    """GB between availability zones; AWS bills both directions."""

    log_gb: Volume = 5
    """GB of application logs."""

    cache_log_gb: Volume = 0.1
    """GB of each log that ElastiCache delivers (`elasticache.log_delivery`)."""

    container_insights_metrics: Annotated[int, Field(ge=0)] = 25
    """Number of metrics that Container Insights publishes if it is enabled: 8 per cluster, 11 per service and 6 per
    task definition, independent of the number of tasks."""

    snapshot_gb: Volume = 0.5
    """GB of one snapshot of the cache; one snapshot is free."""

    cdn_gb: Volume = 10
    """GB that CloudFront sends, of the frontend and of the API; only with `frontend.enabled`. `internet_out_gb` is then
    what goes past it: AWS bills nothing for what CloudFront fetches from the load balancer and S3."""

    cdn_site_requests: Volume = 0.5
    """Millions of requests for files of the frontend; its function runs for each."""

    cdn_api_requests: Volume = 0.5
    """Millions of requests to the API through CloudFront."""

    frontend_gb: Volume = 0.5
    """GB of the frontend's files, including old versions."""

    access_log_gb: Volume = 0.5
    """GB of access logs of CloudFront that are kept."""

    log_bucket_gb: Volume = 1
    """GB that are kept in the bucket of `log_bucket`. AWS bills their storage, and nothing for their delivery."""

    flow_log_gb: Volume = 1
    """GB of records that flow logs write (`flow_logs`). What they take in the bucket is in `log_bucket_gb`."""

    endpoint_gb: Volume = 10
    """GB through the interface endpoints of `endpoints`; `nat_gb` is then what still passes NAT."""

    waf_requests: Volume = 1
    """Millions of requests that each web ACL of `waf` inspects."""

    waf_log_gb: Volume = 0.5
    """GB that each web ACL of `waf` writes to its log."""

    database_backup_gb: Volume = 0
    """GB of backups and snapshots of the database beyond the size of its storage, which are free."""


class SharedUsageSettings(Settings):
    """Use of what exists once per account, for the cost estimate."""

    image_gb: Volume = 5
    """GB of container images in the registry; shared layers count once."""

    state_gb: Volume = 0.1
    """GB of Terraform states, including old versions."""
