"""Each refusal of EC2: a request that it refuses, and one that it lets pass."""

from ipaddress import IPv6Network

import pytest

from modules.cloudfront_facts import ORIGIN_FACING
from tests.aws.refusals import ec2
from tests.aws.refused import Account

pytestmark = pytest.mark.aws


def open_to(account: Account, **rule: object) -> None:
    permission = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, **rule}
    account.ec2.authorize_security_group_ingress(GroupId=account.security_group, IpPermissions=[permission])


def test_more_vpcs_than_the_quota(account: Account) -> None:
    for number in range(1, ec2.VPCS):  # the default VPC is the first
        account.bare_vpc(f"10.{number}.0.0/16")
    with account.refuses(ec2.more_vpcs_than_the_quota):
        account.bare_vpc("10.99.0.0/16")


def test_vpc_block_of_a_wrong_size(account: Account) -> None:
    for block in ("10.0.0.0/15", "10.0.0.0/29"):
        with account.refuses(ec2.vpc_block_of_a_wrong_size):
            account.bare_vpc(block)
    account.bare_vpc("10.0.0.0/28")


def test_vpc_in_use(account: Account) -> None:
    with account.refuses(ec2.vpc_in_use):
        assert account.security_group
        account.ec2.delete_vpc(VpcId=account.vpc)
    account.ec2.delete_security_group(GroupId=account.security_group)
    with account.refuses(ec2.vpc_in_use):
        account.ec2.delete_vpc(VpcId=account.vpc)
    account.ec2.detach_internet_gateway(InternetGatewayId=account.gateway, VpcId=account.vpc)
    account.ec2.delete_vpc(VpcId=account.vpc)


def test_zone_that_does_not_exist(account: Account) -> None:
    with account.refuses(ec2.zone_that_does_not_exist):
        account.subnet("10.9.1.0/24", "e")
    account.subnet("10.9.1.0/24", "d")


def test_subnet_block_of_a_wrong_size(account: Account) -> None:
    with account.refuses(ec2.subnet_block_of_a_wrong_size):
        account.subnet("10.9.1.0/29")
    account.subnet("10.9.1.0/28")


def test_subnet_in_use(account: Account) -> None:
    assert account.nat
    with account.refuses(ec2.subnet_in_use):
        account.ec2.delete_subnet(SubnetId=account.subnets[0])
    account.ec2.delete_subnet(SubnetId=account.subnets[1])


def test_a_subnet_is_in_use_by_load_balancers_nodes_and_tasks(account: Account) -> None:
    account.elasticache.create_cache_cluster(**account.node)
    with account.refuses(ec2.subnet_in_use):  # the node is in zone a
        account.ec2.delete_subnet(SubnetId=account.subnets[0])
    account.elasticache.delete_cache_cluster(CacheClusterId="one")
    account.serve()
    for subnet in account.subnets:
        with account.refuses(ec2.subnet_in_use):
            account.ec2.delete_subnet(SubnetId=subnet)
    account.ecs.delete_service(cluster="one", service="one", force=True)
    with account.refuses(ec2.subnet_in_use):
        account.ec2.delete_subnet(SubnetId=account.subnets[1])
    account.elbv2.delete_load_balancer(LoadBalancerArn=account.load_balancer)
    account.ec2.delete_subnet(SubnetId=account.subnets[1])


def dual_stack(account: Account) -> tuple[str, str, list[str]]:
    """The VPC's IPv6 block with the ID of its association, and those of the blocks of two subnets."""
    made = account.ec2.associate_vpc_cidr_block(VpcId=account.vpc, AmazonProvidedIpv6CidrBlock=True)
    held = made["Ipv6CidrBlockAssociation"]
    parts = list(IPv6Network(held["Ipv6CidrBlock"]).subnets(8))
    found = [
        account.ec2.associate_subnet_cidr_block(SubnetId=each, Ipv6CidrBlock=str(part))["Ipv6CidrBlockAssociation"]
        for each, part in zip(account.subnets, parts, strict=False)
    ]
    return held["Ipv6CidrBlock"], held["AssociationId"], [each["AssociationId"] for each in found]


def test_ipv6_block_outside_the_vpc(account: Account) -> None:
    block, _, (first, _) = dual_stack(account)
    wrong = ["2001:db8::/64", str(next(IPv6Network(block).subnets(9)))]
    for each in wrong:
        with account.refuses(ec2.ipv6_block_outside_the_vpc):
            account.ec2.create_subnet(VpcId=account.vpc, CidrBlock="10.9.3.0/24", Ipv6CidrBlock=each)
    account.ec2.disassociate_subnet_cidr_block(AssociationId=first)
    with account.refuses(ec2.ipv6_block_outside_the_vpc):
        account.ec2.associate_subnet_cidr_block(SubnetId=account.subnets[0], Ipv6CidrBlock=wrong[0])


def test_ipv6_block_of_another_subnet(account: Account) -> None:
    block, _, (first, second) = dual_stack(account)
    zero, one, two = list(IPv6Network(block).subnets(8))[:3]
    account.ec2.disassociate_subnet_cidr_block(AssociationId=first)
    with account.refuses(ec2.ipv6_block_of_another_subnet):
        account.ec2.associate_subnet_cidr_block(SubnetId=account.subnets[0], Ipv6CidrBlock=str(one))
    account.ec2.disassociate_subnet_cidr_block(AssociationId=second)
    account.ec2.associate_subnet_cidr_block(SubnetId=account.subnets[0], Ipv6CidrBlock=str(one))
    with account.refuses(ec2.ipv6_block_of_another_subnet):
        account.ec2.create_subnet(VpcId=account.vpc, CidrBlock="10.9.3.0/24", Ipv6CidrBlock=str(one))
    for number, each in enumerate((zero, two), start=3):
        account.ec2.create_subnet(VpcId=account.vpc, CidrBlock=f"10.9.{number}.0/24", Ipv6CidrBlock=str(each))


def test_ipv6_block_with_subnets(account: Account) -> None:
    _, association, subnets = dual_stack(account)
    for each in subnets:
        with account.refuses(ec2.ipv6_block_with_subnets):
            account.ec2.disassociate_vpc_cidr_block(AssociationId=association)
        account.ec2.disassociate_subnet_cidr_block(AssociationId=each)
    account.ec2.disassociate_vpc_cidr_block(AssociationId=association)


def test_ipv6_block_with_addresses(account: Account) -> None:
    _, _, (first, second) = dual_stack(account)
    kept = {"SubnetId": account.subnets[1], "AssignIpv6AddressOnCreation": {"Value": True}}
    account.ec2.modify_subnet_attribute(**kept)
    with account.refuses(ec2.ipv6_block_with_addresses):
        account.ec2.disassociate_subnet_cidr_block(AssociationId=second)
    account.ec2.modify_subnet_attribute(**{**kept, "AssignIpv6AddressOnCreation": {"Value": False}})
    account.elbv2.set_ip_address_type(LoadBalancerArn=account.load_balancer, IpAddressType="dualstack")
    with account.refuses(ec2.ipv6_block_with_addresses):
        account.ec2.disassociate_subnet_cidr_block(AssociationId=first)
    account.elbv2.set_ip_address_type(LoadBalancerArn=account.load_balancer, IpAddressType="ipv4")
    account.ec2.disassociate_subnet_cidr_block(AssociationId=first)
    account.serve()
    account.ecs.put_account_setting(name="dualStackIPv6", value="enabled")
    with account.refuses(ec2.ipv6_block_with_addresses):  # its tasks have addresses
        account.ec2.disassociate_subnet_cidr_block(AssociationId=second)
    account.ecs.put_account_setting(name="dualStackIPv6", value="disabled")
    account.ec2.disassociate_subnet_cidr_block(AssociationId=second)


def test_second_egress_only_gateway(account: Account) -> None:
    made = account.ec2.create_egress_only_internet_gateway(VpcId=account.vpc)["EgressOnlyInternetGateway"]
    with account.refuses(ec2.second_egress_only_gateway):
        account.ec2.create_egress_only_internet_gateway(VpcId=account.vpc)
    account.ec2.detach_internet_gateway(InternetGatewayId=account.gateway, VpcId=account.vpc)
    with account.refuses(ec2.vpc_in_use):
        account.ec2.delete_vpc(VpcId=account.vpc)
    account.ec2.delete_egress_only_internet_gateway(EgressOnlyInternetGatewayId=made["EgressOnlyInternetGatewayId"])
    account.ec2.create_egress_only_internet_gateway(VpcId=account.vpc)


def test_second_internet_gateway(account: Account) -> None:
    second = account.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    with account.refuses(ec2.second_internet_gateway):
        account.ec2.attach_internet_gateway(InternetGatewayId=second, VpcId=account.vpc)
    account.ec2.attach_internet_gateway(InternetGatewayId=second, VpcId=account.bare_vpc("10.10.0.0/16"))


def test_public_addresses_behind_the_gateway(account: Account) -> None:
    detached = {"InternetGatewayId": account.gateway, "VpcId": account.vpc}
    assert account.load_balancer
    with account.refuses(ec2.public_addresses_behind_the_gateway):
        account.ec2.detach_internet_gateway(**detached)
    account.elbv2.delete_load_balancer(LoadBalancerArn=account.load_balancer)
    assert account.nat
    with account.refuses(ec2.public_addresses_behind_the_gateway):
        account.ec2.detach_internet_gateway(**detached)
    account.ec2.delete_nat_gateway(NatGatewayId=account.nat)
    account.ec2.detach_internet_gateway(**detached)


def test_more_addresses_than_the_quota(account: Account) -> None:
    for _ in range(ec2.ADDRESSES):
        account.address()
    with account.refuses(ec2.more_addresses_than_the_quota):
        account.address()


def test_address_in_use(account: Account) -> None:
    assert account.nat
    with account.refuses(ec2.address_in_use):
        account.ec2.release_address(AllocationId=account.nat_address)
    account.ec2.delete_nat_gateway(NatGatewayId=account.nat)
    account.ec2.release_address(AllocationId=account.nat_address)


def test_address_of_a_nat_gateway(account: Account) -> None:
    assert account.nat
    held = account.ec2.describe_addresses(AllocationIds=[account.nat_address])["Addresses"][0]
    with account.refuses(ec2.address_of_a_nat_gateway):
        account.ec2.disassociate_address(AssociationId=held["AssociationId"])
    account.ec2.delete_nat_gateway(NatGatewayId=account.nat)
    account.ec2.disassociate_address(AssociationId=held["AssociationId"])


def test_nat_gateway_without_internet_gateway(account: Account) -> None:
    allocation = account.address()
    with account.refuses(ec2.nat_gateway_without_internet_gateway):
        account.ec2.create_nat_gateway(SubnetId=account.elsewhere[0], AllocationId=allocation)
    account.ec2.create_nat_gateway(SubnetId=account.subnets[0], AllocationId=allocation)


def test_address_of_another_nat_gateway(account: Account) -> None:
    assert account.nat
    with account.refuses(ec2.address_of_another_nat_gateway):
        account.ec2.create_nat_gateway(SubnetId=account.subnets[1], AllocationId=account.nat_address)
    account.ec2.create_nat_gateway(SubnetId=account.subnets[1], AllocationId=account.address())


def test_more_nat_gateways_than_the_quota(account: Account) -> None:
    for _ in range(ec2.NATS):
        account.ec2.create_nat_gateway(SubnetId=account.subnets[0], ConnectivityType="private")
    with account.refuses(ec2.more_nat_gateways_than_the_quota):
        account.ec2.create_nat_gateway(SubnetId=account.subnets[0], ConnectivityType="private")
    account.ec2.create_nat_gateway(SubnetId=account.subnets[1], ConnectivityType="private")


def test_gateway_of_another_network(account: Account) -> None:
    other = account.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    route = {"RouteTableId": account.table(), "DestinationCidrBlock": "0.0.0.0/0"}
    with account.refuses(ec2.gateway_of_another_network):
        account.ec2.create_route(**route, GatewayId=other)
    account.ec2.create_route(**route, GatewayId=account.gateway)


def test_route_to_a_deleted_nat_gateway(account: Account) -> None:
    route = {"RouteTableId": account.table(), "DestinationCidrBlock": "0.0.0.0/0"}
    account.ec2.create_route(**route, NatGatewayId=account.nat)
    account.ec2.delete_nat_gateway(NatGatewayId=account.nat)
    with account.refuses(ec2.route_to_a_deleted_nat_gateway):
        account.ec2.create_route(**{**route, "RouteTableId": account.table()}, NatGatewayId=account.nat)


def test_route_that_exists(account: Account) -> None:
    route = {"RouteTableId": account.table(), "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": account.gateway}
    account.ec2.create_route(**route)
    with account.refuses(ec2.route_that_exists):
        account.ec2.create_route(**route)


def test_subnet_with_another_route_table(account: Account) -> None:
    account.ec2.associate_route_table(RouteTableId=account.table(), SubnetId=account.subnets[0])
    with account.refuses(ec2.subnet_with_another_route_table):
        account.ec2.associate_route_table(RouteTableId=account.table(), SubnetId=account.subnets[0])


def test_route_table_in_use(account: Account) -> None:
    used, free = account.table(), account.table()
    account.ec2.associate_route_table(RouteTableId=used, SubnetId=account.subnets[0])
    with account.refuses(ec2.route_table_in_use):
        account.ec2.delete_route_table(RouteTableId=used)
    account.ec2.delete_route_table(RouteTableId=free)


def test_description_of_a_group(account: Account) -> None:
    with account.refuses(ec2.description_of_a_group):
        account.ec2.create_security_group(GroupName="one", Description="für alle", VpcId=account.vpc)
    account.ec2.create_security_group(GroupName="one", Description="for all: 1-2 (#3)", VpcId=account.vpc)


def test_group_name_like_an_id(account: Account) -> None:
    with account.refuses(ec2.group_name_like_an_id):
        account.group("sg-one")
    account.group("one-sg")


def test_description_of_a_rule(account: Account) -> None:
    with account.refuses(ec2.description_of_a_rule):
        open_to(account, IpRanges=[{"CidrIp": "10.0.0.0/8", "Description": "a | b"}])
    open_to(account, IpRanges=[{"CidrIp": "10.0.0.0/8", "Description": "a and b"}])


def test_rule_about_a_group_of_another_network(account: Account) -> None:
    with account.refuses(ec2.rule_about_a_group_of_another_network):
        open_to(account, UserIdGroupPairs=[{"GroupId": account.foreign_group}])
    open_to(account, UserIdGroupPairs=[{"GroupId": account.group("two")}])


def test_block_with_host_bits(account: Account) -> None:
    with account.refuses(ec2.block_with_host_bits):
        open_to(account, IpRanges=[{"CidrIp": "10.0.0.1/8"}])
    open_to(account, IpRanges=[{"CidrIp": "10.0.0.0/8"}])


def test_more_rules_than_the_quota(account: Account) -> None:
    blocks = [{"CidrIp": f"10.0.{number}.0/24"} for number in range(ec2.RULES)]
    open_to(account, IpRanges=blocks)
    with account.refuses(ec2.more_rules_than_the_quota):
        open_to(account, IpRanges=[{"CidrIp": "10.1.0.0/24"}])


def test_cloudfronts_list_leaves_room_for_one_port(account: Account) -> None:
    listed = [{"PrefixListId": ORIGIN_FACING["us-west-2"]}]
    open_to(account, PrefixListIds=listed)
    with account.refuses(ec2.more_rules_than_the_quota):
        open_to(account, FromPort=443, ToPort=443, PrefixListIds=listed)


def test_group_in_use(account: Account) -> None:
    named = account.group("named")
    open_to(account, UserIdGroupPairs=[{"GroupId": named}])
    with account.refuses(ec2.group_in_use):
        account.ec2.delete_security_group(GroupId=named)
    assert account.load_balancer
    with account.refuses(ec2.group_in_use):
        account.ec2.delete_security_group(GroupId=account.security_group)
    account.elbv2.delete_load_balancer(LoadBalancerArn=account.load_balancer)
    account.ec2.delete_security_group(GroupId=account.security_group)
    account.ec2.delete_security_group(GroupId=named)


def test_the_group_of_a_database_is_in_use_and_another_is_not(account: Account) -> None:
    used, unused = account.group("used"), account.group("unused")
    account.rds.create_db_instance(**{**account.database, "VpcSecurityGroupIds": [used]})
    with account.refuses(ec2.group_in_use):
        account.ec2.delete_security_group(GroupId=used)
    account.ec2.delete_security_group(GroupId=unused)


def test_tag_keys_of_aws(account: Account) -> None:
    with account.refuses(ec2.tag_keys_of_aws):
        account.ec2.create_tags(Resources=[account.vpc], Tags=[{"Key": "AWS:owner", "Value": "me"}])
    account.ec2.create_tags(Resources=[account.vpc], Tags=[{"Key": "owner", "Value": "me"}])


def test_more_tags_than_allowed(account: Account) -> None:
    tags = [{"Key": f"k{number}", "Value": "x"} for number in range(ec2.TAGS + 1)]
    with account.refuses(ec2.more_tags_than_allowed):
        account.ec2.create_tags(Resources=[account.vpc], Tags=tags)
    account.ec2.create_tags(Resources=[account.vpc], Tags=tags[1:])


# ---- endpoints -----------------------------------------------------------------------------------------------------


def endpoint(account: Account, service: str = "logs", **others: object) -> str:
    asked: dict[str, object] = {"VpcEndpointType": "Interface", "SubnetIds": account.subnets, **others}
    made = account.ec2.create_vpc_endpoint(VpcId=account.vpc, ServiceName=f"com.amazonaws.us-west-2.{service}", **asked)
    return made["VpcEndpoint"]["VpcEndpointId"]


def names(account: Account, *, on: bool) -> None:
    account.ec2.modify_vpc_attribute(VpcId=account.vpc, EnableDnsHostnames={"Value": on})


def test_endpoint_of_another_region(account: Account) -> None:
    names(account, on=True)
    with account.refuses(ec2.endpoint_of_another_region):
        account.ec2.create_vpc_endpoint(VpcId=account.vpc, ServiceName="com.amazonaws.us-east-1.s3")
    endpoint(account)


def test_second_private_name_of_a_service(account: Account) -> None:
    names(account, on=True)
    endpoint(account, PrivateDnsEnabled=True)
    with account.refuses(ec2.second_private_name_of_a_service):
        endpoint(account, PrivateDnsEnabled=True)
    endpoint(account, PrivateDnsEnabled=False)
    endpoint(account, "ecr.api", PrivateDnsEnabled=True)


def test_private_name_without_dns_of_the_vpc(account: Account) -> None:
    names(account, on=False)
    with account.refuses(ec2.private_name_without_dns_of_the_vpc):
        endpoint(account, PrivateDnsEnabled=True)
    endpoint(account, PrivateDnsEnabled=False)
    names(account, on=True)
    endpoint(account, PrivateDnsEnabled=True)


def test_two_subnets_of_an_endpoint_in_a_zone(account: Account) -> None:
    names(account, on=True)
    with account.refuses(ec2.two_subnets_of_an_endpoint_in_a_zone):
        endpoint(account, SubnetIds=[*account.subnets, account.subnet("10.9.3.0/24", "a")])
    endpoint(account, SubnetIds=[*account.subnets, account.subnet("10.9.4.0/24", "c")])


def test_second_route_to_a_gateway_endpoint(account: Account) -> None:
    def to_s3(*tables: str) -> None:
        name = "com.amazonaws.us-west-2.s3"
        account.ec2.create_vpc_endpoint(VpcId=account.vpc, ServiceName=name, RouteTableIds=list(tables))

    table = account.table()
    to_s3(table)
    with account.refuses(ec2.second_route_to_a_gateway_endpoint):
        to_s3(account.table(), table)
    to_s3(account.table())


def test_gateway_endpoint_with_security_groups(account: Account) -> None:
    with account.refuses(ec2.gateway_endpoint_with_security_groups):
        endpoint(account, "s3", VpcEndpointType="Gateway", SubnetIds=[], SecurityGroupIds=[account.security_group])
    endpoint(account, "s3", VpcEndpointType="Gateway", SubnetIds=[])
