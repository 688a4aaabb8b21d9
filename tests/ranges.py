"""Where AWS says the limit of each setting, and why ours is narrower where it is.

Of each limited setting a row: a member of AWS's service model, whose limit is read from botocore (`Model`); words of
that member's documentation, where the model has no number (`Model` with `words`); the AWS provider's own validation
(`Provider`); a page of AWS's (`Page`); or a limit of ours, of which AWS says nothing (`Own`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from modules import alb, certificate, elasticache, iam
from modules.settings import TAG_KEY_LENGTH, TAG_VALUE_LENGTH
from tests.limits import Limits


@dataclass(frozen=True, kw_only=True)
class Row:
    """What all rows can say."""

    allows: Limits = field(default_factory=Limits)
    """AWS's limit, where no model has it."""
    narrower: str = ""
    """Why ours allows less than AWS."""
    refused_by: str = ""
    """The rule that refuses what the type allows, and AWS does not."""
    off: tuple[object, ...] = ()
    """Values with which nothing is sent to AWS."""
    example: str = ""
    """A text that both allow, around which others are tried."""
    takes: tuple[object, ...] = ()
    """Values at the edge that AWS and the type take."""
    refuses: tuple[object, ...] = ()
    """Values at the edge that neither takes."""


@dataclass(frozen=True)
class Model(Row):
    """A member of AWS's service model, as botocore ships it."""

    service: str
    member: str
    words: str = ""
    """Words of its documentation that say the limit, where the model has no number."""


@dataclass(frozen=True)
class Page(Row):
    """A page of AWS's documentation."""

    title: str
    """As the docstring of the setting names it."""
    url: str


@dataclass(frozen=True)
class Provider(Row):
    """A validation of the AWS provider, version 5.100.0."""

    function: str


@dataclass(frozen=True)
class Own(Row):
    """A limit of ours: AWS has none, or the value is not sent to AWS."""

    reason: str


_DOCS: Final = "https://docs.aws.amazon.com/"
_ARN: Final = "the ARN of that kind of resource, in the partition aws"
_NAMES: Final = "every part of a name is an identifier of ElastiCache, the strictest of the services"
_DNS: Final = "a name that a browser can ask for: labels of 63 characters, 253 in all, lower case"
_THRESHOLD: Final = Own("threshold of an alarm: CloudWatch takes any number, and the metric is never beyond this")
_NOT_BLANK: Final = Own("a text that says something: AWS takes empty ones, and nobody means one")
_PERCENT: Final = Own("a percentage: CloudWatch takes any number")
_VOLUME: Final = Own("an assumption about use, for the estimate of the cost; not sent to AWS")
_LEVEL: Final = Own("a target of `miyabi-infra load`; not sent to AWS")
_CHOICE: Final = Own("a choice between what the modules make; not a value of AWS's")

_RETENTION: Final = Model(
    "logs",
    "PutRetentionPolicyRequest.retentionInDays",
    "Possible values are: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, "
    "3288, and 3653",
    allows=Limits(
        values=frozenset(
            {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
        )
    ),
    off=(0,),
)
_REGION: Final = Model(
    "s3",
    "CreateBucketConfiguration.LocationConstraint",
    allows=Limits(values=frozenset({"us-east-1"})),
    narrower="provider 5.100.0 does not know ap-southeast-6; EU is eu-west-1; China and GovCloud are other partitions",
)
_ROLE: Final = Model(
    "sts",
    "AssumeRoleRequest.RoleArn",
    off=("",),
    example="arn:aws:iam::123456789012:role/deploy",
    narrower=_ARN,
)
_EXTERNAL_ID: Final = Model("sts", "AssumeRoleRequest.ExternalId", example="a1-b2")
_SESSION: Final = Model("sts", "AssumeRoleRequest.RoleSessionName", example="a1-b2")
_BUCKET_RULES: Final = f"{_DOCS}AmazonS3/latest/userguide/bucketnamingrules.html"
_BUCKET: Final = Page(
    "General purpose bucket naming rules",
    _BUCKET_RULES,
    takes=("abc", "a" * 63, "0.a-b.9"),
    refuses=(
        *("ab", "a" * 64, "Abc", "-abc", "abc-", "a..b", "192.168.5.4", "xn--abc", "sthree-abc", "amzn-s3-demo-abc"),
        *("abc-s3alias", "abc--ol-s3", "abc.mrap", "abc--x-s3", "abc--table-s3", "abc-123456789012-us-east-1-an"),
    ),
)
_KEY: Final = Model(
    "kms",
    "DescribeKeyRequest.KeyId",
    off=("",),
    example="arn:aws:kms:us-west-2:123456789012:key/0a1b2c3d",
    narrower="an ARN, which names region and account; aliases can be moved to another key",
)
_TOPIC: Final = Model(
    "sns",
    "CreateTopicInput.Name",
    "Topic names must be made up of only uppercase and lowercase ASCII letters, numbers, underscores, and hyphens, and "
    "must be between 1 and 256 characters long",
    takes=(f"arn:aws:sns:us-east-1:123456789012:{'a' * 256}", "arn:aws:sns:us-east-1:123456789012:A_b-9"),
    refuses=(f"arn:aws:sns:us-east-1:123456789012:{'a' * 257}", "arn:aws:sns:us-east-1:123456789012:a b"),
    narrower="a FIFO topic (.fifo) delivers to queues only, so nobody would be notified",
)
_WEB_CERTIFICATE: Final = Model(
    "elbv2",
    "Certificate.CertificateArn",
    "The Amazon Resource Name (ARN) of the certificate.",
    takes=(
        "arn:aws:acm:us-west-2:123456789012:certificate/0a1b",
        "arn:aws:iam::123456789012:server-certificate/path/web",
    ),
    refuses=("0a1b", "arn:aws:acm:us-west-2:123456789012:certificate/"),
)
_DOMAIN: Final = Model("acm", "RequestCertificateRequest.DomainName", example="app.example.com", narrower=_DNS)
_RECORD: Final = Model("route53", "ResourceRecordSet.Name", example="app.example.com", narrower=_DNS)
_PORT: Final = Model("elbv2", "CreateTargetGroupInput.Port")
_CIDR: Final = Page(
    "Subnet CIDR blocks",
    f"{_DOCS}vpc/latest/userguide/subnet-sizing.html",
    takes=("10.0.0.0/16", "10.0.0.0/28", "192.168.1.16/28"),
    refuses=("10.0.0.0/15", "10.0.0.0/29", "10.0.0.1/24", "256.0.0.0/16", "10.0.0.0"),
)
_SOURCE: Final = Page(
    "Security group rules",
    f"{_DOCS}vpc/latest/userguide/security-group-rules.html",
    takes=("0.0.0.0/0", "203.0.113.7/32"),
    refuses=("203.0.113.7/24", "203.0.113.7", "203.0.113.0/33"),
    narrower="IPv4: those of IPv6 have a setting of their own",
)
_SOURCE_IPV6: Final = Page(
    "Security group rules",
    f"{_DOCS}vpc/latest/userguide/security-group-rules.html",
    takes=("::/0", "2001:db8::/32", "2001:db8::7/128"),
    refuses=("2001:db8::7/64", "2001:db8::7", "2001:db8::/129", "203.0.113.0/24", "2001:zz::/32"),
    narrower="IPv6, and in the form in which AWS stores it: every later plan would differ",
)
_TASKS: Final = Page(
    "Amazon ECS service quotas", f"{_DOCS}AmazonECS/latest/developerguide/service-quotas.html", allows=Limits(0, 5000)
)
_COOLDOWN: Final = Own("Application Auto Scaling has no limit; after an hour of waiting nothing scales any more")
_IMAGE: Final = Model(
    "ecs",
    "ContainerDefinition.image",
    "repository-url/image:tag or repository-url/image@digest",
    takes=("nginx:1", "public.ecr.aws/example/agent:1", f"nginx@sha256:{'0' * 64}"),
    refuses=("nginx", "Nginx:1", "nginx:", f"nginx@sha256:{'0' * 63}"),
    narrower="a tag or a digest is demanded, or each task could run another image",
)
_VARIABLE: Final = Own("a name that every shell takes (POSIX); ECS has no limit")
_SECRET: Final = Model(
    "ecs",
    "Secret.valueFrom",
    "either the full ARN of the Secrets Manager secret or the full ARN of the parameter in the SSM Parameter Store",
    takes=(
        "arn:aws:secretsmanager:us-west-2:123456789012:secret:miyabi/db-AbCdEf:key::",
        "arn:aws:ssm:us-west-2:123456789012:parameter/miyabi/db",
    ),
    refuses=("miyabi/db", "hunter2"),
    narrower="the name of a parameter alone does not say of which region and account it is",
)
_USER: Final = Model(
    "ecs",
    "ContainerDefinition.user",
    "user user:group uid uid:gid user:gid uid:group",
    takes=("app", "app:app", "10001", "10001:10001", "app:10001", "10001:app"),
    refuses=("", "app:", ":app", "-1", "a b"),
)
_CONTAINER_MEMORY: Final = Model(
    "ecs",
    "ContainerDefinition.memory",
    "don't specify less than 6 MiB of memory for your containers",
    allows=Limits(least=6),
    refused_by="containers_fit_into_the_task",
)
_SIZE: Final = Model(
    "ecs",
    "RegisterTaskDefinitionRequest.memory",
    "you must use one of the following values",
    takes=(512, "512"),
    refuses=("512 MB", 0.5),
    refused_by="fargate_offers_the_size",
)
_DAYS_OF_BUCKETS: Final = Model(
    "s3",
    "LifecycleExpiration.Days",
    "The value must be a non-zero positive integer",
    allows=Limits(least=1),
    narrower="ten years: S3 has no largest number, and a larger one is a mistake",
)
_CACHE_MAINTENANCE: Final = Model(
    "elasticache",
    "CreateCacheClusterMessage.PreferredMaintenanceWindow",
    "The minimum maintenance window is a 60 minute period",
    takes=("sun:05:00-sun:06:00", "sun:23:30-mon:00:30"),
    refuses=("sun:05:00-sun:05:59", "Sun:05:00-Sun:06:00", "sun:24:00-mon:01:00", "sun:05:00-sun:05:00"),
    narrower="24 hours at most, as RDS allows: a longer one would hardly be a window",
)
_DATABASE_MAINTENANCE: Final = Model(
    "rds",
    "CreateDBInstanceMessage.PreferredMaintenanceWindow",
    "Must be at least 30 minutes",
    takes=("sun:05:00-sun:05:30", "sun:23:45-mon:00:15"),
    refuses=("sun:05:00-sun:05:29", "sun:05:00", "sun:05:00-mon:05:00"),
)
_FUNCTION: Final = Model(
    "lambda",
    "GetFunctionConfigurationRequest.FunctionName",
    example="CodeDeployHook_check",
    narrower="the managed policy of CodeDeploy's role allows names that begin with CodeDeployHook_; a name has 64 "
    "characters, the model also counts those of an ARN",
)
_HOOKED: Final = ("BeforeInstall", "AfterInstall", "AfterAllowTestTraffic", "BeforeAllowTraffic", "AfterAllowTraffic")

LENGTHS: Final[Mapping[str, tuple[int, Model]]] = {
    "load balancer": (
        alb.NAME_LENGTH,
        Model(
            "elbv2", "CreateLoadBalancerInput.Name", "can have a maximum of 32 characters", allows=Limits(longest=32)
        ),
    ),
    "target group": (
        alb.NAME_LENGTH,
        Model("elbv2", "CreateTargetGroupInput.Name", "a maximum of 32 characters", allows=Limits(longest=32)),
    ),
    "node of a cache": (
        elasticache.CLUSTER_ID_LENGTH,
        Model(
            "elasticache",
            "CreateCacheClusterMessage.CacheClusterId",
            "A name must contain from 1 to 50 alphanumeric characters or hyphens",
            allows=Limits(longest=50),
        ),
    ),
    "group of a cache": (
        elasticache.GROUP_ID_LENGTH,
        Model(
            "elasticache",
            "CreateReplicationGroupMessage.ReplicationGroupId",
            "A name must contain from 1 to 40 alphanumeric characters or hyphens",
            allows=Limits(longest=40),
        ),
    ),
    "role": (iam.ROLE_NAME_LENGTH, Model("iam", "CreateRoleRequest.RoleName")),
    "first name of a certificate": (
        certificate.LONGEST,
        Model("acm", "RequestCertificateRequest.DomainName", "cannot exceed 64 octets", allows=Limits(longest=64)),
    ),
    "key of a tag": (TAG_KEY_LENGTH, Model("ecs", "TagKey")),
    "value of a tag": (TAG_VALUE_LENGTH, Model("ecs", "TagValue")),
}
"""Lengths that rules compare names with, made of `project` and `environment` or not."""

RANGES: Final[Mapping[str, Row]] = {
    # ---- the keys at the top
    "environment": Own(_NAMES),
    "project": Own(_NAMES),
    "region": _REGION,
    "account_id": Model("ecr", "CreateRepositoryRequest.registryId", example="123456789012"),
    "aws_provider": Own("versions of Terraform's provider that the bindings are tested with"),
    "role_boundary_arn": Model(
        "iam",
        "CreateRoleRequest.PermissionsBoundary",
        example="arn:aws:iam::123456789012:policy/boundary",
        narrower=_ARN,
    ),
    "container_port": _PORT,
    "secrets{name}": Model(
        "secretsmanager",
        "CreateSecretRequest.Name",
        example="payments",
        narrower="project and environment stand before it; lower case, as all names are",
    ),
    "monthly_budget": _VOLUME,
    # ---- state
    "state.backend": _CHOICE,
    "state.path": Own("a file of the checkout; not sent to AWS"),
    "state.bucket": Page(
        "General purpose bucket naming rules",
        _BUCKET_RULES,
        takes=("abc", "a" * 63, "abc-123456789012-us-east-1-an"),
        refuses=("ab", "a" * 64, "xn--abc", "abc--x-s3", "abc--table-s3"),
    ),
    "state.key": Page(
        "Naming Amazon S3 objects",
        f"{_DOCS}AmazonS3/latest/userguide/object-keys.html",
        takes=("a", "a" * 1024, "env:/prod/terraform.tfstate"),
        refuses=("", "a" * 1025),
        narrower="characters that S3 calls safe: others need encoding somewhere",
    ),
    "state.region": _REGION,
    "state.assume_role.role_arn": _ROLE,
    "state.assume_role.external_id": _EXTERNAL_ID,
    "state.assume_role.session_name": _SESSION,
    "state.dynamodb_table": Model("dynamodb", "TableName", example="locks-1"),
    "assume_role.role_arn": _ROLE,
    "assume_role.external_id": _EXTERNAL_ID,
    "assume_role.session_name": _SESSION,
    # ---- networking, security groups
    "networking.vpc_cidr": _CIDR,
    "networking.public_subnet_cidrs[]": _CIDR,
    "networking.private_subnet_cidrs[]": _CIDR,
    "networking.availability_zones[]": _NOT_BLANK,
    "networking.ipv6": _CHOICE,
    "security_groups.alb_ingress_cidr_blocks[]": _SOURCE,
    "security_groups.alb_ingress_ipv6_cidr_blocks[]": _SOURCE_IPV6,
    # ---- load balancer
    "alb.ip_address_type": Model("elbv2", "CreateLoadBalancerInput.IpAddressType"),
    "alb.idle_timeout": Model(
        "elbv2",
        "LoadBalancerAttribute.Key",
        "The idle timeout value, in seconds. The valid range is 1-4000 seconds",
        allows=Limits(1, 4000),
    ),
    "alb.desync_mitigation_mode": Model(
        "elbv2",
        "LoadBalancerAttribute.Key",
        "The possible values are monitor, defensive, and strictest",
        allows=Limits(values=frozenset({"monitor", "defensive", "strictest"})),
    ),
    "alb.client_keep_alive": Model(
        "elbv2",
        "LoadBalancerAttribute.Key",
        "The valid range is 60-604800 seconds",
        allows=Limits(60, 604_800),
    ),
    "alb.certificate_arn": _WEB_CERTIFICATE,
    "alb.further_certificate_arns": Page(
        "Quotas for your Application Load Balancers",
        f"{_DOCS}elasticloadbalancing/latest/application/load-balancer-limits.html",
        allows=Limits(shortest=0, longest=25),
    ),
    "alb.further_certificate_arns[]": _WEB_CERTIFICATE,
    "alb.ssl_policy": Page(
        "Security policies",
        f"{_DOCS}elasticloadbalancing/latest/application/describe-ssl-policies.html",
        allows=Limits(
            values=frozenset(
                f"ELBSecurityPolicy-{each}"
                for each in (
                    *("TLS13-1-3-2021-06", "TLS13-1-3-PQ-2025-09", "TLS13-1-2-2021-06", "TLS13-1-2-PQ-2025-09"),
                    *("TLS13-1-2-Res-2021-06", "TLS13-1-2-Res-PQ-2025-09", "TLS13-1-2-Ext1-2021-06"),
                    *("TLS13-1-2-Ext1-PQ-2025-09", "TLS13-1-2-Ext2-2021-06", "TLS13-1-2-Ext2-PQ-2025-09"),
                    *("TLS13-1-1-2021-06", "TLS13-1-0-2021-06", "TLS13-1-0-PQ-2025-09", "TLS-1-2-Ext-2018-06"),
                    *("TLS-1-2-2017-01", "TLS-1-1-2017-01", "2016-08", "2015-05", "FS-1-2-Res-2020-10"),
                    *("FS-1-2-Res-2019-08", "FS-1-2-2019-08", "FS-1-1-2019-08", "FS-2018-06"),
                    *("TLS13-1-3-FIPS-2023-04", "TLS13-1-3-FIPS-PQ-2025-09", "TLS13-1-2-FIPS-2023-04"),
                    *("TLS13-1-2-FIPS-PQ-2025-09", "TLS13-1-2-Res-FIPS-2023-04", "TLS13-1-2-Res-FIPS-PQ-2025-09"),
                    *("TLS13-1-2-Ext0-FIPS-2023-04", "TLS13-1-2-Ext0-FIPS-PQ-2025-09", "TLS13-1-2-Ext1-FIPS-2023-04"),
                    *("TLS13-1-2-Ext1-FIPS-PQ-2025-09", "TLS13-1-2-Ext2-FIPS-2023-04"),
                    *("TLS13-1-2-Ext2-FIPS-PQ-2025-09", "TLS13-1-1-FIPS-2023-04", "TLS13-1-0-FIPS-2023-04"),
                    *("TLS13-1-0-FIPS-PQ-2025-09", "TLS13-1-3-RFC9151-FIPS-2023-07"),
                    *("TLS13-1-2-RFC9151-FIPS-2023-07", "TLS13-1-2-Ext0-RFC9151-FIPS-2023-07"),
                    *(f"TLS13-1-2-RFC9151-INTEROP{number}-FIPS-2023-07" for number in (1, 2, 3, 4)),
                )
            )
        ),
    ),
    "alb.health_check_path": Model(
        "elbv2",
        "CreateTargetGroupInput.HealthCheckPath",
        example="/health",
        narrower="a path that begins with / and holds what a URL can hold",
    ),
    "alb.health_check_interval": Model("elbv2", "CreateTargetGroupInput.HealthCheckIntervalSeconds"),
    "alb.health_check_timeout": Model("elbv2", "CreateTargetGroupInput.HealthCheckTimeoutSeconds"),
    "alb.health_check_healthy_threshold": Model("elbv2", "CreateTargetGroupInput.HealthyThresholdCount"),
    "alb.health_check_unhealthy_threshold": Model("elbv2", "CreateTargetGroupInput.UnhealthyThresholdCount"),
    "alb.health_check_matcher": Model(
        "elbv2",
        "Matcher.HttpCode",
        "For Application Load Balancers, you can specify values between 200 and 499",
        takes=("200", "499", "200,202", "200-299", "200-299,401"),
        refuses=("199", "500", "200-299-399", "299-200", "200,", "20", ""),
    ),
    "alb.named_for_port": _PORT,
    "alb.deregistration_delay": Model(
        "elbv2", "TargetGroupAttribute.Key", "The range is 0-3600 seconds", allows=Limits(0, 3600)
    ),
    "alb.response_time_alarm_threshold": _THRESHOLD,
    "alb.unhealthy_hosts_alarm_threshold": _THRESHOLD,
    # ---- tasks
    "ecs.ecr_image_uri": _IMAGE,
    "ecs.task_cpu": _SIZE,
    "ecs.task_memory": _SIZE,
    "ecs.cpu_architecture": Model("ecs", "RuntimePlatform.cpuArchitecture"),
    "ecs.log_retention_days": _RETENTION,
    "ecs.health_check_path": Own("an argument of curl in the container; not sent to AWS as a path"),
    "ecs.container_health_check": _CHOICE,
    "ecs.container_health_check_interval": Model(
        "ecs", "HealthCheck.interval", "You may specify between 5 and 300 seconds", allows=Limits(5, 300)
    ),
    "ecs.container_health_check_timeout": Model(
        "ecs", "HealthCheck.timeout", "You may specify between 2 and 60 seconds", allows=Limits(2, 60)
    ),
    "ecs.container_health_check_retries": Model(
        "ecs", "HealthCheck.retries", "You may specify between 1 and 10 retries", allows=Limits(1, 10)
    ),
    "ecs.container_health_check_start_period": Model(
        "ecs", "HealthCheck.startPeriod", "You can specify between 0 and 300 seconds", allows=Limits(0, 300)
    ),
    "ecs.stop_timeout": Model(
        "ecs",
        "ContainerDefinition.stopTimeout",
        "The valid values for Fargate are 2-120 seconds",
        allows=Limits(2, 120),
    ),
    "ecs.writable_paths[]": Own("a folder by its absolute path, as a container can have it"),
    "ecs.ephemeral_storage": Model(
        "ecs",
        "EphemeralStorage.sizeInGiB",
        "The minimum supported value is 21 GiB and the maximum supported value is 200 GiB",
        allows=Limits(21, 200),
    ),
    "ecs.open_files_limit": Own("fewer than 1024 stop an ordinary program; the kernel's largest number is 1048576"),
    "ecs.user": _USER,
    "ecs.sidecars{name}": Model(
        "ecs",
        "ContainerDefinition.name",
        "Up to 255 letters (uppercase and lowercase), numbers, underscores, and hyphens are allowed",
        takes=("a", "A_b-9", "a" * 255),
        refuses=("", "a" * 256, "a.b", "a b"),
    ),
    "ecs.container_health_check_command[]": _NOT_BLANK,
    "ecs.sidecars{}.command[]": _NOT_BLANK,
    "ecs.sidecars{}.health_check_command[]": _NOT_BLANK,
    "ecs.sidecars{}.image": _IMAGE,
    "ecs.sidecars{}.cpu": Own("a share of the task's units, which a rule compares; without one the key is left out"),
    "ecs.sidecars{}.memory": _CONTAINER_MEMORY,
    "ecs.sidecars{}.memory_reservation": _CONTAINER_MEMORY,
    "ecs.sidecars{}.environment_variables{name}": _VARIABLE,
    "ecs.sidecars{}.secrets{name}": _VARIABLE,
    "ecs.sidecars{}.secrets{}": _SECRET,
    "ecs.sidecars{}.application_waits": Model("ecs", "ContainerDependency.condition"),
    "ecs.sidecars{}.log_router": Model("ecs", "FirelensConfiguration.type"),
    "ecs.sidecars{}.user": _USER,
    "ecs.environment_variables{name}": _VARIABLE,
    "ecs.not_secret{name}": _VARIABLE,
    "ecs.not_secret{}": Own("a reason for readers; not sent to AWS"),
    "ecs.secrets{name}": _VARIABLE,
    "ecs.secrets{}": _SECRET,
    # ---- cache
    "elasticache.topology": _CHOICE,
    "elasticache.engine": Model(
        "elasticache",
        "CreateReplicationGroupMessage.Engine",
        "The value must be set to valkey or redis",
        allows=Limits(values=frozenset({"valkey", "redis"})),
    ),
    "elasticache.redis_node_type": Model(
        "elasticache",
        "CreateReplicationGroupMessage.CacheNodeType",
        "cache.r7g.large, cache.r7g.xlarge",
        takes=("cache.t3.micro", "cache.r7g.16xlarge"),
        refuses=("t3.micro", "cache.t3", "cache.t3.nano"),
        refused_by="node_type_is_offered",
    ),
    "elasticache.redis_engine_version": Page(
        "Supported engines and versions",
        f"{_DOCS}AmazonElastiCache/latest/dg/supported-engine-versions.html",
        allows=Limits(
            values=frozenset(("7.1", "7.0", "6.2", "6.0", "5.0.6", "4.0.10", "9.1", "9.0", "8.2", "8.1", "8.0", "7.2"))
        ),
        narrower="4.0.10 is at its end; families of parameter groups are known from Redis 5 on",
    ),
    "elasticache.named_for_family": Model(
        "elasticache",
        "CreateCacheParameterGroupMessage.CacheParameterGroupFamily",
        "Valid values are: valkey8 | valkey7 | memcached1.4 | memcached1.5 | memcached1.6 | redis2.6 | redis2.8 | "
        "redis3.2 | redis4.0 | redis5.0 | redis6.x | redis7",
        allows=Limits(
            values=frozenset(
                {*("valkey9", "valkey8", "valkey7", "redis7", "redis6.x", "redis5.0", "redis4.0", "redis3.2")}
                | {"redis2.8", "redis2.6", "memcached1.4", "memcached1.5", "memcached1.6"}
            )
        ),
        narrower="families of the versions that a cache can have; the page of the versions adds valkey9 to the model's",
    ),
    "elasticache.replicas": Model(
        "elasticache",
        "CreateReplicationGroupMessage.NumCacheClusters",
        "The maximum permitted value for NumCacheClusters is 6 (1 primary plus 5 replicas)",
        allows=Limits(0, 5),
    ),
    "elasticache.maxmemory_policy": Page(
        "Valkey and Redis OSS parameters",
        f"{_DOCS}AmazonElastiCache/latest/dg/ParameterGroups.Engine.html",
        allows=Limits(
            values=frozenset(
                {*("volatile-lru", "allkeys-lru", "volatile-lfu", "allkeys-lfu", "volatile-random", "allkeys-random")}
                | {"volatile-ttl", "noeviction"}
            )
        ),
    ),
    "elasticache.timeout": Page(
        "Valkey and Redis OSS parameters",
        f"{_DOCS}AmazonElastiCache/latest/dg/ParameterGroups.Engine.html",
        allows=Limits(0, 2_147_483_647),
        refused_by="timeout_is_one_that_redis_takes",
    ),
    "elasticache.maintenance_window": _CACHE_MAINTENANCE,
    "elasticache.snapshot_window": Page(
        "Scheduling automatic backups",
        f"{_DOCS}AmazonElastiCache/latest/dg/backups-automatic.html",
        takes=("03:00-04:00", "23:30-00:30"),
        refuses=("03:00-03:59", "24:00-01:00", "3:00-4:00"),
    ),
    "elasticache.snapshot_retention_limit": Provider("validation.IntAtMost(35)", allows=Limits(0, 35)),
    "elasticache.restore_from_snapshot": Own("as final_snapshot: the name of a snapshot of the account"),
    "elasticache.final_snapshot": Model(
        "elasticache",
        "CreateServerlessCacheSnapshotRequest.ServerlessCacheSnapshotName",
        "Must be between 1 and 255 characters",
        takes=("a", "a" * 255, "Before-upgrade-2"),
        refuses=("", "a" * 256, "2a", "a--b", "a-"),
        narrower="letters, digits and single hyphens, as identifiers of ElastiCache have them",
    ),
    "elasticache.transit_encryption_mode": Model("elasticache", "CreateReplicationGroupMessage.TransitEncryptionMode"),
    "elasticache.kms_key_arn": _KEY,
    "elasticache.auth": _CHOICE,
    "elasticache.auth_token_update_strategy": Model(
        "elasticache",
        "ModifyReplicationGroupMessage.AuthTokenUpdateStrategy",
        narrower="DELETE is the way to users of Redis (RBAC), which the modules do not make",
    ),
    "elasticache.url_variable": _VARIABLE,
    "elasticache.log_delivery[]": Model("elasticache", "LogDeliveryConfigurationRequest.LogType"),
    "elasticache.log_retention_days": _RETENTION,
    "elasticache.sns_topic_arn": _TOPIC,
    "elasticache.cpu_alarm_metric": _CHOICE,
    "elasticache.cpu_alarm_threshold": _PERCENT,
    "elasticache.memory_alarm_metric": _CHOICE,
    "elasticache.memory_alarm_threshold": _THRESHOLD,
    "elasticache.memory_usage_alarm_threshold": _PERCENT,
    "elasticache.evictions_alarm_threshold": _THRESHOLD,
    "elasticache.replication_lag_alarm_threshold": _THRESHOLD,
    # ---- database
    "rds.engine_version": Page(
        "Release calendars for Amazon RDS for PostgreSQL",
        f"{_DOCS}AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html",
        allows=Limits(values=frozenset({"18", "17", "16", "15", "14", "13", "12", "11"})),
        narrower="11 to 13 are in extended support, for which AWS bills by vCPU and hour: no new database begins there",
    ),
    "rds.instance_class": Page(
        "DB instance class types",
        f"{_DOCS}AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Types.html",
        takes=("db.t4g.micro", "db.r7g.16xlarge"),
        refuses=("t4g.micro", "db.t4g", "cache.t4g.micro"),
        refused_by="instance_class_exists",
        narrower="families whose prices are known: t3, and those of Graviton that run every version",
    ),
    "rds.allocated_storage": Model(
        "rds",
        "CreateDBInstanceMessage.AllocatedStorage",
        "RDS for PostgreSQL Constraints to the amount of storage for each storage type are the following: General "
        "Purpose (SSD) storage (gp2, gp3): Must be an integer from 20 to 65536",
        allows=Limits(20, 65_536),
    ),
    "rds.max_allocated_storage": Model(
        "rds",
        "CreateDBInstanceMessage.AllocatedStorage",
        "General Purpose (SSD) storage (gp2, gp3): Must be an integer from 20 to 65536",
        allows=Limits(20, 65_536),
        off=(0,),
        refused_by="storage_can_grow",
    ),
    "rds.kms_key_arn": _KEY,
    "rds.database_name": Model(
        "rds",
        "CreateDBInstanceMessage.DBName",
        "Must contain 1 to 63 letters, numbers, or underscores. Must begin with a letter",
        takes=("a", "a_1", "a" * 63),
        refuses=("", "1a", "_a", "a-b", "a" * 64),
        narrower="lower case: PostgreSQL folds names without quotes",
        refused_by="database_has_a_name_of_its_own",
    ),
    "rds.admin_user": Model(
        "rds",
        "CreateDBInstanceMessage.MasterUsername",
        "Must be 1 to 16 letters, numbers, or underscores. First character must be a letter",
        takes=("a", "a_1", "a" * 16),
        refuses=("", "1a", "_a", "a-b", "a" * 17),
        narrower="lower case: PostgreSQL folds names without quotes",
        refused_by="users_have_names_of_their_own",
    ),
    "rds.application_user": Own("a migration makes this user: an identifier of PostgreSQL, 63 bytes"),
    "rds.access": _CHOICE,
    "rds.variable_prefix": _VARIABLE,
    "rds.backup_retention_days": Model(
        "rds", "CreateDBInstanceMessage.BackupRetentionPeriod", "Must be a value from 0 to 35", allows=Limits(0, 35)
    ),
    "rds.backup_window": Model(
        "rds",
        "CreateDBInstanceMessage.PreferredBackupWindow",
        "Must be at least 30 minutes",
        takes=("07:00-07:30", "23:45-00:15"),
        refuses=("07:00-07:29", "7:00-8:00"),
    ),
    "rds.maintenance_window": _DATABASE_MAINTENANCE,
    "rds.restore_from_snapshot": Model(
        "rds",
        "CreateDBSnapshotMessage.DBSnapshotIdentifier",
        "Must contain from 1 to 255 letters, numbers, or hyphens",
        takes=("a", "a" * 255, "rds:miyabi-db-prod-2026-11-27-07-08"),
        refuses=("", "a" * 256, "1a", "a--b", "a-"),
        narrower="the ARN of a shared one: the storage is encrypted, and RDS restores a shared "
        "encrypted snapshot from a copy only",
    ),
    "rds.parameters{}": Own("RDS wants a value; a parameter that has none is left out"),
    "rds.parameters{name}": Own("a name as PostgreSQL writes it; RDS has no limit but the parameters that there are"),
    "rds.ca_certificate": Page(
        "Using SSL/TLS to encrypt a connection to a DB instance",
        f"{_DOCS}AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html",
        allows=Limits(values=frozenset({"rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"})),
    ),
    "rds.log_exports[]": Model(
        "rds",
        "CreateDBInstanceMessage.EnableCloudwatchLogsExports",
        "RDS for PostgreSQL - postgresql | upgrade | iam-db-auth-error",
        allows=Limits(values=frozenset({"postgresql", "upgrade", "iam-db-auth-error"})),
    ),
    "rds.log_retention_days": _RETENTION,
    "rds.performance_insights_days": Model(
        "rds",
        "CreateDBInstanceMessage.PerformanceInsightsRetentionPeriod",
        "7 month * 31, where month is a number of months from 1-23",
        allows=Limits(values=frozenset({7, *(31 * month for month in range(1, 24)), 731})),
    ),
    "rds.monitoring_interval": Model(
        "rds",
        "CreateDBInstanceMessage.MonitoringInterval",
        "Valid Values: 0 | 1 | 5 | 10 | 15 | 30 | 60",
        allows=Limits(values=frozenset({0, 1, 5, 10, 15, 30, 60})),
    ),
    "rds.cpu_alarm_threshold": _PERCENT,
    "rds.connections_alarm_threshold": _THRESHOLD,
    "rds.free_storage_alarm_threshold": _THRESHOLD,
    "rds.free_memory_alarm_threshold": _THRESHOLD,
    "rds.latency_alarm_threshold": _THRESHOLD,
    # ---- service
    "ecs_service.desired_count": _TASKS,
    "ecs_service.autoscaling_min_capacity": _TASKS,
    "ecs_service.autoscaling_max_capacity": Page(
        "Amazon ECS service quotas",
        f"{_DOCS}AmazonECS/latest/developerguide/service-quotas.html",
        allows=Limits(0, 5000),
        narrower="0: an autoscaler that may start nothing is a service that is switched off by mistake",
    ),
    "ecs_service.autoscaling_cpu_target": Own("a percentage: Application Auto Scaling takes any number"),
    "ecs_service.autoscaling_memory_target": Own("a percentage: Application Auto Scaling takes any number"),
    "ecs_service.autoscaling_requests_target": Own("requests: Application Auto Scaling takes any number"),
    "ecs_service.scale_in_cooldown": _COOLDOWN,
    "ecs_service.scale_out_cooldown": _COOLDOWN,
    "ecs_service.deployment": _CHOICE,
    "ecs_service.deployment_maximum_percent": Own(
        "less than 100 lets no task run; ECS has no largest number, and ten times the tasks are a mistake"
    ),
    "ecs_service.deployment_minimum_healthy_percent": Own("a part of the desired tasks; more than all never run"),
    "ecs_service.health_check_grace_period_seconds": Provider(
        "validation.IntBetween(0, math.MaxInt32)", allows=Limits(0, 2_147_483_647)
    ),
    "ecs_service.managed_elsewhere[]": _CHOICE,
    "ecs_service.scaling_managed_elsewhere[]": _CHOICE,
    "ecs_service.deployment_alarms[]": _CHOICE,
    "ecs_service.spot_share": Own("a percentage, of which the weights are made (ECS API: 0 to 1000 each)"),
    "ecs_service.on_demand_base": Model(
        "ecs", "CapacityProviderStrategyItem.base", narrower="5000, the tasks that a service can have"
    ),
    "ecs_service.running_hours": Own("days and hours, of which two cron expressions are made"),
    "ecs_service.running_hours_timezone": Model(
        "application-autoscaling",
        "PutScheduledActionRequest.Timezone",
        "Valid values are the canonical names of the IANA time zones supported by Joda-Time (such as Etc/GMT+9 or "
        "Pacific/Tahiti)",
        takes=("UTC", "Etc/GMT+9", "Pacific/Tahiti", "America/Argentina/Buenos_Aires"),
        refuses=("JST", "+09:00", "asia/tokyo", "Asia/", "Asia/Tokio"),
    ),
    "ecs_service.tasks_outside_running_hours": _TASKS,
    "ecs_service.cpu_alarm_threshold": _PERCENT,
    "ecs_service.memory_alarm_threshold": _PERCENT,
    "ecs_service.running_tasks_alarm_missing_data": Model(
        "cloudwatch",
        "PutMetricAlarmInput.TreatMissingData",
        "Valid Values: breaching | notBreaching | ignore | missing",
        allows=Limits(values=frozenset({"breaching", "notBreaching", "ignore", "missing"})),
    ),
    "ecs_service.running_tasks_alarm_threshold": _THRESHOLD,
    # ---- blue/green
    "codedeploy.traffic": Page(
        "Deployment configurations on an Amazon ECS compute platform",
        f"{_DOCS}codedeploy/latest/userguide/deployment-configurations.html",
        allows=Limits(
            values=frozenset(
                {*("ECSAllAtOnce", "ECSLinear10PercentEvery1Minutes", "ECSLinear10PercentEvery3Minutes")}
                | {"ECSCanary10Percent5Minutes", "ECSCanary10Percent15Minutes"}
            )
        ),
    ),
    "codedeploy.approval_minutes": Own("two days, as the wait afterwards; CodeDeploy's API names no number"),
    "codedeploy.termination_wait_minutes": Model(
        "codedeploy",
        "BlueInstanceTerminationOption.terminationWaitTimeInMinutes",
        "The maximum setting is 2880 minutes (2 days)",
        allows=Limits(0, 2880),
    ),
    "codedeploy.hooks{name}": Page(
        "AppSpec 'hooks' section for an Amazon ECS deployment",
        f"{_DOCS}codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html",
        allows=Limits(values=frozenset(_HOOKED)),
    ),
    "codedeploy.hooks{}": _FUNCTION,
    "codedeploy.test_port": Model("elbv2", "CreateListenerInput.Port"),
    "codedeploy.test_cidr_blocks": Own(
        "a security group has 60 rules by default, of which CloudFront's prefix list counts 55"
    ),
    "codedeploy.test_cidr_blocks[]": _SOURCE,
    "rds.migration_command[]": _NOT_BLANK,
    # ---- notifications, monitoring
    "notifications.topic_arn": _TOPIC,
    "notifications.email_addresses[]": Own("an address that can be mailed to; SNS asks its owner to confirm"),
    "notifications.webhook": Own("true or false: a URL in its place is refused without being shown"),
    "notifications.kms_key_arn": _KEY,
    "monitoring.log_status_field": Own("the name of a field of the application's logs, as a query writes it"),
    "monitoring.log_duration_field": Own("the name of a field of the application's logs, as a query writes it"),
    "monitoring.slow_request_milliseconds": Own("a number in a query; not a value of AWS's"),
    # ---- frontend
    "frontend.bucket": _BUCKET,
    "frontend.domain_names": Page(
        "Quotas",
        f"{_DOCS}AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html",
        allows=Limits(shortest=0, longest=100),
    ),
    "frontend.domain_names[]": _DOMAIN,
    "frontend.certificate_arn": Model(
        "acm",
        "DescribeCertificateRequest.CertificateArn",
        off=("",),
        example="arn:aws:acm:us-east-1:123456789012:certificate/0a1b",
        narrower=_ARN,
    ),
    "frontend.minimum_tls": Model(
        "cloudfront",
        "ViewerCertificate.MinimumProtocolVersion",
        narrower="TLS below 1.2 is refused; provider 5.100.0 does not know the policies of 2025",
    ),
    "frontend.price_class": Model(
        "cloudfront", "DistributionConfig.PriceClass", narrower="None is of distributions with several tenants"
    ),
    "frontend.api_paths": Page(
        "Quotas",
        f"{_DOCS}AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html",
        allows=Limits(shortest=0, longest=74),
        narrower="without a path of the API there is nothing to connect",
    ),
    "frontend.api_paths[]": Page(
        "Path pattern",
        f"{_DOCS}AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html",
        takes=("/*", "/api/*", "/a?b", f"/{'a' * 254}", "/_-.*$/~\"'@:+&"),
        refuses=("", "/", f"/{'a' * 255}", "/a b", "/a#b"),
        narrower="with the slash at the beginning, which CloudFront leaves to everyone",
    ),
    "frontend.api_domain_name": Own("a name for which a certificate can be: without *, which no origin has"),
    "frontend.api_timeout": Model(
        "cloudfront",
        "CustomOriginConfig.OriginReadTimeout",
        "The minimum timeout is 1 second, the maximum is 120 seconds",
        allows=Limits(1, 120),
    ),
    "frontend.api_keep_alive": Model(
        "cloudfront",
        "CustomOriginConfig.OriginKeepaliveTimeout",
        "The minimum timeout is 1 second, the maximum is 120 seconds",
        allows=Limits(1, 120),
    ),
    "frontend.content_security_policy": Page(
        "Quotas",
        f"{_DOCS}AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html",
        takes=("", "a" * 1783),
        refuses=("a" * 1784, "é", "a\nb"),
    ),
    "frontend.hsts_seconds": Own("two years, what browsers' preload lists advise; CloudFront takes any number"),
    "frontend.web_acl_arn": Model(
        "wafv2",
        "GetWebACLForResourceRequest.ResourceArn",
        off=("",),
        example="arn:aws:wafv2:us-east-1:123456789012:global/webacl/a/0a1b2c3d-0000-1111-2222-333344445555",
        narrower=_ARN,
    ),
    "frontend.noncurrent_days": _DAYS_OF_BUCKETS,
    "frontend.access_log_days": Model(
        "s3",
        "LifecycleExpiration.Days",
        "The value must be a non-zero positive integer",
        allows=Limits(least=1),
        off=(0,),
        narrower="ten years: S3 has no largest number, and a larger one is a mistake",
    ),
    "frontend.errors_alarm_threshold": _PERCENT,
    "frontend.alarm_topic_arn": _TOPIC,
    # ---- names and certificates
    "dns.zone": Model("route53", "CreateHostedZoneRequest.Name", example="app.example.com", narrower=_DNS),
    "dns.zone_id": Model(
        "route53",
        "GetHostedZoneRequest.Id",
        example="Z0123456789ABCDEFGHIJ",
        narrower="an ID begins with Z and has capital letters and digits",
    ),
    "dns.load_balancer_names": Own("AWS's quota is 10,000 records a zone; more than 100 names are a mistake"),
    "dns.load_balancer_names[]": _RECORD,
    "dns.frontend_names": Own("a distribution has 100 names at most (frontend.domain_names)"),
    "dns.frontend_names[]": _RECORD,
    "dns.health_check_name": Model(
        "route53", "HealthCheckConfig.FullyQualifiedDomainName", example="app.example.com", narrower=_DNS
    ),
    "dns.health_check_path": Model(
        "route53",
        "HealthCheckConfig.ResourcePath",
        example="/health",
        narrower="a path that begins with / and holds what a URL can hold",
    ),
    "dns.health_check_topic_arn": _TOPIC,
    "certificate.domain_names": Model(
        "acm",
        "RequestCertificateRequest.SubjectAlternativeNames",
        "The maximum number of domain names that you can add to an ACM certificate is 100",
        allows=Limits(shortest=0, longest=100),
    ),
    "certificate.domain_names[]": _DOMAIN,
    "certificate.key_algorithm": Model(
        "acm",
        "RequestCertificateRequest.KeyAlgorithm",
        "Algorithms supported for an ACM certificate request include: RSA_2048 EC_prime256v1 EC_secp384r1",
        allows=Limits(values=frozenset({"RSA_2048", "EC_prime256v1", "EC_secp384r1"})),
    ),
    "certificate.authorities[]": Own("a name of an authority, as CAA records have it (RFC 8659)"),
    "certificate.expiry_alarm_days": Page(
        "Managed certificate renewal",
        f"{_DOCS}acm/latest/userguide/managed-renewal.html",
        allows=Limits(1, 44),
    ),
    # ---- firewall
    "waf.protects": _CHOICE,
    "waf.managed_groups{name}": Page(
        "AWS Managed Rules rule groups list",
        f"{_DOCS}waf/latest/developerguide/aws-managed-rule-groups-list.html",
        allows=Limits(
            values=frozenset(
                f"AWSManagedRules{each}"
                for each in (
                    *("CommonRuleSet", "AdminProtectionRuleSet", "KnownBadInputsRuleSet", "SQLiRuleSet"),
                    *("LinuxRuleSet", "UnixRuleSet", "WindowsRuleSet", "PHPRuleSet", "WordPressRuleSet"),
                    *("AmazonIpReputationList", "AnonymousIpList", "ATPRuleSet", "ACFPRuleSet"),
                    *("BotControlRuleSet", "AntiDDoSRuleSet"),
                )
            )
        ),
        narrower="the last four have a price of their own, and need to know the application's pages",
    ),
    "waf.managed_groups{}.action": _CHOICE,
    "waf.managed_groups{}.version": Model("wafv2", "ManagedRuleGroupStatement.Version", example="Version_1.4"),
    "waf.managed_groups{}.counted_rules": Model(
        "wafv2", "ManagedRuleGroupStatement.RuleActionOverrides", allows=Limits(shortest=0)
    ),
    "waf.managed_groups{}.counted_rules[]": Model("wafv2", "RuleActionOverride.Name", example="SizeRestrictions_BODY"),
    "waf.rate_limit": Model("wafv2", "RateBasedStatement.Limit"),
    "waf.rate_window": Model(
        "wafv2",
        "RateBasedStatement.EvaluationWindowSec",
        "Valid settings are 60, 120, 300, and 600",
        allows=Limits(values=frozenset({60, 120, 300, 600})),
    ),
    "waf.rate_action": _CHOICE,
    "waf.allowed_addresses": Page(
        "AWS WAF quotas", f"{_DOCS}waf/latest/developerguide/limits.html", allows=Limits(shortest=0, longest=10_000)
    ),
    "waf.allowed_addresses[]": Model(
        "wafv2",
        "CreateIPSetRequest.Addresses.member",
        example="192.0.2.0/24",
        refuses=("0.0.0.0/0", "::/0", "192.0.2.1", "192.0.2.1/24"),
        narrower="a block as WAF writes it: the model takes any text",
    ),
    "waf.blocked_addresses": Page(
        "AWS WAF quotas", f"{_DOCS}waf/latest/developerguide/limits.html", allows=Limits(shortest=0, longest=10_000)
    ),
    "waf.blocked_addresses[]": Model(
        "wafv2",
        "CreateIPSetRequest.Addresses.member",
        example="192.0.2.0/24",
        refuses=("0.0.0.0/0", "::/0", "192.0.2.1", "192.0.2.1/24"),
        narrower="a block as WAF writes it: the model takes any text",
    ),
    "waf.max_body_bytes": Model(
        "wafv2",
        "Body.OversizeHandling",
        "the default limit is 16 KB (16,384 bytes)",
        allows=Limits(1, 16_384),
        refused_by="body_is_seen_by_waf",
    ),
    "waf.body_action": _CHOICE,
    "waf.logged_requests": _CHOICE,
    "waf.log_retention_days": _RETENTION,
    "waf.redacted_headers": Model(
        "wafv2",
        "LoggingConfiguration.RedactedFields",
        allows=Limits(shortest=0),
        narrower="the query string is a field of its own (redact_query)",
    ),
    "waf.redacted_headers[]": Model(
        "wafv2",
        "SingleHeader.Name",
        example="authorization",
        narrower="lower case, as WAF compares; letters, digits, hyphens and underscores",
    ),
    "waf.blocked_alarm_percent": _PERCENT,
    # ---- logs and endpoints
    "log_bucket.name": _BUCKET,
    "log_bucket.days": _DAYS_OF_BUCKETS,
    "flow_logs.destination": _CHOICE,
    "flow_logs.traffic": Model("ec2", "CreateFlowLogsRequest.TrafficType"),
    "flow_logs.fields[]": Page(
        "Flow log records",
        f"{_DOCS}vpc/latest/userguide/flow-log-records.html",
        allows=Limits(
            values=frozenset(
                (
                    *("version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol"),
                    *("packets", "bytes", "start", "end", "action", "log-status", "vpc-id", "subnet-id", "instance-id"),
                    *("tcp-flags", "type", "pkt-srcaddr", "pkt-dstaddr", "region", "az-id", "sublocation-type"),
                    *("sublocation-id", "pkt-src-aws-service", "pkt-dst-aws-service", "flow-direction"),
                    *("traffic-path", "ecs-cluster-arn", "ecs-cluster-name", "ecs-container-instance-arn"),
                    *("ecs-container-instance-id", "ecs-container-id", "ecs-second-container-id", "ecs-service-name"),
                    *("ecs-task-definition-arn", "ecs-task-arn", "ecs-task-id", "reject-reason", "resource-id"),
                    "encryption-status",
                    *("instance-tag", "instance-tag-2", "interface-tag", "interface-tag-2", "asg-tag", "asg-tag-2"),
                    *("interface-type", "next-hop-interface-id", "next-hop-subnet-id", "next-hop-az-id"),
                    *("next-hop-vpc-id", "next-hop-interface-type"),
                )
            )
        ),
        narrower="version 11: its tags need the keys of tags, for which provider 5.100.0 has no argument",
    ),
    "flow_logs.aggregation_seconds": Model(
        "ec2",
        "CreateFlowLogsRequest.MaxAggregationInterval",
        "The possible values are 60 seconds (1 minute) or 600 seconds (10 minutes)",
        allows=Limits(values=frozenset({60, 600})),
    ),
    "flow_logs.retention_days": _RETENTION,
    "endpoints.interfaces[]": Own("the services that the tasks of this platform ask; AWS has hundreds"),
    # ---- secrets
    "secrets{}.description": Model(
        "secretsmanager",
        "CreateSecretRequest.Description",
        narrower="people read it in a list: 1 to 500 characters",
    ),
    "secrets{}.recovery_window_days": Model(
        "secretsmanager",
        "DeleteSecretRequest.RecoveryWindowInDays",
        "The number of days from 7 to 30",
        refuses=(-1, 1, 6, 31),
    ),
    "secrets{}.kms_key_arn": _KEY,
    "secrets{}.rotation_days": Model("secretsmanager", "RotationRulesType.AutomaticallyAfterDays"),
    "secrets{}.rotation_lambda_arn": Model(
        "secretsmanager",
        "RotateSecretRequest.RotationLambdaARN",
        example="arn:aws:lambda:us-west-2:123456789012:function:rotate",
        narrower=_ARN,
    ),
    # ---- what is not sent to AWS
    "service_levels.url": _LEVEL,
    "service_levels.p50_ms": _LEVEL,
    "service_levels.p95_ms": _LEVEL,
    "service_levels.p99_ms": _LEVEL,
    "service_levels.min_requests_per_second": _LEVEL,
    "service_levels.max_error_percent": _LEVEL,
    **dict.fromkeys(
        (
            *("usage.running_tasks", "usage.alb_lcus", "usage.nat_gb", "usage.internet_out_gb", "usage.cross_zone_gb"),
            *("usage.log_gb", "usage.cache_log_gb", "usage.container_insights_metrics", "usage.snapshot_gb"),
            *("usage.cdn_gb", "usage.cdn_site_requests", "usage.cdn_api_requests", "usage.frontend_gb"),
            *("usage.access_log_gb", "usage.log_bucket_gb", "usage.flow_log_gb", "usage.endpoint_gb"),
            *("usage.waf_requests", "usage.waf_log_gb", "usage.database_backup_gb", "usage.image_gb"),
            "usage.state_gb",
        ),
        _VOLUME,
    ),
    "lint.waive{name}": Own("the name of a finding; not sent to AWS"),
    "lint.waive{}.reason": Own("a reason for readers; not sent to AWS"),
    "lint.waive{}.until": Own("a date; not sent to AWS"),
    "lint.application_keep_alive": Own("a fact about the application; not sent to AWS"),
    # ---- the shared stack
    "registry.keep_images": Own("a count above 0, which ECR demands; a repository has room for more"),
    "registry.deployed_tag_prefixes": Page(
        "Amazon ECR service quotas",
        f"{_DOCS}AmazonECR/latest/userguide/service-quotas.html",
        allows=Limits(shortest=0, longest=48),
    ),
    "registry.deployed_tag_prefixes[]": Own("what a tag of an image can begin with (OCI distribution specification)"),
    "registry.keep_deployed": Own("a count above 0, which ECR demands; a repository has room for more"),
    "registry.pull_accounts[]": Model("ecr", "CreateRepositoryRequest.registryId", example="123456789012"),
    "registry.untagged_days": Own("a count above 0, which ECR demands; a year is long for what nobody can pull"),
    "state_bucket.name": _BUCKET,
    "state_bucket.noncurrent_days": _DAYS_OF_BUCKETS,
    "pipeline.repository": Own("a repository of GitHub, which has its own limits"),
    "pipeline.owner_id": Own("a number of GitHub's"),
    "pipeline.repository_id": Own("a number of GitHub's"),
    "pipeline.branch": Own("a branch of Git, in the characters that a trust policy takes as they are"),
    "pipeline.environments[]": Own(_NAMES),
    "pipeline.provider_arn": Own("the one provider of GitHub: an account has it once"),
    "hosted_zone.name": Model("route53", "CreateHostedZoneRequest.Name", example="app.example.com", narrower=_DNS),
    "hosted_zone.certificate_authorities[]": Own("a name of an authority, as CAA records have it (RFC 8659)"),
}
