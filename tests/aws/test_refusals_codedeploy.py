"""Each refusal of CodeDeploy: a request that it refuses, and one that it lets pass."""

import hashlib
import json
from typing import Any

import pytest

from tests.aws.refusals import codedeploy
from tests.aws.refused import TRUST, Account

pytestmark = pytest.mark.aws


def pair(account: Account, **others: Any) -> dict[str, Any]:  # noqa: ANN401  # of a pair
    held = {
        "targetGroups": [{"name": "one"}, {"name": "two"}],
        "prodTrafficRoute": {"listenerArns": [account.listener]},
        **others,
    }
    return {"targetGroupPairInfoList": [held]}


@pytest.fixture
def group(account: Account) -> dict[str, Any]:
    """Arguments of CreateDeploymentGroup that AWS takes, in an account that has what they name."""
    account.serve(deploymentController={"type": "CODE_DEPLOY"})
    account.targets("two")
    trust = TRUST.replace("ecs-tasks", "codedeploy")
    role = account.iam.create_role(RoleName="codedeploy", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    account.codedeploy.create_application(applicationName="app", computePlatform="ECS")
    return {
        "applicationName": "app",
        "deploymentGroupName": "service",
        "serviceRoleArn": role,
        "deploymentConfigName": "CodeDeployDefault.ECSAllAtOnce",
        "deploymentStyle": {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
        "blueGreenDeploymentConfiguration": ready("CONTINUE_DEPLOYMENT", 0),
        "ecsServices": [{"clusterName": "one", "serviceName": "one"}],
        "loadBalancerInfo": pair(account),
    }


def ready(action: str, minutes: int, old: int = 5) -> dict[str, Any]:
    return {
        "deploymentReadyOption": {"actionOnTimeout": action, "waitTimeInMinutes": minutes},
        "terminateBlueInstancesOnDeploymentSuccess": {"action": "TERMINATE", "terminationWaitTimeInMinutes": old},
    }


def revision(account: Account, **others: Any) -> dict[str, Any]:  # noqa: ANN401  # of an AppSpec
    account.define()
    properties = {
        "TaskDefinition": "arn:aws:ecs:us-west-2:123456789012:task-definition/app:1",
        "LoadBalancerInfo": {"ContainerName": "app", "ContainerPort": 8080},
        **others,
    }
    target = {"TargetService": {"Type": "AWS::ECS::Service", "Properties": properties}}
    content = json.dumps({"version": 0.0, "Resources": [target]})
    spec = {"content": content, "sha256": hashlib.sha256(content.encode()).hexdigest()}
    return {"revisionType": "AppSpecContent", "appSpecContent": spec}


def create(account: Account, asked: dict[str, Any], **others: Any) -> None:  # noqa: ANN401  # arguments
    account.codedeploy.create_deployment_group(**{**asked, **others})


def deploy(account: Account, group: dict[str, Any], **others: Any) -> str:  # noqa: ANN401  # of an AppSpec
    named = {name: group[name] for name in ("applicationName", "deploymentGroupName")}
    return account.codedeploy.create_deployment(**named, revision=revision(account, **others))["deploymentId"]


def test_style_that_is_not_of_ecs(account: Account, group: dict[str, Any]) -> None:
    style = {"deploymentType": "IN_PLACE", "deploymentOption": "WITH_TRAFFIC_CONTROL"}
    with account.refuses(codedeploy.style_that_is_not_of_ecs):
        create(account, group, deploymentStyle=style)
    create(account, group)


def test_blue_green_configuration_is_missing(account: Account, group: dict[str, Any]) -> None:
    with account.refuses(codedeploy.blue_green_configuration_is_missing):
        create(account, group, blueGreenDeploymentConfiguration={})
    create(account, group)


def test_wait_without_an_end(account: Account, group: dict[str, Any]) -> None:
    for action, minutes, old in (
        ("STOP_DEPLOYMENT", 0, 5),
        ("CONTINUE_DEPLOYMENT", 9, 5),
        ("STOP_DEPLOYMENT", 9, 2881),
    ):
        with account.refuses(codedeploy.wait_without_an_end):
            create(account, group, blueGreenDeploymentConfiguration=ready(action, minutes, old))
    create(account, group, blueGreenDeploymentConfiguration=ready("STOP_DEPLOYMENT", 9, 2880))


def test_service_that_codedeploy_does_not_deploy(account: Account, group: dict[str, Any]) -> None:
    account.ecs.create_service(**{**account.service, "serviceName": "rolling"})
    for services in (
        [],
        [{"clusterName": "one", "serviceName": "no"}],
        [{"clusterName": "one", "serviceName": "rolling"}],
    ):
        with account.refuses(codedeploy.service_that_codedeploy_does_not_deploy):
            create(account, group, ecsServices=services)
    create(account, group)


def test_service_of_another_group(account: Account, group: dict[str, Any]) -> None:
    create(account, group)
    with account.refuses(codedeploy.service_of_another_group):
        create(account, group, deploymentGroupName="other")
    account.codedeploy.update_deployment_group(
        applicationName="app", currentDeploymentGroupName="service", ecsServices=group["ecsServices"]
    )


def test_pair_that_is_none(account: Account, group: dict[str, Any]) -> None:
    listener = {"listenerArns": [account.listener]}
    wrong: tuple[dict[str, Any], ...] = (
        {"targetGroups": [{"name": "one"}]},
        {"targetGroups": [{"name": "one"}, {"name": "no"}]},
        {"prodTrafficRoute": {"listenerArns": []}},
        {"testTrafficRoute": listener},
    )
    for others in wrong:
        with account.refuses(codedeploy.pair_that_is_none):
            create(account, group, loadBalancerInfo=pair(account, **others))
    create(account, group, loadBalancerInfo=pair(account, testTrafficRoute={"listenerArns": [account.listen(8443)]}))


def test_role_that_codedeploy_cannot_assume(account: Account, group: dict[str, Any]) -> None:
    for role in (account.role, "arn:aws:iam::123456789012:role/no"):
        with account.refuses(codedeploy.role_that_codedeploy_cannot_assume):
            create(account, group, serviceRoleArn=role)
    create(account, group)


def test_configuration_that_is_not_of_ecs(account: Account, group: dict[str, Any]) -> None:
    with account.refuses(codedeploy.configuration_that_is_not_of_ecs):
        create(account, group, deploymentConfigName="CodeDeployDefault.AllAtOnce")
    create(account, group, deploymentConfigName="CodeDeployDefault.ECSCanary10Percent5Minutes")


def test_more_than_ten_alarms(account: Account, group: dict[str, Any]) -> None:
    alarms = [{"name": f"alarm-{number}"} for number in range(11)]
    with account.refuses(codedeploy.more_than_ten_alarms):
        create(account, group, alarmConfiguration={"enabled": True, "alarms": alarms})
    create(account, group, alarmConfiguration={"enabled": True, "alarms": alarms[:10]})


def test_deployment_under_way(account: Account, group: dict[str, Any]) -> None:
    create(account, group)
    deploy(account, group)
    with account.refuses(codedeploy.deployment_under_way):
        deploy(account, group)


def test_revision_that_is_no_appspec(account: Account, group: dict[str, Any]) -> None:
    create(account, group)
    wrong: tuple[dict[str, Any], ...] = (
        {"TaskDefinition": "app:9"},
        {"LoadBalancerInfo": None},
        {"LoadBalancerInfo": {"ContainerName": "app", "ContainerPort": 80}},
    )
    for others in wrong:
        with account.refuses(codedeploy.revision_that_is_no_appspec):
            deploy(account, group, **others)
    deploy(account, group)


def test_deployment_that_has_ended(account: Account, group: dict[str, Any]) -> None:
    create(account, group)
    begun = deploy(account, group)
    account.codedeploy.stop_deployment(deploymentId=begun)
    with account.refuses(codedeploy.deployment_that_has_ended):
        account.codedeploy.stop_deployment(deploymentId=begun)
