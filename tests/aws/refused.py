"""A stage for the catalogue of refusals: an account with a little of everything, and a way to expect a refusal."""

from collections.abc import Generator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Final, cast

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.aws.emulator import REGION, Emulator
from tests.aws.refusals import Refusal
from tests.aws.strict import REFUSED_BY

TRUST: Final = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", '
    '"Principal": {"Service": "ecs-tasks.amazonaws.com"}}]}'
)
ALLOWED: Final = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}'


class Account:
    """An emulated account, with what requests need to name."""

    def __init__(self, aws: Emulator) -> None:
        self.aws = aws
        self._clients: dict[str, Any] = {}

    def __getattr__(self, service: str) -> Any:  # noqa: ANN401  # made at run time
        """A client by the service's name: `account.elbv2`. It sends anything: botocore would check a part itself."""
        if service not in self._clients:
            config = Config(parameter_validation=False)
            self._clients[service] = self.aws.client(service.replace("_", "-"), config)
        return self._clients[service]

    @contextmanager
    def refuses(self, entry: Refusal) -> Generator[None]:
        """Expect a refusal: by this entry of the catalogue, with its code."""
        with pytest.raises(ClientError) as caught:
            yield
        answer: dict[str, Any] = cast("Any", caught.value).response
        refused_by = answer["ResponseMetadata"]["HTTPHeaders"].get(REFUSED_BY)
        assert (refused_by, answer["Error"]["Code"]) == (entry.id, entry.code)

    # ---- what there is, made when it is first named --------------------------------------------------------------

    @cached_property
    def vpc(self) -> str:
        """A VPC with an internet gateway."""
        vpc = self.bare_vpc("10.9.0.0/16")
        self.ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=vpc)
        return vpc

    def bare_vpc(self, block: str) -> str:
        return self.ec2.create_vpc(CidrBlock=block)["Vpc"]["VpcId"]

    @cached_property
    def gateway(self) -> str:
        return self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]

    def subnet(self, block: str, zone: str = "a", vpc: str | None = None) -> str:
        made = self.ec2.create_subnet(VpcId=vpc or self.vpc, CidrBlock=block, AvailabilityZone=f"{REGION}{zone}")
        return made["Subnet"]["SubnetId"]

    @cached_property
    def subnets(self) -> list[str]:
        """Two subnets in two zones."""
        return [self.subnet("10.9.1.0/24", "a"), self.subnet("10.9.2.0/24", "b")]

    @cached_property
    def elsewhere(self) -> list[str]:
        """Two subnets of another VPC, which has no internet gateway."""
        vpc = self.bare_vpc("10.10.0.0/16")
        return [self.subnet("10.10.1.0/24", "a", vpc), self.subnet("10.10.2.0/24", "b", vpc)]

    def group(self, name: str, vpc: str | None = None) -> str:
        made = self.ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc or self.vpc)
        return made["GroupId"]

    @cached_property
    def security_group(self) -> str:
        return self.group("one")

    @cached_property
    def foreign_group(self) -> str:
        """A security group of the other VPC."""
        return self.group("other", self.vpc_of(self.elsewhere[0]))

    def vpc_of(self, subnet: str) -> str:
        return self.ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["VpcId"]

    def address(self) -> str:
        return self.ec2.allocate_address(Domain="vpc")["AllocationId"]

    @cached_property
    def nat(self) -> str:
        made = self.ec2.create_nat_gateway(SubnetId=self.subnets[0], AllocationId=self.nat_address)
        return made["NatGateway"]["NatGatewayId"]

    @cached_property
    def nat_address(self) -> str:
        return self.address()

    def table(self) -> str:
        return self.ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]

    def balancer(self, name: str = "one") -> str:
        made = self.elbv2.create_load_balancer(Name=name, Subnets=self.subnets, SecurityGroups=[self.security_group])
        return made["LoadBalancers"][0]["LoadBalancerArn"]

    @cached_property
    def load_balancer(self) -> str:
        return self.balancer()

    def targets(self, name: str, **others: Any) -> str:  # noqa: ANN401  # arguments of CreateTargetGroup
        asked = {"Protocol": "HTTP", "Port": 8080, "VpcId": self.vpc, "TargetType": "ip", **others}
        return self.elbv2.create_target_group(Name=name, **asked)["TargetGroups"][0]["TargetGroupArn"]

    @cached_property
    def target_group(self) -> str:
        return self.targets("one")

    def listen(self, port: int = 80, **others: Any) -> str:  # noqa: ANN401  # arguments of CreateListener
        asked: dict[str, Any] = {
            "LoadBalancerArn": self.load_balancer,
            "Protocol": "HTTP",
            "DefaultActions": [{"Type": "forward", "TargetGroupArn": self.target_group}],
            **others,
        }
        return self.elbv2.create_listener(Port=port, **asked)["Listeners"][0]["ListenerArn"]

    @cached_property
    def listener(self) -> str:
        return self.listen()

    @cached_property
    def role(self) -> str:
        return self.iam.create_role(RoleName="tasks", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]

    def cluster(self) -> str:
        self.ecs.create_cluster(clusterName="one", capacityProviders=["FARGATE"])
        return "one"

    def define(self, **others: Any) -> str:  # noqa: ANN401  # arguments of RegisterTaskDefinition
        made = self.ecs.register_task_definition(**{**self.definition, **others})
        return made["taskDefinition"]["taskDefinitionArn"]

    @property
    def definition(self) -> dict[str, Any]:
        """Arguments of RegisterTaskDefinition that AWS takes."""
        return {
            "family": "app",
            "requiresCompatibilities": ["FARGATE"],
            "networkMode": "awsvpc",
            "cpu": "512",
            "memory": "1024",
            "executionRoleArn": self.role,
            "containerDefinitions": [self.container],
        }

    @property
    def container(self) -> dict[str, Any]:
        return {
            "name": "app",
            "image": "nginx",
            "essential": True,
            "portMappings": [{"containerPort": 8080}],
            "logConfiguration": {"logDriver": "awslogs", "options": {}},
        }

    @property
    def service(self) -> dict[str, Any]:
        """Arguments of CreateService that AWS takes."""
        return {
            "serviceName": "one",
            "cluster": "one",
            "taskDefinition": "app:1",
            "desiredCount": 1,
            "launchType": "FARGATE",
            "networkConfiguration": self.network,
            "loadBalancers": [{"targetGroupArn": self.target_group, "containerName": "app", "containerPort": 8080}],
        }

    @property
    def network(self) -> dict[str, Any]:
        return {"awsvpcConfiguration": {"subnets": self.subnets, "securityGroups": [self.security_group]}}

    def serve(self, **others: Any) -> str:  # noqa: ANN401  # arguments of CreateService
        """Create the service, and all that it needs."""
        self.cluster()
        self.define()
        assert self.listener
        return self.ecs.create_service(**{**self.service, **others})["service"]["serviceArn"]

    def parameters(self, name: str = "params", family: str = "redis7") -> str:
        self.elasticache.create_cache_parameter_group(
            CacheParameterGroupName=name, CacheParameterGroupFamily=family, Description="x"
        )
        return name

    @cached_property
    def cache_subnets(self) -> str:
        self.elasticache.create_cache_subnet_group(
            CacheSubnetGroupName="one", CacheSubnetGroupDescription="x", SubnetIds=self.subnets
        )
        return "one"

    @property
    def node(self) -> dict[str, Any]:
        """Arguments of CreateCacheCluster that AWS takes."""
        return {
            "CacheClusterId": "one",
            "Engine": "redis",
            "EngineVersion": "7.0",
            "CacheNodeType": "cache.t3.micro",
            "NumCacheNodes": 1,
            "CacheSubnetGroupName": self.cache_subnets,
            "SecurityGroupIds": [self.security_group],
        }

    @property
    def replicated(self) -> dict[str, Any]:
        """Arguments of CreateReplicationGroup that AWS takes."""
        return {
            "ReplicationGroupId": "two",
            "ReplicationGroupDescription": "x",
            "Engine": "redis",
            "EngineVersion": "7.1",
            "CacheNodeType": "cache.t3.micro",
            "NumCacheClusters": 2,
            "AutomaticFailoverEnabled": True,
            "MultiAZEnabled": True,
            "TransitEncryptionEnabled": True,
            "CacheSubnetGroupName": self.cache_subnets,
            "SecurityGroupIds": [self.security_group],
        }

    @cached_property
    def database_subnets(self) -> str:
        self.rds.create_db_subnet_group(DBSubnetGroupName="one", DBSubnetGroupDescription="x", SubnetIds=self.subnets)
        return "one"

    @property
    def database(self) -> dict[str, Any]:
        """Arguments of CreateDBInstance that AWS takes."""
        return {
            "DBInstanceIdentifier": "one",
            "Engine": "postgres",
            "EngineVersion": "16",
            "DBInstanceClass": "db.t4g.micro",
            "AllocatedStorage": 20,
            "StorageType": "gp3",
            "MasterUsername": "miyabi_admin",
            "ManageMasterUserPassword": True,
            "DBSubnetGroupName": self.database_subnets,
            "VpcSecurityGroupIds": [self.security_group],
        }

    @cached_property
    def topic(self) -> str:
        return self.sns.create_topic(Name="alarms", Attributes={"DisplayName": "alarms"})["TopicArn"]
