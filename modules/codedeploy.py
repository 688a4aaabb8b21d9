"""codedeploy: CodeDeploy's application and deployment group, which move the service's traffic from blue to green."""

from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar, Final, Literal

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.codedeploy_app import CodedeployApp
from cdktf_cdktf_provider_aws.codedeploy_deployment_group import (
    CodedeployDeploymentGroup,
    CodedeployDeploymentGroupAlarmConfiguration,
    CodedeployDeploymentGroupAutoRollbackConfiguration,
    CodedeployDeploymentGroupBlueGreenDeploymentConfig,
    CodedeployDeploymentGroupDeploymentStyle,
    CodedeployDeploymentGroupEcsService,
    CodedeployDeploymentGroupLoadBalancerInfo,
)
from cdktf_cdktf_provider_aws.codedeploy_deployment_group import (
    CodedeployDeploymentGroupBlueGreenDeploymentConfigDeploymentReadyOption as DeploymentReadyOption,
)
from cdktf_cdktf_provider_aws.codedeploy_deployment_group import (
    CodedeployDeploymentGroupBlueGreenDeploymentConfigTerminateBlueInstancesOnDeploymentSuccess as TerminateBlue,
)
from cdktf_cdktf_provider_aws.codedeploy_deployment_group import (
    CodedeployDeploymentGroupLoadBalancerInfoTargetGroupPairInfo as TargetGroupPairInfo,
)
from cdktf_cdktf_provider_aws.codedeploy_deployment_group import (
    CodedeployDeploymentGroupLoadBalancerInfoTargetGroupPairInfoProdTrafficRoute as ProdTrafficRoute,
)
from cdktf_cdktf_provider_aws.codedeploy_deployment_group import (
    CodedeployDeploymentGroupLoadBalancerInfoTargetGroupPairInfoTargetGroup as TargetGroupOfPair,
)
from cdktf_cdktf_provider_aws.codedeploy_deployment_group import (
    CodedeployDeploymentGroupLoadBalancerInfoTargetGroupPairInfoTestTrafficRoute as TestTrafficRoute,
)
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment
from pydantic import Field

from modules.base import Module
from modules.iam import trust
from modules.platform import Platform
from modules.settings import Cidr, Port, Settings, Violation, matching, only_ipv4, rule, twice

GREEN: Final = "tg-green"
"""What the second target group is called: `{project}-tg-green-{environment}`."""

_Source = Annotated[Cidr, only_ipv4("test traffic comes over IPv4")]
Minutes = Annotated[int, Field(ge=0, le=2880)]
"""A wait of CodeDeploy in minutes; at most two days (CodeDeploy API, `BlueInstanceTerminationOption`)."""

Hook = Literal["BeforeInstall", "AfterInstall", "AfterAllowTestTraffic", "BeforeAllowTraffic", "AfterAllowTraffic"]
"""When a hook of a deployment on ECS runs (CodeDeploy user guide, "AppSpec 'hooks' section for an Amazon ECS
deployment")."""

HookFunction = Annotated[
    str,
    matching(
        r"CodeDeployHook_[A-Za-z0-9_-]{1,49}",
        "is not the name of a Lambda function that the role of CodeDeploy may call",
        "a name that begins with CodeDeployHook_, at most 64 letters, digits, - and _",
    ),
]
"""The managed policy AWSCodeDeployRoleForECS allows functions with names of this form only."""

_USUAL_PORTS: Final = (80, 443)


class CodedeploySettings(Settings):
    """How CodeDeploy deploys, where `ecs_service.deployment` says that it does."""

    traffic: Literal[
        "ECSAllAtOnce",
        "ECSLinear10PercentEvery1Minutes",
        "ECSLinear10PercentEvery3Minutes",
        "ECSCanary10Percent5Minutes",
        "ECSCanary10Percent15Minutes",
    ] = "ECSAllAtOnce"
    """How the traffic goes to the new tasks: at once, 10 % more each time, or 10 % first and the rest later. AWS's
    `CodeDeployDefault.…` of the name (CodeDeploy user guide, "Deployment configurations on an Amazon ECS compute
    platform")."""

    approval_minutes: Minutes = 0
    """Minutes that a deployment waits for somebody who lets it go on before it moves the traffic; without an answer it
    stops. 0: it does not wait."""

    termination_wait_minutes: Minutes = 5
    """Minutes that the old tasks go on to run after all traffic has moved. So long a rollback takes seconds, and the
    alarms of `ecs_service.deployment_alarms` still cause one (CodeDeploy API, `BlueInstanceTerminationOption`)."""

    hooks: dict[Hook, HookFunction] = Field(default={})
    """Lambda functions that a deployment calls, by event. It fails when a function says so, or nothing for an hour.
    `AfterAllowTestTraffic` is when the new tasks answer at `test_port` only (CodeDeploy user guide, "AppSpec 'hooks'
    section for an Amazon ECS deployment"; Lambda API, `GetFunctionConfiguration`)."""

    test_port: Port | None = None
    """Port of a second listener, at which the new tasks answer before they get the traffic. Default: no such listener
    (ELB API, `CreateListener`)."""

    test_cidr_blocks: Annotated[tuple[_Source, ...], Field(strict=False, max_length=4)] = ()
    """IPv4 CIDR blocks that can reach `test_port`. A Lambda function in the VPC comes from a NAT gateway's address (VPC
    user guide, "Security group rules")."""

    @rule("test_port")
    def port_of_tests_is_not_of_production(self, _platform: Platform) -> Iterator[Violation]:
        """A load balancer has one listener on a port."""
        if self.test_port in _USUAL_PORTS:
            yield Violation("test_port", self.test_port, "is a port of production traffic", "a port of its own")

    @rule("test_port", "test_cidr_blocks")
    def port_of_tests_can_be_reached(self, _platform: Platform) -> Iterator[Violation]:
        """A listener that nobody reaches tests nothing; blocks without one open nothing."""
        if self.test_port and not self.test_cidr_blocks:
            yield Violation("test_cidr_blocks", [], "leave test_port to nobody", "the blocks that test")
        if self.test_cidr_blocks and not self.test_port:
            blocks = list(self.test_cidr_blocks)
            yield Violation("test_cidr_blocks", blocks, "have no effect without test_port", "no such key")

    @rule("test_cidr_blocks", compares=True)
    def blocks_of_tests_differ(self, _platform: Platform) -> Iterator[Violation]:
        """EC2 refuses a rule that contains a block twice."""
        yield from twice("test_cidr_blocks", self.test_cidr_blocks, "each block once")

    @rule("hooks", "test_port")
    def tests_have_a_listener(self, _platform: Platform) -> Iterator[Violation]:
        """Without a test listener, CodeDeploy leaves the event out, and what should have been tested is not."""
        event = "AfterAllowTestTraffic"
        if event in self.hooks and not self.test_port:
            yield Violation(("hooks", event), self.hooks[event], "never runs without test_port", "a test_port")


class CodedeployModule(Module):
    """CodeDeploy's application, its deployment group for the service, and the role with which it acts."""

    folder: ClassVar[str] = "codedeploy"

    def __init__(
        self,
        scope: TerraformStack,
        *,
        platform: Platform,
        settings: CodedeploySettings,
        alarms: Sequence[str],
        ecs_cluster_name: str,
        ecs_service_name: str,
        target_group_name: str,
        green_target_group_name: str,
        production_listener_arn: str,
        test_listener_arn: str | None,
    ) -> None:
        """`alarms`: names of the alarms that stop a deployment and roll it back."""
        super().__init__(scope)
        body, name = self.body, platform.name
        cluster = self.wire("ecs_cluster_name", ecs_cluster_name, "Name of the cluster")
        service = self.wire("ecs_service_name", ecs_service_name, "Name of the service")
        first = self.wire("target_group_name", target_group_name, "Name of the first target group")
        second = self.wire("green_target_group_name", green_target_group_name, "Name of the second target group")
        production = self.wire(
            "production_listener_arn", production_listener_arn, "ARN of the listener of production traffic"
        )
        test = (
            self.wire("test_listener_arn", test_listener_arn, "ARN of the listener of test traffic")
            if test_listener_arn
            else None
        )

        assume_role_policy = self.local(
            "assume_role_policy",
            trust("codedeploy.amazonaws.com"),
        )
        role = IamRole(
            body,
            "aws_iam_role.codedeploy",
            name=name("codedeploy"),
            assume_role_policy=f"${{jsonencode({assume_role_policy})}}",
            permissions_boundary=platform.role_boundary_arn,
            tags={"Name": name("codedeploy")},
        )
        permissions = IamRolePolicyAttachment(
            body,
            "aws_iam_role_policy_attachment.codedeploy",
            role=role.name,
            policy_arn="arn:aws:iam::aws:policy/AWSCodeDeployRoleForECS",
        )

        application = CodedeployApp(
            body,
            "aws_codedeploy_app.app",
            name=name("app"),
            compute_platform="ECS",
            tags={"Name": name("app")},
        )
        group = CodedeployDeploymentGroup(
            body,
            "aws_codedeploy_deployment_group.app",
            app_name=application.name,
            deployment_group_name=name("service"),
            deployment_config_name=f"CodeDeployDefault.{settings.traffic}",
            service_role_arn=role.arn,
            deployment_style=CodedeployDeploymentGroupDeploymentStyle(
                deployment_option="WITH_TRAFFIC_CONTROL", deployment_type="BLUE_GREEN"
            ),
            blue_green_deployment_config=CodedeployDeploymentGroupBlueGreenDeploymentConfig(
                deployment_ready_option=DeploymentReadyOption(
                    action_on_timeout="STOP_DEPLOYMENT" if settings.approval_minutes else "CONTINUE_DEPLOYMENT",
                    wait_time_in_minutes=settings.approval_minutes or None,
                ),
                terminate_blue_instances_on_deployment_success=TerminateBlue(
                    action="TERMINATE", termination_wait_time_in_minutes=settings.termination_wait_minutes
                ),
            ),
            auto_rollback_configuration=CodedeployDeploymentGroupAutoRollbackConfiguration(
                enabled=True,
                events=[
                    "DEPLOYMENT_FAILURE",
                    *(["DEPLOYMENT_STOP_ON_ALARM"] if alarms else []),
                    "DEPLOYMENT_STOP_ON_REQUEST",
                ],
            ),
            alarm_configuration=(
                CodedeployDeploymentGroupAlarmConfiguration(alarms=list(alarms), enabled=True) if alarms else None
            ),
            ecs_service=CodedeployDeploymentGroupEcsService(cluster_name=cluster, service_name=service),
            load_balancer_info=CodedeployDeploymentGroupLoadBalancerInfo(
                target_group_pair_info=TargetGroupPairInfo(
                    prod_traffic_route=ProdTrafficRoute(listener_arns=[production]),
                    test_traffic_route=TestTrafficRoute(listener_arns=[test]) if test else None,
                    target_group=[TargetGroupOfPair(name=first), TargetGroupOfPair(name=second)],
                )
            ),
            # CodeDeploy tries what the role may do when the group is made.
            depends_on=[permissions],
            tags={"Name": name("service")},
        )

        self.application_name = self.output("application_name", application.name, "Name of the application")
        self.deployment_group_name = self.output(
            "deployment_group_name", group.deployment_group_name, "Name of the deployment group"
        )
        self.hooks = self.output("hooks", dict(settings.hooks), "Lambda functions of a deployment, by event")
