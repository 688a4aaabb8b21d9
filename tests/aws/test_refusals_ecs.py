"""Each refusal of ECS: a request that it refuses, and one that it lets pass."""

from typing import Any

import pytest

from tests.aws.refusals import ecs
from tests.aws.refused import Account

pytestmark = pytest.mark.aws

SERVICE = {"cluster": "one", "service": "one"}
VARIABLE = {"name": "URL", "value": "x"}
SECRET = {"name": "URL", "valueFrom": "arn:aws:secretsmanager:us-west-2:123456789012:secret:x"}


def with_container(account: Account, **others: Any) -> str:  # noqa: ANN401  # arguments of a container
    return account.define(containerDefinitions=[{**account.container, **others}])


def create(account: Account, **others: Any) -> None:  # noqa: ANN401  # arguments of CreateService
    asked = {**account.service, **others}
    account.ecs.create_service(**{name: value for name, value in asked.items() if value is not None})


@pytest.fixture
def ready(account: Account) -> Account:
    """The account with a cluster, a task definition and a listener: only the service is missing."""
    account.cluster()
    account.define()
    assert account.listener
    return account


def test_size_that_fargate_does_not_offer(account: Account) -> None:
    for cpu, memory in (("512", "8192"), ("300", "1024"), ("512", None)):
        with account.refuses(ecs.size_that_fargate_does_not_offer):
            account.define(cpu=cpu, memory=memory)
    account.define(cpu="512", memory="4096")


def test_fargate_without_awsvpc(account: Account) -> None:
    with account.refuses(ecs.fargate_without_awsvpc):
        account.define(networkMode="bridge")
    account.define()


def test_logs_without_execution_role(account: Account) -> None:
    with account.refuses(ecs.logs_without_execution_role):
        account.define(executionRoleArn=None)
    account.define()


def test_secrets_without_execution_role(account: Account) -> None:
    quiet = {each: value for each, value in account.container.items() if each != "logConfiguration"}
    secret = [{**quiet, "secrets": [SECRET]}]
    with account.refuses(ecs.secrets_without_execution_role):
        account.define(executionRoleArn=None, containerDefinitions=secret)
    account.define(containerDefinitions=secret)


def test_secret_with_the_name_of_a_variable(account: Account) -> None:
    with account.refuses(ecs.secret_with_the_name_of_a_variable):
        with_container(account, environment=[VARIABLE], secrets=[SECRET])
    with_container(account, environment=[{**VARIABLE, "name": "PORT"}], secrets=[SECRET])


def test_host_port_other_than_the_containers(account: Account) -> None:
    with account.refuses(ecs.host_port_other_than_the_containers):
        with_container(account, portMappings=[{"containerPort": 8080, "hostPort": 80}])
    with_container(account, portMappings=[{"containerPort": 8080, "hostPort": 8080}])


def test_health_check_of_a_container(account: Account) -> None:
    check = {"command": ["CMD", "true"], "interval": 30, "timeout": 5, "retries": 3, "startPeriod": 60}
    for name, value in (("interval", 301), ("timeout", 1), ("retries", 11), ("startPeriod", 301)):
        with account.refuses(ecs.health_check_of_a_container):
            with_container(account, healthCheck={**check, name: value})
    with_container(account, healthCheck=check)


def test_stop_timeout_of_fargate(account: Account) -> None:
    for seconds in (1, 121):
        with account.refuses(ecs.stop_timeout_of_fargate):
            with_container(account, stopTimeout=seconds)
    with_container(account, stopTimeout=2)


def test_definition_too_large(account: Account) -> None:
    with account.refuses(ecs.definition_too_large):
        with_container(account, environment=[{"name": "A", "value": "x" * 70000}])
    with_container(account, environment=[{"name": "A", "value": "x" * 60000}])


def test_no_essential_container(account: Account) -> None:
    with account.refuses(ecs.no_essential_container):
        with_container(account, essential=False)
    with account.refuses(ecs.no_essential_container):
        account.define(containerDefinitions=[account.container, account.container])
    account.define(containerDefinitions=[account.container, {**account.container, "name": "b", "essential": False}])


def test_target_group_without_load_balancer(account: Account) -> None:
    account.cluster()
    account.define()
    with account.refuses(ecs.target_group_without_load_balancer):
        create(account)
    assert account.listener
    create(account)


def test_target_group_of_instances(ready: Account) -> None:
    instances = ready.targets("instances", TargetType="instance")
    ready.listen(81, DefaultActions=[{"Type": "forward", "TargetGroupArn": instances}])
    with ready.refuses(ecs.target_group_of_instances):
        create(ready, loadBalancers=[{**ready.service["loadBalancers"][0], "targetGroupArn": instances}])
    create(ready)


def test_container_of_the_load_balancer(ready: Account) -> None:
    balancer = ready.service["loadBalancers"][0]
    for wrong in ({"containerName": "web"}, {"containerPort": 9090}):
        with ready.refuses(ecs.container_of_the_load_balancer):
            create(ready, loadBalancers=[{**balancer, **wrong}])
    create(ready)


def test_service_that_exists(ready: Account) -> None:
    create(ready)
    with ready.refuses(ecs.service_that_exists):
        create(ready)
    create(ready, serviceName="two")


def test_inactive_task_definition(ready: Account) -> None:
    ready.define()
    ready.ecs.deregister_task_definition(taskDefinition="app:1")
    with ready.refuses(ecs.inactive_task_definition):
        create(ready)
    create(ready, taskDefinition="app:2")


def test_network_that_does_not_exist(ready: Account) -> None:
    subnets, groups = ready.subnets, [ready.security_group]
    for wrong in (
        {"subnets": ["subnet-0123456789abcdef0"], "securityGroups": groups},
        {"subnets": subnets, "securityGroups": ["sg-0123456789abcdef0"]},
        {"subnets": subnets, "securityGroups": [ready.foreign_group]},
    ):
        with ready.refuses(ecs.network_that_does_not_exist):
            create(ready, networkConfiguration={"awsvpcConfiguration": wrong})
    create(ready)


def test_awsvpc_without_network(ready: Account) -> None:
    with ready.refuses(ecs.awsvpc_without_network):
        create(ready, networkConfiguration=None)
    create(ready)
    with ready.refuses(ecs.awsvpc_without_network):
        ready.ecs.run_task(cluster=ready.service["cluster"], taskDefinition="app", launchType="FARGATE")


def test_launch_type_and_strategy(ready: Account) -> None:
    strategy = [{"capacityProvider": "FARGATE", "weight": 1}]
    with ready.refuses(ecs.launch_type_and_strategy):
        create(ready, capacityProviderStrategy=strategy)
    create(ready, launchType=None, capacityProviderStrategy=strategy)


def test_capacity_provider_that_the_cluster_lacks(ready: Account) -> None:
    def strategy(provider: str) -> list[dict[str, object]]:
        return [{"capacityProvider": provider, "weight": 1}]

    with ready.refuses(ecs.capacity_provider_that_the_cluster_lacks):
        create(ready, launchType=None, capacityProviderStrategy=strategy("FARGATE_SPOT"))
    create(ready, launchType=None, capacityProviderStrategy=strategy("FARGATE"))


def test_deployment_that_can_never_move(ready: Account) -> None:
    with ready.refuses(ecs.deployment_that_can_never_move):
        create(ready, deploymentConfiguration={"maximumPercent": 100, "minimumHealthyPercent": 100})
    create(ready, deploymentConfiguration={"maximumPercent": 100, "minimumHealthyPercent": 50})


def test_what_only_codedeploy_changes(ready: Account) -> None:
    create(ready, deploymentController={"type": "CODE_DEPLOY"})
    others: dict[str, Any] = {"taskDefinition": ready.define(), "networkConfiguration": ready.network}
    others |= {"forceNewDeployment": True, "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}]}
    for name, value in {**others, "platformVersion": "1.4.0", "enableExecuteCommand": False}.items():
        with ready.refuses(ecs.what_only_codedeploy_changes):
            ready.ecs.update_service(**SERVICE, **{name: value})
    ready.ecs.update_service(**SERVICE, desiredCount=3, healthCheckGracePeriodSeconds=30)


def test_safeguards_of_rolling_deployments(ready: Account) -> None:
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
    with ready.refuses(ecs.safeguards_of_rolling_deployments):
        create(ready, deploymentController={"type": "CODE_DEPLOY"}, deploymentConfiguration=breaker)
    create(ready, deploymentConfiguration=breaker)


def test_codedeploy_without_one_target_group(ready: Account) -> None:
    controller = {"type": "CODE_DEPLOY"}
    with ready.refuses(ecs.codedeploy_without_one_target_group):
        create(ready, deploymentController=controller, loadBalancers=[])
    create(ready, deploymentController=controller)


def test_grace_period_without_load_balancer(ready: Account) -> None:
    with ready.refuses(ecs.grace_period_without_load_balancer):
        create(ready, loadBalancers=[], healthCheckGracePeriodSeconds=60)
    create(ready, healthCheckGracePeriodSeconds=60)


def test_exec_without_task_role(ready: Account) -> None:
    with ready.refuses(ecs.exec_without_task_role):
        create(ready, enableExecuteCommand=True)
    create(ready)
    with ready.refuses(ecs.exec_without_task_role):
        ready.ecs.update_service(**SERVICE, enableExecuteCommand=True)
    ready.define(taskRoleArn=ready.role)
    ready.ecs.update_service(**SERVICE, enableExecuteCommand=True, taskDefinition="app:2")


def test_registry_that_does_not_exist(ready: Account) -> None:
    namespace = ready.servicediscovery.create_private_dns_namespace(Name="one.local", Vpc=ready.vpc)
    assert namespace["OperationId"]
    identifier = ready.servicediscovery.list_namespaces()["Namespaces"][0]["Id"]
    registry = ready.servicediscovery.create_service(
        Name="app", DnsConfig={"NamespaceId": identifier, "DnsRecords": [{"Type": "A", "TTL": 10}]}
    )["Service"]["Arn"]
    with ready.refuses(ecs.registry_that_does_not_exist):
        create(ready, serviceRegistries=[{"registryArn": f"{registry}x"}])
    create(ready, serviceRegistries=[{"registryArn": registry}])


def test_service_that_does_not_exist(account: Account) -> None:
    account.serve()
    with account.refuses(ecs.service_that_does_not_exist):
        account.ecs.update_service(cluster="one", service="two", desiredCount=2)
    account.ecs.update_service(**SERVICE, desiredCount=2)


def test_service_that_is_not_active(account: Account) -> None:
    account.serve()
    account.ecs.delete_service(**SERVICE, force=True)
    with account.refuses(ecs.service_that_is_not_active):
        account.ecs.update_service(**SERVICE, desiredCount=2)


def test_service_with_tasks(account: Account) -> None:
    account.serve()
    with account.refuses(ecs.service_with_tasks):
        account.ecs.delete_service(**SERVICE)
    account.ecs.update_service(**SERVICE, desiredCount=0)
    account.ecs.delete_service(**SERVICE)


def test_cluster_with_services(account: Account) -> None:
    account.serve()
    with account.refuses(ecs.cluster_with_services):
        account.ecs.delete_cluster(cluster="one")
    account.ecs.delete_service(**SERVICE, force=True)
    account.ecs.delete_cluster(cluster="one")


def test_capacity_provider_in_use(ready: Account) -> None:
    def provide(*providers: str) -> None:
        ready.ecs.put_cluster_capacity_providers(
            cluster="one", capacityProviders=list(providers), defaultCapacityProviderStrategy=[]
        )

    create(ready, launchType=None, capacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1}])
    with ready.refuses(ecs.capacity_provider_in_use):
        provide("FARGATE_SPOT")
    provide("FARGATE", "FARGATE_SPOT")
