"""Each refusal of the smaller services: a request that it refuses, and one that it lets pass."""

import json
from typing import Any

import pytest

from tests.aws.refusals import (
    applicationautoscaling,
    cloudwatch,
    ecr,
    iam,
    logs,
    s3,
    secretsmanager,
    servicediscovery,
    sns,
)
from tests.aws.refused import ALLOWED, TRUST, Account

pytestmark = pytest.mark.aws

# ---- Application Auto Scaling ------------------------------------------------------------------------------------

SCALED = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/one/one",
    "ScalableDimension": "ecs:service:DesiredCount",
}


def scaling(account: Account) -> Any:  # noqa: ANN401  # a client
    return account.application_autoscaling


def register(account: Account, **others: Any) -> None:  # noqa: ANN401  # arguments of RegisterScalableTarget
    scaling(account).register_scalable_target(**{**SCALED, "MinCapacity": 1, "MaxCapacity": 4, **others})


def track(account: Account, name: str = "one", metric: dict[str, str] | None = None, value: float = 70) -> None:
    metric = metric or {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
    configuration = {"TargetValue": value, "PredefinedMetricSpecification": metric}
    scaling(account).put_scaling_policy(
        **SCALED,
        PolicyName=name,
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=configuration,
    )


def label(account: Account, target_group: str) -> str:
    return f"{account.load_balancer.partition(':loadbalancer/')[2]}/{target_group.rpartition(':')[2]}"


def test_fewest_above_most(account: Account) -> None:
    account.serve()
    with account.refuses(applicationautoscaling.fewest_above_most):
        register(account, MinCapacity=5)
    register(account)
    with account.refuses(applicationautoscaling.fewest_above_most):
        scaling(account).register_scalable_target(**SCALED, MinCapacity=5)


def test_capacity_not_given(account: Account) -> None:
    account.serve()
    with account.refuses(applicationautoscaling.capacity_not_given):
        scaling(account).register_scalable_target(**SCALED, MinCapacity=1)
    register(account)


def test_service_that_is_not_there(account: Account) -> None:
    account.serve()
    with account.refuses(applicationautoscaling.service_that_is_not_there):
        register(account, ResourceId="service/one/two")
    register(account)


def test_target_that_is_not_registered(account: Account) -> None:
    account.serve()
    with account.refuses(applicationautoscaling.target_that_is_not_registered):
        track(account)
    register(account)
    track(account)


def test_label_of_requests_per_target(account: Account) -> None:
    account.serve()
    register(account)
    requests = "ALBRequestCountPerTarget"
    for metric in (
        {"PredefinedMetricType": requests},
        {"PredefinedMetricType": requests, "ResourceLabel": "app/one"},
        {"PredefinedMetricType": "ECSServiceAverageCPUUtilization", "ResourceLabel": "app/one"},
    ):
        with account.refuses(applicationautoscaling.label_of_requests_per_target):
            track(account, metric=metric)
    labelled = {"PredefinedMetricType": requests, "ResourceLabel": label(account, account.target_group)}
    track(account, metric=labelled)


def test_target_group_that_gets_no_requests(account: Account) -> None:
    account.serve()
    register(account)

    def count(target_group: str) -> None:
        resource = label(account, target_group)
        track(account, metric={"PredefinedMetricType": "ALBRequestCountPerTarget", "ResourceLabel": resource})

    with account.refuses(applicationautoscaling.target_group_that_gets_no_requests):
        count(account.targets("two"))
    count(account.target_group)


def test_metric_that_is_tracked(account: Account) -> None:
    account.serve()
    register(account)
    track(account, "one")
    track(account, "one", value=60)
    with account.refuses(applicationautoscaling.metric_that_is_tracked):
        track(account, "two")
    track(account, "two", {"PredefinedMetricType": "ECSServiceAverageMemoryUtilization"})


def test_value_that_is_not_above_zero(account: Account) -> None:
    account.serve()
    register(account)
    with account.refuses(applicationautoscaling.value_that_is_not_above_zero):
        track(account, value=0)
    track(account, value=0.5)


def test_schedule_of_a_wrong_form(account: Account) -> None:
    def schedule(text: str) -> None:
        scaling(account).put_scheduled_action(
            **SCALED, ScheduledActionName="night", Schedule=text, ScalableTargetAction={"MinCapacity": 1}
        )

    account.serve()
    register(account)
    for wrong in ("cron(0 22 * * *)", "every day", "rate(1)"):
        with account.refuses(applicationautoscaling.schedule_of_a_wrong_form):
            schedule(wrong)
    schedule("cron(0 22 * * ? *)")


def test_time_zone_that_is_none(account: Account) -> None:
    def schedule(zone: str) -> None:
        scaling(account).put_scheduled_action(
            **SCALED,
            ScheduledActionName="night",
            Schedule="cron(0 22 * * ? *)",
            Timezone=zone,
            ScalableTargetAction={"MinCapacity": 1},
        )

    account.serve()
    register(account)
    with account.refuses(applicationautoscaling.time_zone_that_is_none):
        schedule("Asia/Tokio")
    schedule("Etc/GMT+9")


def test_target_that_is_gone(account: Account) -> None:
    account.serve()
    with account.refuses(applicationautoscaling.target_that_is_gone):
        scaling(account).deregister_scalable_target(**SCALED)
    register(account)
    scaling(account).deregister_scalable_target(**SCALED)


# ---- CloudWatch --------------------------------------------------------------------------------------------------

ALARM = {
    "AlarmName": "one",
    "ComparisonOperator": "GreaterThanThreshold",
    "EvaluationPeriods": 2,
    "MetricName": "CPUUtilization",
    "Namespace": "AWS/ECS",
    "Period": 60,
    "Statistic": "Average",
    "Threshold": 80,
}


def alarm(account: Account, **others: Any) -> None:  # noqa: ANN401  # arguments of PutMetricAlarm
    asked = {**ALARM, **others}
    account.cloudwatch.put_metric_alarm(**{key: value for key, value in asked.items() if value is not None})


def test_period_of_an_alarm(account: Account) -> None:
    with account.refuses(cloudwatch.period_of_an_alarm):
        alarm(account, Period=90)
    alarm(account, Period=30)


def test_alarm_over_more_than_a_day(account: Account) -> None:
    with account.refuses(cloudwatch.alarm_over_more_than_a_day):
        alarm(account, Period=300, EvaluationPeriods=289)
    alarm(account, Period=300, EvaluationPeriods=288)


def test_more_datapoints_than_periods(account: Account) -> None:
    with account.refuses(cloudwatch.more_datapoints_than_periods):
        alarm(account, DatapointsToAlarm=3)
    alarm(account, DatapointsToAlarm=2)


def test_alarm_without_metric(account: Account) -> None:
    for missing in ({"MetricName": None}, {"Period": None}, {"Statistic": None}, {"ExtendedStatistic": "p99"}):
        with account.refuses(cloudwatch.alarm_without_metric):
            alarm(account, **missing)
    alarm(account, Statistic=None, ExtendedStatistic="p99")


def test_actions_of_another_region(account: Account) -> None:
    for wrong in (account.topic.replace("us-west-2", "us-east-1"), "alarms"):
        with account.refuses(cloudwatch.actions_of_another_region):
            alarm(account, AlarmActions=[wrong])
    alarm(account, AlarmActions=[account.topic])


def test_treatment_of_missing_data(account: Account) -> None:
    with account.refuses(cloudwatch.treatment_of_missing_data):
        alarm(account, TreatMissingData="not_breaching")
    alarm(account, TreatMissingData="notBreaching")


def test_dashboard_that_is_not_valid(account: Account) -> None:
    def show(**widget: object) -> None:
        body = json.dumps({"widgets": [{"type": "metric", "properties": shown, **widget}]})
        account.cloudwatch.put_dashboard(DashboardName="one", DashboardBody=body)

    shown = {"region": "us-west-2", "metrics": [["AWS/ECS", "CPUUtilization"]]}
    for wrong in ({"type": "picture"}, {"x": 20, "width": 6}, {"properties": {"region": "us-west-2"}}):
        with account.refuses(cloudwatch.dashboard_that_is_not_valid):
            show(**wrong)
    show(x=18, width=6)


# ---- ECR ---------------------------------------------------------------------------------------------------------


def repository(account: Account, name: str = "one") -> None:
    account.ecr.create_repository(repositoryName=name, imageTagMutability="IMMUTABLE")


def push(account: Account, tag: str, size: int = 1) -> None:
    manifest: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {"digest": f"sha256:{size:064x}", "size": size},
        "layers": [],
    }
    account.ecr.put_image(repositoryName="one", imageManifest=json.dumps(manifest), imageTag=tag)


def test_repository_that_exists(account: Account) -> None:
    repository(account)
    with account.refuses(ecr.repository_that_exists):
        repository(account)
    repository(account, "two")


def test_repository_with_images(account: Account) -> None:
    repository(account)
    push(account, "a")
    with account.refuses(ecr.repository_with_images):
        account.ecr.delete_repository(repositoryName="one")
    account.ecr.delete_repository(repositoryName="one", force=True)


def test_tag_of_an_immutable_repository(account: Account) -> None:
    repository(account)
    push(account, "latest", 1)
    with account.refuses(ecr.tag_of_an_immutable_repository):
        push(account, "latest", 2)
    push(account, "3f2c1ab", 2)


def test_rules_of_a_lifecycle(account: Account) -> None:
    def keep(*rules: dict[str, Any]) -> None:
        account.ecr.put_lifecycle_policy(repositoryName="one", lifecyclePolicyText=json.dumps({"rules": rules}))

    def rule(priority: int, **selection: object) -> dict[str, Any]:
        counted = {"countType": "imageCountMoreThan", "countNumber": 30}
        return {"rulePriority": priority, "selection": {**selection, **counted}, "action": {"type": "expire"}}

    repository(account)
    untagged, everything = rule(1, tagStatus="untagged"), rule(2, tagStatus="any")
    for wrong in ((untagged, rule(1, tagStatus="any")), (rule(3, tagStatus="untagged"), everything)):
        with account.refuses(ecr.rules_of_a_lifecycle):
            keep(*wrong)
    with account.refuses(ecr.rules_of_a_lifecycle):
        keep(rule(1, tagStatus="tagged"))
    many = [rule(at, tagStatus="tagged", tagPrefixList=[f"{at}-"]) for at in range(1, 52)]
    with account.refuses(ecr.rules_of_a_lifecycle):
        keep(*many)
    keep(*many[:50])
    keep(untagged, everything)


# ---- IAM ---------------------------------------------------------------------------------------------------------


def trust(principal: object, **others: object) -> str:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, **others}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_role_that_exists(account: Account) -> None:
    assert account.role
    with account.refuses(iam.role_that_exists):
        account.iam.create_role(RoleName="TASKS", AssumeRolePolicyDocument=TRUST)
    account.iam.create_role(RoleName="tasks-2", AssumeRolePolicyDocument=TRUST)


def test_trust_policy_too_long(account: Account) -> None:
    service = {"Service": "ecs-tasks.amazonaws.com"}
    long = trust(service, Condition={"StringEquals": {"aws:SourceAccount": ["1" * 12] * 200}})
    with account.refuses(iam.trust_policy_too_long):
        account.iam.create_role(RoleName="long", AssumeRolePolicyDocument=long)
    account.iam.create_role(RoleName="short", AssumeRolePolicyDocument=trust(service))


def test_principal_that_does_not_exist(account: Account) -> None:
    with account.refuses(iam.principal_that_does_not_exist):
        account.iam.create_role(RoleName="other", AssumeRolePolicyDocument=trust({"AWS": f"{account.role}-2"}))
    account.iam.create_role(RoleName="other", AssumeRolePolicyDocument=trust({"AWS": account.role}))


def put(account: Account, name: str, document: str) -> None:
    assert account.role
    account.iam.put_role_policy(RoleName="tasks", PolicyName=name, PolicyDocument=document)


def test_inline_policies_too_long(account: Account) -> None:
    resources = [f"arn:aws:s3:::{number:040}" for number in range(110)]
    statement = {"Effect": "Allow", "Action": "s3:Get*", "Resource": resources}
    long = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    put(account, "one", long)
    with account.refuses(iam.inline_policies_too_long):
        put(account, "two", long)
    put(account, "one", long)


def test_managed_policy_too_long(account: Account) -> None:
    def document(resources: int) -> str:
        listed = [f"arn:aws:s3:::{number:040}" for number in range(resources)]
        return json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": listed}]},
            indent=1,
        )

    with account.refuses(iam.managed_policy_too_long):
        account.iam.create_policy(PolicyName="long", PolicyDocument=document(112))
    made = account.iam.create_policy(PolicyName="long", PolicyDocument=document(108))["Policy"]["Arn"]
    with account.refuses(iam.managed_policy_too_long):
        account.iam.create_policy_version(PolicyArn=made, PolicyDocument=document(112))


def test_statement_without_resource(account: Account) -> None:
    for wrong in ('"Resource": []', '"Sid": "x"'):
        with account.refuses(iam.statement_without_resource):
            put(account, "one", ALLOWED.replace('"Resource": "*"', wrong))
    put(account, "one", ALLOWED)


def test_more_managed_policies_than_the_quota(account: Account) -> None:
    assert account.role
    arns = [
        account.iam.create_policy(PolicyName=f"p{number}", PolicyDocument=ALLOWED)["Policy"]["Arn"]
        for number in range(iam.ATTACHED + 1)
    ]
    for arn in arns[1:]:
        account.iam.attach_role_policy(RoleName="tasks", PolicyArn=arn)
    with account.refuses(iam.more_managed_policies_than_the_quota):
        account.iam.attach_role_policy(RoleName="tasks", PolicyArn=arns[0])


def test_role_with_policies(account: Account) -> None:
    put(account, "one", ALLOWED)
    with account.refuses(iam.role_with_policies):
        account.iam.delete_role(RoleName="tasks")
    account.iam.delete_role_policy(RoleName="tasks", PolicyName="one")
    account.iam.delete_role(RoleName="tasks")


def test_tags_of_a_role(account: Account) -> None:
    def tagged(*keys: str) -> None:
        tags = [{"Key": key, "Value": "x"} for key in keys]
        account.iam.create_role(RoleName="tagged", AssumeRolePolicyDocument=TRUST, Tags=tags)

    for wrong in (("Team", "team"), ("aws:team",)):
        with account.refuses(iam.tags_of_a_role):
            tagged(*wrong)
    tagged("Team", "Owner")


# ---- CloudWatch Logs ---------------------------------------------------------------------------------------------


def test_log_group_that_exists(account: Account) -> None:
    account.logs.create_log_group(logGroupName="/ecs/one")
    with account.refuses(logs.log_group_that_exists):
        account.logs.create_log_group(logGroupName="/ecs/one")
    account.logs.create_log_group(logGroupName="/ecs/two")


def test_log_group_name_of_aws(account: Account) -> None:
    with account.refuses(logs.log_group_name_of_aws):
        account.logs.create_log_group(logGroupName="aws/one")
    account.logs.create_log_group(logGroupName="/aws/one")


def test_retention_that_is_not_offered(account: Account) -> None:
    account.logs.create_log_group(logGroupName="one")
    with account.refuses(logs.retention_that_is_not_offered):
        account.logs.put_retention_policy(logGroupName="one", retentionInDays=10)
    account.logs.put_retention_policy(logGroupName="one", retentionInDays=14)


def test_log_group_that_does_not_exist(account: Account) -> None:
    account.logs.create_log_group(logGroupName="one")
    with account.refuses(logs.log_group_that_does_not_exist):
        account.logs.delete_log_group(logGroupName="two")
    account.logs.delete_log_group(logGroupName="one")


# ---- S3 ----------------------------------------------------------------------------------------------------------

HERE = {"LocationConstraint": "us-west-2"}


def bucket(account: Account, name: str = "states") -> None:
    account.s3.create_bucket(Bucket=name, CreateBucketConfiguration=HERE)


def allow(account: Account, **statement: object) -> None:
    base = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::states/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{**base, **statement}]})
    account.s3.put_bucket_policy(Bucket="states", Policy=policy)


def test_bucket_name(account: Account) -> None:
    for name in ("Upper", "a..b", "10.0.0.1", "xn--states", "states--table-s3", "states-1-us-west-2-an"):
        with account.refuses(s3.bucket_name):
            bucket(account, name)
    bucket(account)


def test_bucket_that_exists(account: Account) -> None:
    bucket(account)
    with account.refuses(s3.bucket_that_exists):
        bucket(account)
    bucket(account, "states-2")


def test_location_of_another_region(account: Account) -> None:
    with account.refuses(s3.location_of_another_region):
        account.s3.create_bucket(Bucket="states")
    bucket(account)


def test_bucket_with_objects(account: Account) -> None:
    bucket(account)
    account.s3.put_object(Bucket="states", Key="dev/terraform.tfstate", Body=b"{}")
    with account.refuses(s3.bucket_with_objects):
        account.s3.delete_bucket(Bucket="states")
    account.s3.delete_object(Bucket="states", Key="dev/terraform.tfstate")
    account.s3.delete_bucket(Bucket="states")


def test_public_policy_of_a_blocked_bucket(account: Account) -> None:
    bucket(account)
    block = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    account.s3.put_public_access_block(Bucket="states", PublicAccessBlockConfiguration=block)
    with account.refuses(s3.public_policy_of_a_blocked_bucket):
        allow(account, Effect="Allow")
    allow(account)


def test_policy_about_another_bucket(account: Account) -> None:
    bucket(account)
    with account.refuses(s3.policy_about_another_bucket):
        allow(account, Resource="arn:aws:s3:::states-2/*")
    allow(account)


def test_transition_before_thirty_days(account: Account) -> None:
    def move(days: int) -> None:
        rule = {
            "ID": "one",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "Transitions": [{"Days": days, "StorageClass": "STANDARD_IA"}],
        }
        account.s3.put_bucket_lifecycle_configuration(Bucket="states", LifecycleConfiguration={"Rules": [rule]})

    bucket(account)
    with account.refuses(s3.transition_before_thirty_days):
        move(29)
    move(30)


# ---- Secrets Manager ---------------------------------------------------------------------------------------------


def test_secret_that_is_being_deleted(account: Account) -> None:
    account.secretsmanager.create_secret(Name="one", SecretString="x")
    account.secretsmanager.delete_secret(SecretId="one", RecoveryWindowInDays=7)
    with account.refuses(secretsmanager.secret_that_is_being_deleted):
        account.secretsmanager.create_secret(Name="one", SecretString="x")
    account.secretsmanager.create_secret(Name="two", SecretString="x")


def test_secret_that_exists(account: Account) -> None:
    account.secretsmanager.create_secret(Name="one", SecretString="x")
    with account.refuses(secretsmanager.secret_that_exists):
        account.secretsmanager.create_secret(Name="one", SecretString="y")
    account.secretsmanager.create_secret(Name="two", SecretString="x")


def test_recovery_window(account: Account) -> None:
    account.secretsmanager.create_secret(Name="one", SecretString="x")
    with account.refuses(secretsmanager.recovery_window):
        account.secretsmanager.delete_secret(SecretId="one", RecoveryWindowInDays=6)
    account.secretsmanager.delete_secret(SecretId="one", RecoveryWindowInDays=7)


def test_value_of_a_secret_that_is_being_deleted(account: Account) -> None:
    account.secretsmanager.create_secret(Name="one", SecretString="x")
    account.secretsmanager.put_secret_value(SecretId="one", SecretString="y")
    account.secretsmanager.delete_secret(SecretId="one", RecoveryWindowInDays=7)
    with account.refuses(secretsmanager.value_of_a_secret_that_is_being_deleted):
        account.secretsmanager.put_secret_value(SecretId="one", SecretString="z")


def test_function_that_is_missing(account: Account) -> None:
    account.secretsmanager.create_secret(Name="one", SecretString="x")
    rules = {"RotationRules": {"AutomaticallyAfterDays": 30}, "RotateImmediately": False}
    missing = "arn:aws:lambda:us-west-2:123456789012:function:missing"
    with account.refuses(secretsmanager.function_that_is_missing):
        account.secretsmanager.rotate_secret(SecretId="one", RotationLambdaARN=missing, **rules)
    account.secretsmanager.rotate_secret(SecretId="one", RotationLambdaARN=account.aws.function("rotate"), **rules)


def test_rotation_without_a_function(account: Account) -> None:
    account.secretsmanager.create_secret(Name="one", SecretString="x")
    rules = {"RotationRules": {"AutomaticallyAfterDays": 30}, "RotateImmediately": False}
    with account.refuses(secretsmanager.rotation_without_a_function):
        account.secretsmanager.rotate_secret(SecretId="one", **rules)
    account.secretsmanager.rotate_secret(SecretId="one", RotationLambdaARN=account.aws.function("rotate"), **rules)


def test_restored_when_it_is_gone(account: Account) -> None:
    account.secretsmanager.create_secret(Name="one", SecretString="x")
    account.secretsmanager.delete_secret(SecretId="one", RecoveryWindowInDays=7)
    account.secretsmanager.restore_secret(SecretId="one")
    account.secretsmanager.delete_secret(SecretId="one", ForceDeleteWithoutRecovery=True)
    with account.refuses(secretsmanager.restored_when_it_is_gone):
        account.secretsmanager.restore_secret(SecretId="one")


# ---- Cloud Map ---------------------------------------------------------------------------------------------------


def namespace(account: Account, name: str = "one.local", vpc: str | None = None) -> str:
    account.servicediscovery.create_private_dns_namespace(Name=name, Vpc=vpc or account.vpc)
    found = account.servicediscovery.list_namespaces()["Namespaces"]
    return found[-1]["Id"]


def discovered(account: Account, namespace: str, name: str = "app") -> dict[str, str]:
    dns = {"NamespaceId": namespace, "DnsRecords": [{"Type": "A", "TTL": 10}]}
    return account.servicediscovery.create_service(Name=name, DnsConfig=dns)["Service"]


def test_namespace_that_exists(account: Account) -> None:
    namespace(account)
    with account.refuses(servicediscovery.namespace_that_exists):
        namespace(account)
    namespace(account, vpc=account.bare_vpc("10.10.0.0/16"))


def test_namespace_of_a_missing_network(account: Account) -> None:
    with account.refuses(servicediscovery.namespace_of_a_missing_network):
        namespace(account, vpc="vpc-0123456789abcdef0")
    namespace(account)


def test_namespace_in_use(account: Account) -> None:
    identifier = namespace(account)
    service = discovered(account, identifier)
    with account.refuses(servicediscovery.namespace_in_use):
        account.servicediscovery.delete_namespace(Id=identifier)
    account.servicediscovery.delete_service(Id=service["Id"])
    account.servicediscovery.delete_namespace(Id=identifier)


def test_service_of_a_missing_namespace(account: Account) -> None:
    identifier = namespace(account)
    with account.refuses(servicediscovery.service_of_a_missing_namespace):
        discovered(account, f"{identifier}x")
    discovered(account, identifier)


def test_discovery_service_that_exists(account: Account) -> None:
    identifier = namespace(account)
    discovered(account, identifier)
    with account.refuses(servicediscovery.discovery_service_that_exists):
        discovered(account, identifier)
    discovered(account, identifier, "worker")


def test_service_with_instances(account: Account) -> None:
    service = discovered(account, namespace(account))
    account.serve(serviceRegistries=[{"registryArn": service["Arn"]}])
    with account.refuses(servicediscovery.service_with_instances):
        account.servicediscovery.delete_service(Id=service["Id"])
    account.ecs.update_service(cluster="one", service="one", serviceRegistries=[])
    with account.refuses(servicediscovery.service_with_instances):  # the old tasks still run
        account.servicediscovery.delete_service(Id=service["Id"])
    account.ecs.delete_service(cluster="one", service="one", force=True)
    account.servicediscovery.delete_service(Id=service["Id"])


# ---- SNS ---------------------------------------------------------------------------------------------------------


def test_topic_with_other_attributes(account: Account) -> None:
    assert account.topic
    with account.refuses(sns.topic_with_other_attributes):
        account.sns.create_topic(Name="alarms", Attributes={"DisplayName": "others"})
    account.sns.create_topic(Name="alarms", Attributes={"DisplayName": "alarms"})


def test_endpoint_of_another_protocol(account: Account) -> None:
    for protocol, endpoint in (("email", "oncall"), ("https", "http://events.example.com")):
        with account.refuses(sns.endpoint_of_another_protocol):
            account.sns.subscribe(TopicArn=account.topic, Protocol=protocol, Endpoint=endpoint)
    account.sns.subscribe(TopicArn=account.topic, Protocol="email", Endpoint="oncall@example.com")


def test_missing_topic(account: Account) -> None:
    with account.refuses(sns.missing_topic):
        account.sns.subscribe(TopicArn=f"{account.topic}-2", Protocol="email", Endpoint="oncall@example.com")
    account.sns.subscribe(TopicArn=account.topic, Protocol="email", Endpoint="oncall@example.com")


def test_policy_of_a_topic(account: Account) -> None:
    def permit(action: str) -> None:
        statement = {"Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Action": action}
        policy = {"Version": "2012-10-17", "Statement": [{**statement, "Resource": account.topic}]}
        account.sns.set_topic_attributes(
            TopicArn=account.topic, AttributeName="Policy", AttributeValue=json.dumps(policy)
        )

    with account.refuses(sns.policy_of_a_topic):
        permit("sqs:SendMessage")
    permit("sns:Publish")


def test_display_name_too_long(account: Account) -> None:
    def show(name: str) -> None:
        account.sns.set_topic_attributes(TopicArn=account.topic, AttributeName="DisplayName", AttributeValue=name)

    with account.refuses(sns.display_name_too_long):
        show("x" * 101)
    show("x" * 100)
