"""Every rule refuses what it is about, in one line that names file, line, key, value and what is allowed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, cast, get_args, get_origin

import pytest
from pydantic import ConfigDict, TypeAdapter, ValidationError

from environments.sections.state import S3State
from environments.settings import EnvironmentSettings, SharedSettings
from modules.cloudfront_facts import ORIGIN_FACING
from modules.platform import Region
from modules.settings import Settings, rules_of
from tests import complete
from tests.support import Project

QA = """\
networking:
  vpc_cidr: 10.9.0.0/16
  availability_zones: [us-west-2a, us-west-2b]
  public_subnet_cidrs: [10.9.1.0/24, 10.9.2.0/24]
  private_subnet_cidrs: [10.9.11.0/24, 10.9.12.0/24]
ecs:
  ecr_image_uri: 123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api:3f2c1ab
"""
"""A valid overlay of seven lines; what a case adds begins in line 8."""


@dataclass(frozen=True)
class Case:
    """What is done to the valid overlay, and the one problem that must come of it."""

    problem: str
    add: str = ""
    replace: tuple[str, str] = ("", "")
    environment: str = "qa"


ARN = "arn:aws:secretsmanager:us-west-2:123456789012:secret:miyabi/qa/db"
TOPIC = "arn:aws:sns:us-west-2:123456789012:on-call"
KEY = "arn:aws:kms:us-west-2:123456789012:key/0a1b2c3d"

FUNCTION = "arn:aws:lambda:us-west-2:123456789012:function:rotate"

GLOBAL = "arn:aws:acm:us-east-1:123456789012:certificate/1a2b"
REGIONAL = "arn:aws:acm:us-west-2:123456789012:certificate/1a2b"

OWNERS = "  managed_elsewhere: [desired_count, task_definition, load_balancer]\n"
BLUE_GREEN = f"ecs_service:\n  deployment: blue_green\n{OWNERS}"

WEB_ACL = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/cdn/0a1b2c3d-0000-1111-2222-333344445555"

DUAL_STACK = ("  vpc_cidr: 10.9.0.0/16\n", "  vpc_cidr: 10.9.0.0/16\n  ipv6: dual-stack\n")

RULES = {
    "body_is_seen_by_waf": Case(
        add="waf:\n  max_body_bytes: 10000\n",
        problem="qa.yaml:9: waf.max_body_bytes: 10000 is more than WAF sees of a request to a load balancer; "
        "allowed: 1 to 8192",
    ),
    "address_is_in_one_list": Case(
        add="waf:\n  allowed_addresses: [192.0.2.0/24]\n  blocked_addresses: [198.51.100.0/24, 192.0.2.0/24]\n",
        problem="qa.yaml:10: waf.blocked_addresses[1]: '192.0.2.0/24' is in the lists twice; allowed: each block once",
    ),
    "web_acl_has_a_rule": Case(
        add="waf:\n  enabled: true\n  managed_groups: {}\n  rate_limit: null\n",
        problem="qa.yaml:10: waf.managed_groups: {} leaves the firewall without a rule; "
        "allowed: at least one group or limit",
    ),
    "group_has_versions": Case(
        add="waf:\n  managed_groups:\n    AWSManagedRulesAmazonIpReputationList: {version: Version_1.0}\n",
        problem="qa.yaml:10: waf.managed_groups.AWSManagedRulesAmazonIpReputationList.version: 'Version_1.0' is a "
        "version of a group that has none; allowed: no such key",
    ),
    "redacted_headers_differ": Case(
        add="waf:\n  redacted_headers: [cookie, cookie]\n",
        problem="qa.yaml:9: waf.redacted_headers[1]: 'cookie' is in the list twice; allowed: each once",
    ),
    "firewall_of_a_distribution_has_one": Case(
        add="waf:\n  enabled: true\n  protects: both\n",
        problem="qa.yaml:10: waf.protects: 'both' needs a distribution; "
        "allowed: load-balancer, or frontend.enabled: true",
    ),
    "log_bucket_name_has_no_dot": Case(
        add='account_id: "123456789012"\nlog_bucket:\n  name: logs.qa\n',
        problem="qa.yaml:10: log_bucket.name: 'logs.qa' contains a dot, which the TLS certificate of S3 does not "
        "cover; allowed: a name without dots",
    ),
    "log_bucket_knows_its_account": Case(
        add="log_bucket:\n  name: logs-qa\n",
        problem="qa.yaml:9: log_bucket.name: 'logs-qa' needs the account, which its policy names; "
        "allowed: none, or account_id, too",
    ),
    "log_bucket_has_a_name_of_its_own": Case(
        add='account_id: "123456789012"\nfrontend:\n  enabled: true\n  bucket: site-qa\n'
        "log_bucket:\n  name: site-qa-logs\n",
        problem="qa.yaml:13: log_bucket.name: 'site-qa-logs' is a bucket of the frontend; allowed: another name",
    ),
    "logs_of_the_load_balancer_have_a_bucket": Case(
        add="alb:\n  connection_logs: true\n",
        problem="qa.yaml:9: alb.connection_logs: true has no bucket; allowed: false, or log_bucket.name with it",
    ),
    "flow_logs_know_their_account": Case(
        add="flow_logs:\n  destination: cloudwatch-logs\n",
        problem="qa.yaml:9: flow_logs.destination: 'cloudwatch-logs' needs the account, which its role or the policy "
        "of its bucket names; allowed: null, or account_id, too",
    ),
    "flow_logs_have_a_bucket": Case(
        add='account_id: "123456789012"\nflow_logs:\n  destination: s3\n',
        problem="qa.yaml:10: flow_logs.destination: 's3' has no bucket; "
        "allowed: cloudwatch-logs, or log_bucket.name with it",
    ),
    "flow_log_fields_differ": Case(
        add="flow_logs:\n  fields: [srcaddr, action, srcaddr]\n",
        problem="qa.yaml:9: flow_logs.fields[2]: 'srcaddr' is in the list twice; allowed: each once",
    ),
    "endpoints_differ": Case(
        add="endpoints:\n  interfaces: [logs, logs]\n",
        problem="qa.yaml:9: endpoints.interfaces[1]: 'logs' is in the list twice; allowed: each once",
    ),
    "images_have_their_layers": Case(
        add="endpoints:\n  interfaces: [ecr.api, ecr.dkr]\n",
        problem="qa.yaml:8: endpoints.s3: false leaves out S3, which sends the layers of images; "
        "allowed: true, or interfaces without ecr.dkr",
    ),
    "open_firewall_is_there": Case(
        add="alb:\n  waf_fail_open: true\n",
        problem="qa.yaml:9: alb.waf_fail_open: true has no effect without a firewall of the load balancer; "
        "allowed: no such key, or waf.enabled: true",
    ),
    "firewall_sees_callers": Case(
        add="frontend:\n  enabled: true\n  bucket: frontend-qa\nwaf:\n  enabled: true\n",
        problem="qa.yaml:11: waf.protects: 'load-balancer' would count the callers of an edge location as one, by "
        "CloudFront's address; allowed: distribution, both, or neither rate_limit nor lists nor groups of addresses",
    ),
    "codedeploy_owns_what_it_changes": Case(
        add="ecs_service:\n  deployment: blue_green\n  managed_elsewhere: [desired_count]\n",
        problem="qa.yaml:10: ecs_service.managed_elsewhere: ['desired_count'] leaves to Terraform what CodeDeploy "
        "changes: task_definition and load_balancer; allowed: [desired_count, task_definition, load_balancer], or "
        "deployment: rolling",
    ),
    "name_is_not_shifted": Case(
        add=f"{BLUE_GREEN}  enable_service_discovery: true\n",
        problem="qa.yaml:11: ecs_service.enable_service_discovery: true has old and new tasks answer together with "
        "deployment: blue_green; allowed: false, or rolling",
    ),
    "steady_state_is_of_ecs": Case(
        add=f"{BLUE_GREEN}  wait_for_steady_state: true\n",
        problem="qa.yaml:11: ecs_service.wait_for_steady_state: true waits for what never comes with "
        "deployment: blue_green; allowed: false, or rolling",
    ),
    "codedeploy_has_a_service": Case(
        add="codedeploy:\n  approval_minutes: 30\n",
        problem="qa.yaml:9: codedeploy.approval_minutes: 30 has no effect; allowed: no such key, or "
        "ecs_service.deployment: blue_green",
    ),
    "codedeploy_shifts_one_listener": Case(
        add=f"{BLUE_GREEN}alb:\n  certificate_arn: {REGIONAL}\n  redirect_http_to_https: false\n",
        problem="qa.yaml:13: alb.redirect_http_to_https: false has two listeners forward to the tasks, and CodeDeploy "
        "moves the traffic of one; allowed: true, or ecs_service.deployment: rolling",
    ),
    "second_target_group_name_fits": Case(
        environment="an-environment-name",
        add=BLUE_GREEN,
        problem="an-environment-name.yaml:1: environment: 'an-environment-name' makes the name of the second target "
        "group 35 characters long (miyabi-tg-green-an-environment-name); allowed: 32 characters for that name: shorten "
        "project or environment by 3",
    ),
    "port_of_tests_is_not_of_production": Case(
        add=f"{BLUE_GREEN}codedeploy:\n  test_port: 443\n  test_cidr_blocks: [203.0.113.0/24]\n",
        problem="qa.yaml:12: codedeploy.test_port: 443 is a port of production traffic; allowed: a port of its own",
    ),
    "port_of_tests_can_be_reached": Case(
        add=f"{BLUE_GREEN}codedeploy:\n  test_port: 8443\n",
        problem="qa.yaml:11: codedeploy.test_cidr_blocks: [] leave test_port to nobody; allowed: the blocks that test",
    ),
    "blocks_of_tests_differ": Case(
        add=f"{BLUE_GREEN}codedeploy:\n  test_port: 8443\n  test_cidr_blocks: [10.0.0.0/8, 10.0.0.0/8]\n",
        problem="qa.yaml:13: codedeploy.test_cidr_blocks[1]: '10.0.0.0/8' is in the list twice; allowed: each block "
        "once",
    ),
    "tests_have_a_listener": Case(
        add=f"{BLUE_GREEN}codedeploy:\n  hooks:\n    AfterAllowTestTraffic: CodeDeployHook_smoke\n",
        problem="qa.yaml:13: codedeploy.hooks.AfterAllowTestTraffic: 'CodeDeployHook_smoke' never runs without "
        "test_port; allowed: a test_port",
    ),
    "task_definition_fits": Case(
        add="  environment_variables:\n" + "".join(f"    V{n}: {'x' * 1000}\n" for n in range(60)),
        problem="qa.yaml:8: ecs.environment_variables: 61561 bytes of containers do not fit: ECS takes a task "
        "definition of 65536, of which the generator needs 4096; allowed: at most 61440; larger texts fit in the "
        "image, or in a secret",
    ),
    "policy_for_secrets_fits": Case(
        add="  secrets:\n"
        + "".join(f"    S{n}: {ARN}{n}{'x' * 60}\n" for n in range(80))
        + "iam:\n  execution_role_reads_secrets: true\n",
        problem="qa.yaml:90: iam.execution_role_reads_secrets: true needs a policy of 10544 characters for 80 "
        "secrets; IAM takes 10240 for the execution role, of which the rest needs 1240; allowed: at most 9000 "
        "characters, as with one secret of several keys (<ARN>:<key>::)",
    ),
    "frontend_has_a_bucket": Case(
        add="frontend:\n  enabled: true\n",
        problem="qa.yaml:8: frontend.bucket: null is missing; allowed: the name of the bucket for the frontend",
    ),
    "frontend_bucket_name_fits": Case(
        add=f"frontend:\n  bucket: {'a' * 59}\n",
        problem=f"qa.yaml:9: frontend.bucket: '{'a' * 59}' is too long with -logs at its end; "
        "allowed: at most 58 characters",
    ),
    "domain_names_have_a_certificate": Case(
        add="frontend:\n  domain_names: [app.example.com]\n",
        problem="qa.yaml:9: frontend.domain_names: ['app.example.com'] have no certificate; "
        "allowed: names together with certificate_arn, or certificate.for_frontend: true",
    ),
    "names_need_a_zone": Case(
        add="dns:\n  load_balancer_names: [api.example.com]\n",
        problem="qa.yaml:9: dns.load_balancer_names: ['api.example.com'] has no effect without zone; "
        "allowed: no such key, or a zone",
    ),
    "names_are_in_the_zone": Case(
        add="dns:\n  zone: example.com\n  load_balancer_names: [api.an-example.com]\n",
        problem="qa.yaml:10: dns.load_balancer_names[0]: 'api.an-example.com' is not in the zone example.com; "
        "allowed: example.com, or a name that ends with .example.com",
    ),
    "each_name_leads_to_one_place": Case(
        add="dns:\n  zone: example.com\n  load_balancer_names: [api.example.com, api.example.com]\n",
        problem="qa.yaml:10: dns.load_balancer_names[1]: 'api.example.com' is in the list twice; allowed: each once",
    ),
    "health_check_is_of_a_name": Case(
        add="dns:\n  zone: example.com\n  health_check_name: api.example.com\n",
        problem="qa.yaml:10: dns.health_check_name: 'api.example.com' is none of the names; "
        "allowed: one of load_balancer_names and frontend_names",
    ),
    "health_check_gets_in": Case(
        add="security_groups:\n  alb_ingress_cidr_blocks: [203.0.113.0/24]\n"
        "dns:\n  zone: example.com\n  load_balancer_names: [api.example.com]\n"
        "  health_check_name: api.example.com\n",
        problem="qa.yaml:13: dns.health_check_name: 'api.example.com' leads to the load balancer, which "
        "security_groups.alb_ingress_cidr_blocks does not open to the internet; "
        "allowed: one of dns.frontend_names, or none",
    ),
    "health_check_speaks_the_tls_of_the_listener": Case(
        add="dns:\n  zone: example.com\n  load_balancer_names: [api.example.com]\n"
        "  health_check_name: api.example.com\nalb:\n  ssl_policy: ELBSecurityPolicy-TLS13-1-3-2021-06\n",
        problem="qa.yaml:11: dns.health_check_name: 'api.example.com' is answered with TLS 1.3 only (alb.ssl_policy "
        "ELBSecurityPolicy-TLS13-1-3-2021-06), which Route 53 cannot speak; "
        "allowed: none, or a policy with TLS 1.2, too, such as ELBSecurityPolicy-TLS13-1-2-2021-06",
    ),
    "certificate_names_differ": Case(
        add="dns:\n  zone: example.com\ncertificate:\n  domain_names: [a.example.com, a.example.com]\n",
        problem="qa.yaml:11: certificate.domain_names[1]: 'a.example.com' is in the list twice; allowed: each once",
    ),
    "first_name_fits": Case(
        add=f"dns:\n  zone: example.com\ncertificate:\n  domain_names: [{'a' * 53}.example.com]\n",
        problem=f"qa.yaml:11: certificate.domain_names[0]: '{'a' * 53}.example.com' has 65 characters; "
        "allowed: at most 64 in the first name; a longer one can be a later one",
    ),
    "amazon_may_issue": Case(
        add="certificate:\n  authorities: [letsencrypt.org]\n",
        problem="qa.yaml:9: certificate.authorities: ['letsencrypt.org'] forbid Amazon, so ACM issues nothing; "
        "allowed: amazon.com, too",
    ),
    "certificate_has_a_zone": Case(
        add="dns:\n  zone: example.com\ncertificate:\n  domain_names: [example.com, api.example.org]\n",
        problem="qa.yaml:11: certificate.domain_names[1]: 'api.example.org' is not in the zone example.com, so ACM "
        "could not validate it; allowed: example.com, or a name that ends with .example.com",
    ),
    "certificate_covers_every_name": Case(
        add="dns:\n  zone: example.com\n  load_balancer_names: [a.b.example.com]\n"
        'certificate:\n  domain_names: [example.com, "*.example.com"]\n',
        problem="qa.yaml:10: dns.load_balancer_names[0]: 'a.b.example.com' is not covered by "
        "certificate.domain_names; allowed: names of example.com, *.example.com",
    ),
    "listener_has_one_default_certificate": Case(
        add=f"dns:\n  zone: example.com\ncertificate:\n  domain_names: [example.com]\n"
        f"alb:\n  certificate_arn: {REGIONAL}\n",
        problem=f"qa.yaml:13: alb.certificate_arn: '{REGIONAL}' and certificate.domain_names exclude each other; "
        "allowed: one of both, or the ARN in alb.further_certificate_arns",
    ),
    "further_certificates_differ": Case(
        add=f"alb:\n  certificate_arn: {REGIONAL}\n  further_certificate_arns: [{REGIONAL}]\n",
        problem=f"qa.yaml:10: alb.further_certificate_arns[0]: '{REGIONAL}' is certificate_arn, too; "
        "allowed: another one",
    ),
    "further_certificates_have_a_listener": Case(
        add=f"alb:\n  further_certificate_arns: [{REGIONAL}]\n",
        problem=f"qa.yaml:9: alb.further_certificate_arns: ['{REGIONAL}'] have no HTTPS listener; "
        "allowed: none, or alb.certificate_arn or certificate.domain_names with them",
    ),
    "certificate_for_the_frontend_has_names": Case(
        add="dns:\n  zone: example.com\ncertificate:\n  for_frontend: true\n",
        problem="qa.yaml:11: certificate.for_frontend: true has no names; "
        "allowed: false, or frontend.domain_names with it",
    ),
    "distribution_answers_to_its_names": Case(
        add="dns:\n  zone: example.com\n  frontend_names: [app.example.com]\n",
        problem="qa.yaml:10: dns.frontend_names[0]: 'app.example.com' is not covered by frontend.domain_names; "
        "allowed: names of the distribution",
    ),
    "domain_names_differ": Case(
        add=f"frontend:\n  certificate_arn: {GLOBAL}\n  domain_names: [a.example.com, a.example.com]\n",
        problem="qa.yaml:10: frontend.domain_names[1]: 'a.example.com' is in the list twice; allowed: each once",
    ),
    "api_paths_differ": Case(
        add="frontend:\n  api_paths: [/api/*, /api/*]\n",
        problem="qa.yaml:9: frontend.api_paths[1]: '/api/*' is in the list twice; allowed: each once",
    ),
    "certificate_of_cloudfront_is_in_us_east_1": Case(
        add=f"frontend:\n  certificate_arn: {REGIONAL}\n",
        problem=f"qa.yaml:9: frontend.certificate_arn: '{REGIONAL}' is a certificate of us-west-2; "
        "allowed: one of us-east-1",
    ),
    "region_has_a_prefix_list_of_cloudfront": Case(
        replace=(QA, QA.replace("us-west-2", "eu-south-2")),
        add="region: eu-south-2\nfrontend:\n  only_from_cloudfront: true\n",
        problem="qa.yaml:10: frontend.only_from_cloudfront: true needs the prefix list of CloudFront, whose ID in "
        f"eu-south-2 is not known here; allowed: origin_secret instead, or a region of {', '.join(ORIGIN_FACING)}",
    ),
    "previous_secret_accompanies_a_secret": Case(
        add="frontend:\n  previous_origin_secret: true\n",
        problem="qa.yaml:9: frontend.previous_origin_secret: true has no effect without origin_secret; "
        "allowed: false, or origin_secret: true",
    ),
    "preload_list_takes_the_name": Case(
        add="frontend:\n  hsts_preload: true\n",
        problem="qa.yaml:9: frontend.hsts_preload: true is not enough for the preload list; "
        "allowed: false, or true with hsts_subdomains: true and hsts_seconds of 31536000 or more",
    ),
    "dualstack_has_subnets_with_ipv6": Case(
        replace=("  vpc_cidr: 10.9.0.0/16\n", "  vpc_cidr: 10.9.0.0/16\n  ipv6: vpc-only\n"),
        add="alb:\n  ip_address_type: dualstack\nsecurity_groups:\n  alb_ingress_ipv6_cidr_blocks: ['::/0']\n",
        problem="qa.yaml:10: alb.ip_address_type: 'dualstack' needs subnets with IPv6 blocks, and networking.ipv6 is "
        "vpc-only; allowed: ipv4, or networking.ipv6: dual-stack",
    ),
    "somebody_gets_in_over_ipv6": Case(
        replace=DUAL_STACK,
        add="alb:\n  ip_address_type: dualstack\n",
        problem="qa.yaml:1: security_groups.alb_ingress_ipv6_cidr_blocks: [] lets nobody in over IPv6, which "
        "alb.ip_address_type dualstack offers; allowed: ['::/0'], blocks of public addresses, or alb.ip_address_type: "
        "ipv4",
    ),
    "something_is_left_for_the_bucket": Case(
        add="frontend:\n  enabled: true\n  bucket: frontend-qa\n  api_paths: [/api/*, /*]\n",
        problem="qa.yaml:11: frontend.api_paths[1]: '/*' takes every request, so the frontend is never served; "
        "allowed: paths of the API, such as /api/*",
    ),
    "somebody_gets_in_over_ipv4": Case(
        replace=DUAL_STACK,
        add="alb:\n  ip_address_type: dualstack\nsecurity_groups:\n  alb_ingress_cidr_blocks: []\n"
        "  alb_ingress_ipv6_cidr_blocks: ['::/0']\n",
        problem="qa.yaml:12: security_groups.alb_ingress_cidr_blocks: [] lets nobody in over IPv4, which "
        "alb.ip_address_type dualstack offers; allowed: ['0.0.0.0/0'], other blocks, or alb.ip_address_type: "
        "dualstack-without-public-ipv4",
    ),
    "cloudfront_asks_over_ipv4": Case(
        replace=DUAL_STACK,
        add="alb:\n  ip_address_type: dualstack-without-public-ipv4\nsecurity_groups:\n"
        "  alb_ingress_ipv6_cidr_blocks: ['::/0']\nfrontend:\n  enabled: true\n  bucket: frontend-qa\n",
        problem="qa.yaml:10: alb.ip_address_type: 'dualstack-without-public-ipv4' keeps CloudFront out, which asks the "
        "load balancer for frontend.api_paths over IPv4; allowed: dualstack, or frontend.enabled: false",
    ),
    "internal_load_balancer_has_ipv4": Case(
        replace=DUAL_STACK,
        add="alb:\n  internal: true\n  ip_address_type: dualstack-without-public-ipv4\nsecurity_groups:\n"
        "  alb_ingress_ipv6_cidr_blocks: ['::/0']\n",
        problem="qa.yaml:11: alb.ip_address_type: 'dualstack-without-public-ipv4' is for internet-facing load "
        "balancers; allowed: ipv4 or dualstack with internal: true",
    ),
    "ipv6_ingress_blocks_differ": Case(
        replace=DUAL_STACK,
        add="alb:\n  ip_address_type: dualstack\nsecurity_groups:\n  alb_ingress_ipv6_cidr_blocks: ['::/0', '::/0']\n",
        problem="qa.yaml:12: security_groups.alb_ingress_ipv6_cidr_blocks[1]: '::/0' is in the list twice; "
        "allowed: each block once",
    ),
    "cloudfront_reaches_the_load_balancer": Case(
        add="alb:\n  internal: true\nfrontend:\n  enabled: true\n  bucket: frontend-qa\n",
        problem="qa.yaml:9: alb.internal: true keeps CloudFront out, which asks the load balancer for "
        "frontend.api_paths; allowed: false, or frontend.enabled: false",
    ),
    "private_subnets_are_large_enough_for_an_alb": Case(
        replace=("10.9.11.0/24, 10.9.12.0/24", "10.9.11.0/24, 10.9.12.0/28"),
        add="alb:\n  internal: true\n",
        problem="qa.yaml:5: networking.private_subnet_cidrs[1]: '10.9.12.0/28' is too small for an ALB, which "
        "alb.internal puts into it; allowed: /27 or larger",
    ),
    "cloudfront_finds_a_listener": Case(
        add="frontend:\n  enabled: true\n  bucket: frontend-qa\n  api_domain_name: api.example.com\n",
        problem="qa.yaml:11: frontend.api_domain_name: 'api.example.com' needs an HTTPS listener; "
        "allowed: none, or a name that the certificate of alb.certificate_arn covers, or certificate.domain_names",
    ),
    "cloudfront_closes_idle_connections_first": Case(
        add="frontend:\n  enabled: true\n  bucket: frontend-qa\n  api_keep_alive: 60\n",
        problem="qa.yaml:11: frontend.api_keep_alive: 60 is not shorter than alb.idle_timeout, 60; allowed: at most 59",
    ),
    "cloudfront_is_the_only_source": Case(
        add="frontend:\n  enabled: true\n  bucket: frontend-qa\n  only_from_cloudfront: true\n"
        "security_groups:\n  alb_ingress_cidr_blocks: [203.0.113.0/24]\n",
        problem="qa.yaml:13: security_groups.alb_ingress_cidr_blocks: ['203.0.113.0/24'] has no effect with "
        "frontend.only_from_cloudfront; allowed: no such key",
    ),
    "tags_are_taken_by_aws": Case(
        add='tags:\n  Issue: "#1021, #1022"\n',
        problem="qa.yaml:9: tags.Issue: '#1021, #1022' has a value with a character that AWS does not allow; "
        "allowed: letters, digits, spaces and _ . : / = + - @",
    ),
    "tags_leave_the_generators_own_alone": Case(
        add="tags: {Name: all}\n",
        problem="qa.yaml:8: tags.Name: 'all' is set by the generator; "
        "allowed: keys other than Name, Type, Project, Environment and ManagedBy",
    ),
    "tags_differ_in_more_than_case": Case(
        add="tags: {Team: a, team: b}\n",
        problem="qa.yaml:8: tags.team: 'b' has a key that IAM considers to be the same as Team; allowed: keys that "
        "differ in more than case",
    ),
    "on_demand_base_is_of_shares": Case(
        add="ecs_service: {on_demand_base: 1}\n",
        problem="qa.yaml:8: ecs_service.on_demand_base: 1 has no effect without spot_share; "
        "allowed: no such key, or a spot_share",
    ),
    "schedule_owns_the_range": Case(
        add="ecs_service:\n  running_hours: MON-FRI 07:00-20:00\n  scaling_managed_elsewhere: [min_capacity]\n",
        problem="qa.yaml:10: ecs_service.scaling_managed_elsewhere: ['min_capacity'] leaves to Terraform what "
        "running_hours changes: min_capacity and max_capacity; allowed: [min_capacity, max_capacity]",
    ),
    "fewer_tasks_outside_running_hours": Case(
        add="ecs_service:\n  running_hours: MON-FRI 07:00-20:00\n  tasks_outside_running_hours: 2\n"
        "  scaling_managed_elsewhere: [min_capacity, max_capacity]\n",
        problem="qa.yaml:10: ecs_service.tasks_outside_running_hours: 2 is not less than autoscaling_min_capacity, 2; "
        "allowed: 0 to 1, or no running_hours",
    ),
    "health_check_has_its_command": Case(
        add="  container_health_check_command: [/app]\n",
        problem="qa.yaml:8: ecs.container_health_check_command: ['/app'] is not run with container_health_check: curl; "
        "allowed: container_health_check: command",
    ),
    "writable_paths_are_needed_and_differ": Case(
        add="  writable_paths: [/tmp]\n",
        problem="qa.yaml:8: ecs.writable_paths[0]: '/tmp' is writable anyway; allowed: read_only_root: true",
    ),
    "sidecars_have_names_of_their_own": Case(
        add="  sidecars:\n    miyabi-app: {image: 'agent:1'}\n",
        problem="qa.yaml:9: ecs.sidecars.miyabi-app: 'miyabi-app' is the name of the application's container; "
        "allowed: another name",
    ),
    "containers_fit_into_the_task": Case(
        add="  sidecars:\n    agent: {image: 'agent:1', memory: 1020}\n",
        problem="qa.yaml:8: ecs.sidecars: 1020 of memory for sidecars leave less than 6 of the task's 1024 for the "
        "application; allowed: at most 1018, or a larger task",
    ),
    "what_the_application_waits_for_can_happen": Case(
        add="  sidecars:\n    agent: {image: 'agent:1', application_waits: HEALTHY}\n",
        problem="qa.yaml:9: ecs.sidecars.agent.application_waits: 'HEALTHY' needs a health_check_command; "
        "allowed: START, or a health_check_command",
    ),
    "task_has_one_log_router": Case(
        add="  log_router_options: {Name: stdout}\n",
        problem="qa.yaml:8: ecs.log_router_options: {'Name': 'stdout'} are options of a log router, and no sidecar is "
        "one; allowed: a sidecar with log_router",
    ),
    "exec_has_a_file_system_to_write_to": Case(
        add="  read_only_root: true\necs_service: {enable_execute_command: true}\n",
        problem="qa.yaml:9: ecs_service.enable_execute_command: true needs to write to the root file system, which "
        "ecs.read_only_root forbids; allowed: false, or ecs.read_only_root: false",
    ),
    "node_takes_snapshots": Case(
        add="elasticache:\n  redis_node_type: cache.t1.micro\n  snapshot_retention_limit: 3\n"
        "  previous_generation_node: true\n",
        problem="qa.yaml:10: elasticache.snapshot_retention_limit: 3 is more than 0, but cache.t1.micro does not "
        "support snapshots; allowed: 0, or another node type",
    ),
    "replication_group_id_fits": Case(
        environment="e" * 28,
        add="elasticache: {topology: replication-group}\n",
        problem=f"{'e' * 28}.yaml:1: environment: '{'e' * 28}' makes the name of the replication group 41 characters "
        f"long (miyabi-redis-{'e' * 28}); allowed: 40 characters for that name: shorten project or environment by 1",
    ),
    "tls_needs_a_replication_group": Case(
        add="elasticache:\n  transit_encryption_enabled: true\n",
        problem="qa.yaml:9: elasticache.transit_encryption_enabled: true is not possible on a single node of Redis, "
        "which AWS refuses; allowed: false, or topology: replication-group (for a running node: adding-group first)",
    ),
    "tls_mode_needs_tls": Case(
        add="elasticache:\n  topology: replication-group\n  transit_encryption_mode: preferred\n",
        problem="qa.yaml:10: elasticache.transit_encryption_mode: 'preferred' needs TLS, which is off; "
        "allowed: no such key, or TLS on a group",
    ),
    "auth_needs_tls": Case(
        add="elasticache:\n  topology: replication-group\n  auth: token\n",
        problem="qa.yaml:10: elasticache.auth: 'token' needs a replication group with transit_encryption_enabled; "
        "allowed: none",
    ),
    "key_encrypts_the_group": Case(
        add=f"elasticache: {{topology: replication-group, kms_key_arn: '{KEY.replace('us-west-2', 'eu-west-1')}'}}\n",
        problem=f"qa.yaml:8: elasticache.kms_key_arn: '{KEY.replace('us-west-2', 'eu-west-1')}' is a key of eu-west-1; "
        "allowed: one of us-west-2",
    ),
    "valkey_needs_a_replication_group": Case(
        add='elasticache:\n  engine: valkey\n  redis_engine_version: "8.1"\n',
        problem="qa.yaml:9: elasticache.engine: 'valkey' is not possible with topology single-node, which has a single "
        "node; allowed: redis, or topology: replication-group",
    ),
    "version_is_of_the_engine": Case(
        add='elasticache:\n  topology: replication-group\n  engine: valkey\n  redis_engine_version: "7.1"\n',
        problem="qa.yaml:11: elasticache.redis_engine_version: '7.1' is not a version of valkey; "
        "allowed: 9.1, 9.0, 8.2, 8.1, 8.0, 7.2",
    ),
    "node_has_minor_upgrades_to_refuse": Case(
        add='elasticache:\n  redis_engine_version: "5.0.6"\n  auto_minor_version_upgrade: false\n',
        problem="qa.yaml:10: elasticache.auto_minor_version_upgrade: false has no effect on version 5.0.6; "
        "allowed: no such key",
    ),
    "logs_are_of_the_group_and_version": Case(
        add="elasticache:\n  log_delivery: [slow-log]\n",
        problem="qa.yaml:9: elasticache.log_delivery[0]: 'slow-log' needs a replication group; allowed: an empty list",
    ),
    "snapshot_is_restored_into_a_group": Case(
        add="elasticache:\n  restore_from_snapshot: before-the-group\n",
        problem="qa.yaml:9: elasticache.restore_from_snapshot: 'before-the-group' needs a replication group; "
        "allowed: no such key",
    ),
    "node_type_is_offered": Case(
        add="elasticache:\n  redis_node_type: cache.t3.24xlarge\n",
        problem="qa.yaml:9: elasticache.redis_node_type: 'cache.t3.24xlarge' does not exist; "
        "allowed: cache.t3.micro, cache.t3.small, cache.t3.medium",
    ),
    "session_needs_a_role": Case(
        add="assume_role:\n  external_id: miyabi\n",
        problem="qa.yaml:9: assume_role.external_id: 'miyabi' has no effect without role_arn; "
        "allowed: no such key, or a role_arn",
    ),
    "role_is_of_the_account": Case(
        add='account_id: "210987654321"\nassume_role:\n  role_arn: arn:aws:iam::123456789012:role/terraform\n',
        problem="qa.yaml:10: assume_role.role_arn: 'arn:aws:iam::123456789012:role/terraform' is a role of account "
        "123456789012; allowed: a role of account_id, 210987654321",
    ),
    "url_of_redis_has_a_name_of_its_own": Case(
        add="  environment_variables: {REDIS_URL: redis://cache}\nelasticache:\n  url_variable: REDIS_URL\n",
        problem="qa.yaml:10: elasticache.url_variable: 'REDIS_URL' is also in ecs.environment_variables; "
        "allowed: another name, or one of the two",
    ),
    "environment_variables_have_values": Case(
        add='  environment_variables: {DEBUG: ""}\n',
        problem="qa.yaml:8: ecs.environment_variables.DEBUG: '' is empty, and ECS drops it; "
        "allowed: a value, or no key",
    ),
    "environment_variables_hold_no_secrets": Case(
        add="  environment_variables: {DB_PASSWORD: hunter2}\n",
        problem="qa.yaml:8: ecs.environment_variables.DB_PASSWORD: (a value that is not shown, as it may be a secret) "
        "has the name of a secret; allowed: its ARN in ecs.secrets.DB_PASSWORD, or a reason in "
        "ecs.not_secret.DB_PASSWORD if it is none",
    ),
    "false_alarms_are_variables_that_look_like_secrets": Case(
        add="  environment_variables: {COLOUR: blue}\n  not_secret: {COLOUR: why}\n",
        problem="qa.yaml:9: ecs.not_secret.COLOUR: 'why' is about no variable that looks like a secret; "
        "allowed: names of such environment_variables",
    ),
    "rounded_percentages_leave_a_task_to_move": Case(
        add="ecs_service:\n  desired_count: 1\n  autoscaling_min_capacity: 1\n  deployment_maximum_percent: 150\n",
        problem="qa.yaml:11: ecs_service.deployment_maximum_percent: 150 allows 1 and keeps 1 of 1 tasks (minimum "
        "100 %): no deployment moves; allowed: 200, or a lower minimum",
    ),
    "tags_fit_on_a_resource": Case(
        add="tags: {" + ", ".join(f"t{number}: x" for number in range(46)) + "}\n",
        problem="qa.yaml:8: tags: 46 are more tags than AWS allows on a resource; allowed: at most 45",
    ),
    "vpc_block_is_usable": Case(
        replace=("10.9.", "127.9."),
        problem="qa.yaml:2: networking.vpc_cidr: '127.9.0.0/16' is in 127.0.0.0/8, which AWS does not allow for a VPC; "
        "allowed: a private block (RFC 1918), such as 10.0.0.0/16",
    ),
    "subnets_lie_in_the_vpc": Case(
        replace=("10.9.12.0/24", "10.8.12.0/24"),
        problem="qa.yaml:5: networking.private_subnet_cidrs[1]: '10.8.12.0/24' is outside the VPC; "
        "allowed: a part of vpc_cidr, 10.9.0.0/16",
    ),
    "subnets_do_not_overlap": Case(
        replace=("10.9.12.0/24", "10.9.2.0/24"),
        problem="qa.yaml:5: networking.private_subnet_cidrs[1]: '10.9.2.0/24' overlaps public_subnet_cidrs[1], "
        "10.9.2.0/24; allowed: a block that overlaps no other subnet",
    ),
    "public_subnets_are_large_enough_for_an_alb": Case(
        replace=("10.9.1.0/24", "10.9.1.0/28"),
        problem="qa.yaml:4: networking.public_subnet_cidrs[0]: '10.9.1.0/28' is too small for an ALB; "
        "allowed: /27 or larger",
    ),
    "zones_are_of_the_region": Case(
        replace=("us-west-2b", "us-east-1b"),
        problem="qa.yaml:3: networking.availability_zones[1]: 'us-east-1b' is not a zone of us-west-2; "
        "allowed: us-west-2a, us-west-2b, us-west-2c, us-west-2d",
    ),
    "zones_are_two_or_more_and_differ": Case(
        replace=("us-west-2b", "us-west-2a"),
        problem="qa.yaml:3: networking.availability_zones: ['us-west-2a', 'us-west-2a'] contains a zone twice; "
        "allowed: each zone once",
    ),
    "subnets_are_as_many_as_zones": Case(
        replace=("[10.9.11.0/24, 10.9.12.0/24]", "[10.9.11.0/24]"),
        problem="qa.yaml:5: networking.private_subnet_cidrs: ['10.9.11.0/24'] has 1 subnet for 2 "
        "availability_zones; allowed: 2 subnets, one per zone",
    ),
    "names_do_not_look_like_ids": Case(
        add="project: sg\n",
        problem="qa.yaml:8: project: 'sg' results in names that start with sg-, which EC2 reserves for security "
        "group IDs; allowed: another name",
    ),
    "ingress_blocks_differ": Case(
        add="security_groups:\n  alb_ingress_cidr_blocks: [10.0.0.0/8, 10.0.0.0/8]\n",
        problem="qa.yaml:9: security_groups.alb_ingress_cidr_blocks[1]: '10.0.0.0/8' is in the list twice; "
        "allowed: each block once",
    ),
    "role_names_fit": Case(
        add="project: " + "p" * 50 + "\n",
        problem=f"qa.yaml:1: environment: 'qa' makes the name of the task execution role 72 characters long "
        f"({'p' * 50}-ecs-task-execution-qa); "
        "allowed: 64 characters for that name: shorten project or environment by 8",
    ),
    "load_balancer_name_fits": Case(
        environment="a-branch-of-our-own-xx",
        problem="a-branch-of-our-own-xx.yaml:1: environment: 'a-branch-of-our-own-xx' makes the name of the load "
        "balancer 33 characters long (miyabi-alb-a-branch-of-our-own-xx); "
        "allowed: 32 characters for that name: shorten project or environment by 1",
    ),
    "target_group_name_fits": Case(
        environment="a-branch-of-our-own-xxx",
        problem="a-branch-of-our-own-xxx.yaml:1: environment: 'a-branch-of-our-own-xxx' makes the name of the target "
        "group 33 characters long (miyabi-tg-a-branch-of-our-own-xxx); "
        "allowed: 32 characters for that name: shorten project or environment by 1",
    ),
    "load_balancer_name_is_not_internal": Case(
        add="project: internal\n",
        problem="qa.yaml:8: project: 'internal' results in a load balancer name that starts with internal-, which "
        "ELB reserves; allowed: another name",
    ),
    "certificate_is_of_the_region": Case(
        add="alb:\n  certificate_arn: arn:aws:acm:us-east-1:123456789012:certificate/1a2b\n",
        problem="qa.yaml:9: alb.certificate_arn: 'arn:aws:acm:us-east-1:123456789012:certificate/1a2b' is a "
        "certificate of us-east-1; allowed: one of us-west-2",
    ),
    "health_check_times_out_before_the_next": Case(
        add="alb: {health_check_timeout: 30}\n",
        problem="qa.yaml:8: alb.health_check_timeout: 30 is not shorter than health_check_interval, 30; "
        "allowed: 2 to 29",
    ),
    "fargate_offers_the_size": Case(
        add="  task_cpu: 512\n  task_memory: 1000\n",
        problem="qa.yaml:9: ecs.task_memory: 1000 is not supported by Fargate with 512 CPU units; "
        "allowed: 1024, 2048, 3072, 4096",
    ),
    "secrets_and_variables_have_names_of_their_own": Case(
        add=f"  environment_variables: {{DB: x}}\n  secrets: {{DB: '{ARN}'}}\n",
        problem=f"qa.yaml:9: ecs.secrets.DB: '{ARN}' has the name of one of environment_variables; "
        "allowed: a name that is in one of the two",
    ),
    "secrets_are_of_the_region": Case(
        add=f"  secrets:\n    DB: {ARN.replace('us-west-2', 'us-east-1')}\n",
        problem=f"qa.yaml:9: ecs.secrets.DB: '{ARN.replace('us-west-2', 'us-east-1')}' is a secret of us-east-1; "
        "allowed: one of us-west-2",
    ),
    "cluster_id_fits": Case(
        environment="e" * 40,
        problem=f"{'e' * 40}.yaml:1: environment: '{'e' * 40}' makes the name of the cache cluster 53 characters long "
        f"(miyabi-cache-{'e' * 40}); allowed: 50 characters for that name: shorten project or environment by 3",
    ),
    "snapshot_and_maintenance_do_not_overlap": Case(
        add='elasticache:\n  snapshot_window: "05:30-06:30"\n',
        problem="qa.yaml:9: elasticache.snapshot_window: '05:30-06:30' overlaps maintenance_window, "
        "sun:05:00-sun:06:00; allowed: a window that does not overlap it on any day",
    ),
    "topic_is_of_the_region": Case(
        add="elasticache:\n  sns_topic_arn: arn:aws:sns:eu-west-1:123456789012:alarms\n",
        problem="qa.yaml:9: elasticache.sns_topic_arn: 'arn:aws:sns:eu-west-1:123456789012:alarms' is a topic of "
        "eu-west-1; allowed: one of us-west-2",
    ),
    "events_of_the_cache_have_a_topic_that_takes_them": Case(
        add="elasticache:\n  sns_topic_arn: arn:aws:sns:us-west-2:123456789012:miyabi-alarms-qa\n"
        "notifications: {email_addresses: [oncall@example.com]}\n",
        problem="qa.yaml:9: elasticache.sns_topic_arn: 'arn:aws:sns:us-west-2:123456789012:miyabi-alarms-qa' is the "
        "topic of the alarms, on which only CloudWatch may publish; allowed: another topic",
    ),
    "timeout_is_one_that_redis_takes": Case(
        add="elasticache: {timeout: 19}\n",
        problem="qa.yaml:8: elasticache.timeout: 19 is too short for ElastiCache; allowed: 0, or 20 and more",
    ),
    "desired_count_is_within_the_scaling_range": Case(
        add="ecs_service:\n  desired_count: 5\n",
        problem="qa.yaml:9: ecs_service.desired_count: 5 is outside the range of autoscaling_min_capacity and "
        "autoscaling_max_capacity; allowed: 2 to 4",
    ),
    "scaling_range_is_not_empty": Case(
        add="ecs_service:\n  autoscaling_min_capacity: 5\n",
        problem="qa.yaml:9: ecs_service.autoscaling_min_capacity: 5 is more than autoscaling_max_capacity, 4; "
        "allowed: 0 to 4",
    ),
    "deployment_can_make_progress": Case(
        add="ecs_service:\n  deployment_maximum_percent: 100\n",
        problem="qa.yaml:9: ecs_service.deployment_maximum_percent: 100 allows a deployment neither to start nor to "
        "stop a task; allowed: more than deployment_minimum_healthy_percent, 100",
    ),
    "private_subnets_hold_every_task": Case(
        replace=("10.9.11.0/24, 10.9.12.0/24", "10.9.11.0/28, 10.9.12.0/28"),
        add="ecs_service:\n  autoscaling_max_capacity: 11\n",
        problem="qa.yaml:9: ecs_service.autoscaling_max_capacity: 11 x 200 % are 22 tasks during a deployment, more "
        "than the free addresses of the private subnets (22, 1 of them for the cache); "
        "allowed: at most 10, or larger networking.private_subnet_cidrs",
    ),
    "percentiles_rise": Case(
        add="service_levels:\n  p50_ms: 120\n  p95_ms: 110\n",
        problem="qa.yaml:10: service_levels.p95_ms: 110 is below p50_ms, 120; allowed: 120 or more",
    ),
    "waived_findings_exist": Case(
        add="lint:\n  waive:\n    no-htps: {reason: a slip, until: 2027-03-31}\n",
        problem="qa.yaml:10: lint.waive.no-htps: 'no-htps' is not the name of a finding (did you mean no-https?); "
        "allowed: the name of a finding (miyabi-infra lint --rules), or of a checkov policy such as CKV_AWS_91",
    ),
    "https_listener_can_be_reached": Case(
        add="alb:\n  certificate_arn: arn:aws:acm:us-west-2:123456789012:certificate/1a2b\n"
        "security_groups:\n  https_ingress: false\n",
        problem="qa.yaml:11: security_groups.https_ingress: false blocks the HTTPS listener that "
        "alb.certificate_arn creates; allowed: true",
    ),
    "state_is_locked": Case(
        add="state:\n  backend: s3\n  bucket: a-bucket\n  use_lockfile: false\n",
        problem="qa.yaml:11: state.use_lockfile: false leaves the state unlocked; allowed: true, or a dynamodb_table",
    ),
    "existing_topic_has_subscribers_of_its_own": Case(
        add=f"notifications:\n  topic_arn: {TOPIC}\n  webhook: true\n",
        problem=f"qa.yaml:9: notifications.topic_arn: '{TOPIC}' excludes email_addresses and webhook, which belong to "
        "a topic that is created; allowed: either topic_arn, or email_addresses and webhook",
    ),
    "alarm_topic_is_of_the_region": Case(
        add=f"notifications: {{topic_arn: '{TOPIC.replace('us-west-2', 'us-east-1')}'}}\n",
        problem=f"qa.yaml:8: notifications.topic_arn: '{TOPIC.replace('us-west-2', 'us-east-1')}' is a topic of "
        "us-east-1; allowed: one of us-west-2",
    ),
    "email_addresses_differ": Case(
        add="notifications: {email_addresses: [a@example.com, A@example.com]}\n",
        problem="qa.yaml:8: notifications.email_addresses[1]: 'A@example.com' is in the list twice; "
        "allowed: each address once",
    ),
    "key_is_for_a_topic_of_its_own": Case(
        add=f"notifications: {{topic_arn: '{TOPIC}', kms_key_arn: '{KEY}'}}\n",
        problem=f"qa.yaml:8: notifications.kms_key_arn: '{KEY}' is the key of a topic that is not created; "
        "allowed: a key together with email_addresses or webhook",
    ),
    "instance_class_exists": Case(
        add="rds:\n  instance_class: db.t4g.16xlarge\n",
        problem="qa.yaml:9: rds.instance_class: 'db.t4g.16xlarge' is no class that is known here; allowed: "
        "db.t4g.micro, db.t4g.small, db.t4g.medium, db.t4g.large, db.t4g.xlarge, db.t4g.2xlarge",
    ),
    "storage_can_grow": Case(
        add="rds:\n  allocated_storage: 100\n  max_allocated_storage: 105\n",
        problem="qa.yaml:10: rds.max_allocated_storage: 105 leaves no room above allocated_storage, 100; "
        "allowed: 0, or 110 and more",
    ),
    "backup_is_outside_maintenance": Case(
        add="rds:\n  backup_window: 09:30-10:30\n",
        problem="qa.yaml:9: rds.backup_window: '09:30-10:30' overlaps maintenance_window, sun:09:00-sun:10:00; "
        "allowed: a window outside it",
    ),
    "users_have_names_of_their_own": Case(
        add="rds:\n  admin_user: admin\n",
        problem="qa.yaml:9: rds.admin_user: 'admin' is reserved; allowed: another name, such as miyabi_admin",
    ),
    "database_has_a_name_of_its_own": Case(
        add="rds:\n  database_name: order\n",
        problem="qa.yaml:9: rds.database_name: 'order' is reserved; allowed: another name, such as miyabi",
    ),
    "key_of_the_database_is_of_the_region": Case(
        add=f"rds: {{kms_key_arn: '{KEY.replace('us-west-2', 'us-east-1')}'}}\n",
        problem=f"qa.yaml:8: rds.kms_key_arn: '{KEY.replace('us-west-2', 'us-east-1')}' is a key of us-east-1; "
        "allowed: one of us-west-2",
    ),
    "exported_logs_differ": Case(
        add="rds: {log_exports: [postgresql, postgresql]}\n",
        problem="qa.yaml:8: rds.log_exports[1]: 'postgresql' is in the list twice; allowed: each once",
    ),
    "lists_name_each_once": Case(
        add="ecs_service: {deployment_alarms: [unhealthy-hosts, unhealthy-hosts]}\n",
        problem="qa.yaml:8: ecs_service.deployment_alarms[1]: 'unhealthy-hosts' is in the list twice; "
        "allowed: each once",
    ),
    "authorities_differ": Case(
        add="certificate: {authorities: [amazon.com, amazon.com]}\n",
        problem="qa.yaml:8: certificate.authorities[1]: 'amazon.com' is in the list twice; allowed: each once",
    ),
    "counted_rules_differ": Case(
        add="waf:\n  managed_groups:\n    AWSManagedRulesCommonRuleSet: {counted_rules: [A_Rule, A_Rule]}\n",
        problem="qa.yaml:10: waf.managed_groups.AWSManagedRulesCommonRuleSet.counted_rules[1]: 'A_Rule' is in the list "
        "twice; allowed: each once",
    ),
    "parameters_exist": Case(
        add="rds:\n  parameters:\n    work_men: '8192'\n",
        problem="qa.yaml:10: rds.parameters.work_men: '8192' is no parameter of PostgreSQL 17; allowed: work_mem",
    ),
    "tls_is_a_setting": Case(
        add='rds:\n  parameters: {rds.force_ssl: "0"}\n',
        problem="qa.yaml:9: rds.parameters.rds.force_ssl: '0' has a setting of its own; allowed: rds.force_tls",
    ),
    "variables_of_the_database_have_names_of_their_own": Case(
        add="  environment_variables: {DATABASE_HOST: here}\nrds:\n  enabled: true\n  variable_prefix: DATABASE\n",
        problem="qa.yaml:11: rds.variable_prefix: 'DATABASE' makes DATABASE_HOST, which is also in "
        "ecs.environment_variables; allowed: another prefix",
    ),
    "secrets_that_are_named_exist": Case(
        add="  secrets: {MAIL_KEY: secrets.mail}\nsecrets:\n  login: {description: x}\n",
        problem="qa.yaml:8: ecs.secrets.MAIL_KEY: 'secrets.mail' is no secret of the section secrets; "
        "allowed: secrets.login",
    ),
    "rotation_breaks_no_running_task": Case(
        add="  secrets: {MAIL_KEY: secrets.mail}\nsecrets:\n  mail: {description: x, rotation_days: 30, "
        f"rotation_lambda_arn: '{FUNCTION}'}}\n",
        problem="qa.yaml:8: ecs.secrets.MAIL_KEY: 'secrets.mail' rotates by itself, and running tasks would keep a "
        "value that is no longer valid; allowed: secrets.mail.application_reads, or old_value_stays_valid if the "
        "function alternates",
    ),
    "rotations_are_complete": Case(
        add=f"secrets:\n  mail:\n    description: x\n    rotation_lambda_arn: {FUNCTION}\n",
        problem=f"qa.yaml:11: secrets.mail.rotation_lambda_arn: '{FUNCTION}' has no schedule; "
        "allowed: rotation_days, too",
    ),
    "dashboard_has_its_figures": Case(
        add="  container_insights: false\nmonitoring: {enabled: true}\n",
        problem="qa.yaml:8: ecs.container_insights: false removes the task metrics that the dashboard of "
        "monitoring.enabled shows; allowed: true",
    ),
}

FIELDS = {
    "three codes in a range": Case(
        add="alb:\n  health_check_matcher: 200-299-399\n",
        problem="qa.yaml:9: alb.health_check_matcher: '200-299-399' is not a list of HTTP status codes; "
        "allowed: codes or ranges from 200 to 499: 200-299",
    ),
    "codes backwards": Case(
        add="alb:\n  health_check_matcher: 299-200\n",
        problem="qa.yaml:9: alb.health_check_matcher: '299-200' has a range that does not rise (299-200); "
        "allowed: codes or ranges from 200 to 499: 200-299",
    ),
    "time zone that is none": Case(
        add="ecs_service:\n  running_hours_timezone: Asia/Tokio\n",
        problem="qa.yaml:9: ecs_service.running_hours_timezone: 'Asia/Tokio' is not a time zone; allowed: Asia/Tokyo",
    ),
    "path for Route 53 too long": Case(
        add=f"dns:\n  health_check_path: /{'a' * 255}\n",
        problem=f"qa.yaml:9: dns.health_check_path: '/{'a' * 98}… is not a URL path; "
        "allowed: a path that starts with /, at most 255 characters",
    ),
    "reserved end of a new bucket": Case(
        add="log_bucket:\n  name: logs-123456789012-us-west-2-an\n",
        problem="qa.yaml:9: log_bucket.name: 'logs-123456789012-us-west-2-an' is not a valid S3 bucket name; allowed: "
        "3 to 63 lower-case letters, digits, hyphens and single dots, starting and ending with a letter or digit, "
        "without an ending that S3 reserves, such as -s3alias or -an",
    ),
    "origin with a star": Case(
        add="frontend:\n  api_domain_name: '*.example.com'\n",
        problem="qa.yaml:9: frontend.api_domain_name: '*.example.com' is not a domain name without *; "
        "allowed: a name in lower case such as app.example.com",
    ),
    "alarm before each renewal": Case(
        add="certificate:\n  expiry_alarm_days: 45\n",
        problem="qa.yaml:9: certificate.expiry_alarm_days: 45 is too large; allowed: at most 44",
    ),
    "database maintained in a quarter of an hour": Case(
        add="rds:\n  maintenance_window: sun:09:00-sun:09:15\n",
        problem="qa.yaml:9: rds.maintenance_window: 'sun:09:00-sun:09:15' is a window of 15 minutes; "
        "allowed: 30 minutes to less than 24 hours",
    ),
    "unknown key": Case(
        add="security_groups:\n  https_ingres: true\n",
        problem="qa.yaml:9: security_groups.https_ingres: true is under an unknown key (did you mean "
        "https_ingress?); allowed: https_ingress, alb_ingress_cidr_blocks, alb_ingress_ipv6_cidr_blocks",
    ),
    "key that the file's name gives": Case(
        add="environment: prod\n",
        problem="qa.yaml:8: environment: 'prod' cannot be set: the name of the overlay's file is the name of the "
        "environment; allowed: no such key",
    ),
    "wrong type: number": Case(
        add="ecs_service: {desired_count: two}\n",
        problem="qa.yaml:8: ecs_service.desired_count: 'two' is not an integer; allowed: an integer, without quotes",
    ),
    "wrong type: flag": Case(
        replace=("ecs:\n", "  single_nat_gateway: yes\necs:\n"),
        problem="qa.yaml:6: networking.single_nat_gateway: 'yes' is neither true nor false; allowed: true or false",
    ),
    "wrong type: text": Case(
        add="account_id: 123456789012\n",
        problem="qa.yaml:8: account_id: 123456789012 is not a string; allowed: a string, in quotes",
    ),
    "wrong type: list": Case(
        replace=("[us-west-2a, us-west-2b]", "us-west-2a"),
        problem="qa.yaml:3: networking.availability_zones: 'us-west-2a' is not a list; allowed: a list, such as [a, b]",
    ),
    "wrong type: mapping": Case(
        add="alb: off\n",
        problem="qa.yaml:8: alb: 'off' is not a mapping; allowed: a mapping of settings, or no such key",
    ),
    "missing value": Case(
        replace=("  vpc_cidr: 10.9.0.0/16\n", ""),
        problem="qa.yaml:1: networking.vpc_cidr: is missing; allowed: IPv4 CIDR block of the VPC, /16 to /28. A change "
        "replaces the VPC and everything in it",
    ),
    "duplicate key": Case(
        add="  ecr_image_uri: a/b:c\n",
        problem="qa.yaml:8: ecs.ecr_image_uri: 'a/b:c' is a duplicate of the key in line 7; allowed: each key once",
    ),
    "bad YAML": Case(
        add="alb: [\n",
        problem="qa.yaml:9: is not YAML: while parsing a flow node, expected the node content, but found "
        "'<stream end>'; allowed: one document of keys and values",
    ),
    "two documents": Case(
        add="---\nalb: {}\n",
        problem="qa.yaml:8: is not YAML: expected a single document in the stream, but found another document; "
        "allowed: one document of keys and values",
    ),
    "tag of YAML's own": Case(
        add="project: !!python/name:os.system x\n",
        problem="qa.yaml:8: project: 'x' cannot be read (could not determine a constructor for the tag "
        "'tag:yaml.org,2002:python/name:os.system'); allowed: plain YAML without custom tags",
    ),
    "block with host bits": Case(
        replace=("10.9.0.0/16", "10.9.0.1/16"),
        problem="qa.yaml:2: networking.vpc_cidr: '10.9.0.1/16' is not the address of its network; "
        "allowed: 10.9.0.0/16, the network that contains it",
    ),
    "block of a size that AWS does not offer": Case(
        replace=("vpc_cidr: 10.9.0.0/16", "vpc_cidr: 10.0.0.0/8"),
        problem="qa.yaml:2: networking.vpc_cidr: '10.0.0.0/8' has a prefix length that AWS does not support; "
        "allowed: a prefix length from /16 to /28",
    ),
    "block of a wrong size with host bits": Case(
        replace=("vpc_cidr: 10.9.0.0/16", "vpc_cidr: 10.9.0.0/8"),
        problem="qa.yaml:2: networking.vpc_cidr: '10.9.0.0/8' has a prefix length that AWS does not support; "
        "allowed: a prefix length from /16 to /28",
    ),
    "day that no calendar has": Case(
        add="lint:\n  waive:\n    local-state: {reason: later, until: 2027-06-31}\n",
        problem="qa.yaml:10: lint.waive.local-state.until: '2027-06-31' cannot be read (day is out of range for "
        "month); allowed: a day of the calendar, such as 2027-06-30",
    ),
    "port": Case(
        add="container_port: 65536\n",
        problem="qa.yaml:8: container_port: 65536 is too large; allowed: at most 65535",
    ),
    "retention that CloudWatch does not offer": Case(
        add="  log_retention_days: 8\n",
        problem="qa.yaml:8: ecs.log_retention_days: 8 is not one of the allowed values; allowed: 0, 1, 3, 5, 7, 14, "
        "30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653",
    ),
    "certificate that is no ARN": Case(
        add="alb:\n  certificate_arn: my-certificate\n",
        problem="qa.yaml:9: alb.certificate_arn: 'my-certificate' is not the ARN of a certificate; allowed: "
        "arn:aws:acm:<region>:<account>:certificate/<id>, an IAM server certificate's ARN, or an empty string for none",
    ),
    "maintenance window": Case(
        add="elasticache:\n  maintenance_window: Sun:05:00-Sun:06:00\n",
        problem="qa.yaml:9: elasticache.maintenance_window: 'Sun:05:00-Sun:06:00' is not a weekly window; allowed: "
        "ddd:hh:mm-ddd:hh:mm in lower case and UTC, such as sun:05:00-sun:06:00",
    ),
    "maintenance window shorter than an hour": Case(
        add="elasticache:\n  maintenance_window: sun:05:00-sun:05:30\n",
        problem="qa.yaml:9: elasticache.maintenance_window: 'sun:05:00-sun:05:30' is a window of 30 minutes; "
        "allowed: 60 minutes to 24 hours",
    ),
    "snapshot window": Case(
        add='elasticache:\n  snapshot_window: "25:00-26:00"\n',
        problem="qa.yaml:9: elasticache.snapshot_window: '25:00-26:00' is not a daily window; "
        "allowed: hh:mm-hh:mm in UTC, such as 03:00-04:00",
    ),
    "Redis version": Case(
        add='elasticache:\n  redis_engine_version: "4.0"\n',
        problem="qa.yaml:9: elasticache.redis_engine_version: '4.0' is not one of the allowed values; "
        "allowed: '7.1', '7.0', '6.2', '6.0', '5.0.6', '9.1', '9.0', '8.2', '8.1', '8.0', '7.2'",
    ),
    "node type": Case(
        add="elasticache:\n  redis_node_type: t3.micro\n",
        problem="qa.yaml:9: elasticache.redis_node_type: 't3.micro' is not a node type of ElastiCache; "
        "allowed: cache.<family>.<size>, such as cache.t3.micro or cache.r7g.large",
    ),
    "image": Case(
        replace=("miyabi-web-api:3f2c1ab", "miyabi-web-api"),
        problem="qa.yaml:7: ecs.ecr_image_uri: '123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api' is not "
        "the URI of a container image; allowed: <registry>/<repository>:<tag> or …@sha256:<digest>, such as "
        "123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api:3f2c1ab",
    ),
    "secret in place of its ARN": Case(
        add="  secrets: {DB: hunter2}\n",
        problem="qa.yaml:8: ecs.secrets.DB: (a value that is not shown, as it may be a secret) is not the ARN of a "
        "secret; allowed: the ARN of a Secrets Manager secret or of an SSM parameter, or secrets.<name> of the section "
        "secrets, never the secret itself",
    ),
    "secrets under a misspelt key": Case(
        add="  secret: {DB: hunter2}\n",
        problem="qa.yaml:8: ecs.secret: (a value that is not shown, as it may be a secret) is under an unknown key "
        "(did you mean secrets?); allowed: ecr_image_uri, task_cpu, task_memory, cpu_architecture, "
        "log_retention_days, container_insights, health_check_path, container_health_check, "
        "container_health_check_command, container_health_check_interval, container_health_check_timeout, "
        "container_health_check_retries, container_health_check_start_period, stop_timeout, read_only_root, "
        "writable_paths, ephemeral_storage, open_files_limit, user, sidecars, log_router_options, "
        "environment_variables, not_secret, secrets",
    ),
    "secret that is a number": Case(
        add="  secrets: {PIN: 12345678}\n",
        problem="qa.yaml:8: ecs.secrets.PIN: (a value that is not shown, as it may be a secret) is not a string; "
        "allowed: a string, in quotes",
    ),
    "control character": Case(
        add="project: a\x01b\n",
        problem="qa.yaml:8: has a character that YAML does not allow ('\\x01'); "
        "allowed: text without control characters",
    ),
    "nested without an end": Case(
        add="tags: " + "[" * 3000 + "]" * 3000 + "\n",
        problem="qa.yaml:1: is nested too deeply; allowed: the few levels that settings have",
    ),
    "date in place of text": Case(
        add="  environment_variables: {SINCE: 2026-01-01}\n",
        problem="qa.yaml:8: ecs.environment_variables.SINCE: 2026-01-01 is not a string; allowed: a string, in quotes",
    ),
    "threshold that is not a number": Case(
        add="alb: {response_time_alarm_threshold: .inf}\n",
        problem="qa.yaml:8: alb.response_time_alarm_threshold: inf is not a number; allowed: a number",
    ),
    "tag of two lines": Case(
        add='tags: {a: "b\\nc"}\n',
        problem="qa.yaml:8: tags.a: 'b\\nc' has a value with a character that AWS does not allow; "
        "allowed: letters, digits, spaces and _ . : / = + - @",
    ),
    "region": Case(
        add="region: cn-north-1\n",
        replace=("us-west-2", "cn-north-1"),
        problem="qa.yaml:8: region: 'cn-north-1' is not one of the allowed values; "
        f"allowed: {str(get_args(Region))[1:-1]}",
    ),
    "zone that the region has not": Case(
        replace=("us-west-2b", "us-west-2e"),
        problem="qa.yaml:3: networking.availability_zones[1]: 'us-west-2e' is not a zone of us-west-2; "
        "allowed: us-west-2a, us-west-2b, us-west-2c, us-west-2d",
    ),
    "node type of a previous generation": Case(
        add="elasticache:\n  redis_node_type: cache.t2.micro\n",
        problem="qa.yaml:9: elasticache.redis_node_type: 'cache.t2.micro' is of a previous generation, of which AWS "
        "creates no new nodes; allowed: a current type, such as cache.t4g.micro; for a node that runs: "
        "previous_generation_node: true",
    ),
    "node type that the region has not": Case(
        add="region: mx-central-1\nelasticache: {redis_node_type: cache.m5.large}\n",
        replace=("us-west-2", "mx-central-1"),
        problem="qa.yaml:9: elasticache.redis_node_type: 'cache.m5.large' is not available in mx-central-1; allowed: "
        "cache.t3.micro, cache.t3.small, cache.t3.medium, cache.t4g.micro, cache.t4g.small, cache.t4g.medium, "
        "cache.m7g.large, cache.m7g.xlarge, cache.m7g.2xlarge, cache.m7g.4xlarge, cache.m7g.8xlarge, "
        "cache.m7g.12xlarge, cache.m7g.16xlarge, cache.r7g.large, cache.r7g.xlarge, cache.r7g.2xlarge, "
        "cache.r7g.4xlarge, cache.r7g.8xlarge, cache.r7g.12xlarge, cache.r7g.16xlarge",
    ),
    "node type with data tiering": Case(
        add="elasticache:\n  redis_node_type: cache.r6gd.xlarge\n",
        problem="qa.yaml:9: elasticache.redis_node_type: 'cache.r6gd.xlarge' keeps data on SSD (data tiering), which "
        "only replication groups support; allowed: another type, or topology: replication-group",
    ),
    "node type that is newer than the version": Case(
        add='elasticache: {redis_node_type: cache.m7g.large, redis_engine_version: "6.0"}\n',
        problem="qa.yaml:8: elasticache.redis_node_type: 'cache.m7g.large' needs version 6.2 or newer, not 6.0; "
        "allowed: another type, or a newer redis_engine_version",
    ),
    "node type of another engine": Case(
        add="elasticache:\n  redis_node_type: cache.r8g.large\n",
        problem="qa.yaml:9: elasticache.redis_node_type: 'cache.r8g.large' is a node type of Valkey only; "
        "allowed: another type, or engine: valkey",
    ),
    "log that the version has not": Case(
        add='elasticache: {topology: replication-group, redis_engine_version: "6.0", log_delivery: [engine-log]}\n',
        problem="qa.yaml:8: elasticache.log_delivery[0]: 'engine-log' needs version 6.2 or newer, not 6.0; "
        "allowed: a list without it",
    ),
    "version without quotes": Case(
        add="elasticache: {redis_engine_version: 7.0}\n",
        problem="qa.yaml:8: elasticache.redis_engine_version: 7.0 is not a string; allowed: '7.0', in quotes",
    ),
    "backend": Case(
        add="state: {backend: azurerm}\n",
        problem="qa.yaml:8: state.backend: 'azurerm' is not one of the allowed values; allowed: 'local', 's3'",
    ),
    "state file outside the project": Case(
        add="state: {backend: local, path: ../terraform.tfstate}\n",
        problem="qa.yaml:8: state.path: '../terraform.tfstate' is not the relative path of a state file; allowed: a "
        "path below the project's root that ends in .tfstate, such as environments/dev/terraform.tfstate",
    ),
    "tag that IAM takes for the generator's own": Case(
        add="tags: {name: all}\n",
        problem="qa.yaml:8: tags.name: 'all' is set by the generator; "
        "allowed: keys other than Name, Type, Project, Environment and ManagedBy",
    ),
    "budget without an end": Case(
        add="monthly_budget: .inf\n",
        problem="qa.yaml:8: monthly_budget: inf is not a number; allowed: a number",
    ),
    "negative budget": Case(
        add="monthly_budget: -5\n",
        problem="qa.yaml:8: monthly_budget: -5 is too small; allowed: more than 0",
    ),
    "volume without an end": Case(
        add="usage: {nat_gb: .inf}\n",
        problem="qa.yaml:8: usage.nat_gb: inf is not a number; allowed: a number",
    ),
    "state file under another spelling": Case(
        add="state: {backend: local, path: environments/./dev/terraform.tfstate}\n",
        problem="qa.yaml:8: state.path: 'environments/./dev/terraform.tfstate' is not the relative path of a state "
        "file; allowed: a path below the project's root that ends in .tfstate, such as "
        "environments/dev/terraform.tfstate",
    ),
    "key of a state that S3 would read as another": Case(
        add="state: {backend: s3, bucket: miyabi-terraform-state, key: dev//terraform.tfstate}\n",
        problem="qa.yaml:8: state.key: 'dev//terraform.tfstate' is not a key that Terraform and S3 accept; allowed: up "
        "to 1024 characters such as dev/terraform.tfstate, without // and without . or .. as a folder",
    ),
    "key of a state that leaves its folder": Case(
        add="state: {backend: s3, bucket: miyabi-terraform-state, key: dev/../prod/terraform.tfstate}\n",
        problem="qa.yaml:8: state.key: 'dev/../prod/terraform.tfstate' is not a key that Terraform and S3 accept; "
        "allowed: up to 1024 characters such as dev/terraform.tfstate, without // and without . or .. as a folder",
    ),
    "project whose names look like IDs": Case(
        add="project: sg-x\n",
        problem="qa.yaml:8: project: 'sg-x' results in names that start with sg-, which EC2 reserves for security "
        "group IDs; allowed: another name",
    ),
    "digit of another script": Case(
        add="  user: '\u0661'\n",
        problem="qa.yaml:8: ecs.user: '\u0661' is not the user of a container; allowed: a name or number, or "
        "user:group, each a name or a number, in quotes",
    ),
    "port of an address": Case(
        add="service_levels: {url: 'http://api.example.com:99999'}\n",
        problem="qa.yaml:8: service_levels.url: 'http://api.example.com:99999' has an invalid port; "
        "allowed: a port from 1 to 65535, or no port",
    ),
    "address of a service": Case(
        add="service_levels: {url: api.example.com}\n",
        problem="qa.yaml:8: service_levels.url: 'api.example.com' is not the URL of a service; allowed: http:// or "
        "https://, a host name, and an optional path: https://api.example.com/health",
    ),
    "latency that is not a number": Case(
        add="service_levels: {p99_ms: .nan}\n",
        problem="qa.yaml:8: service_levels.p99_ms: nan is not a number; allowed: a number",
    ),
    "bucket": Case(
        add="state: {backend: s3, bucket: My_Bucket}\n",
        problem="qa.yaml:8: state.bucket: 'My_Bucket' is not a valid S3 bucket name; allowed: 3 to 63 "
        "lower-case letters, digits, hyphens and single dots, starting and ending with a letter or digit",
    ),
    "hours that end before they begin": Case(
        add="ecs_service: {running_hours: MON-FRI 20:00-07:00}\n",
        problem="qa.yaml:8: ecs_service.running_hours: 'MON-FRI 20:00-07:00' ends before it begins; "
        "allowed: hours of one day, the later one last",
    ),
    "environment's name": Case(
        environment="QA",
        problem="QA.yaml:1: environment: 'QA' is not a valid name for every AWS service; allowed: lower-case letters, "
        "digits and single hyphens, starting with a letter and not ending with a hyphen",
    ),
    "URL of a webhook in place of a flag": Case(
        add="notifications: {webhook: 'https://events.example.com/hunter2'}\n",
        problem="qa.yaml:8: notifications.webhook: (a value that is not shown, as it may be a secret) is neither true "
        "nor false; allowed: true or false; the URL is the value of TF_VAR_alarm_webhook_url",
    ),
    "e-mail address": Case(
        add="notifications: {email_addresses: [oncall]}\n",
        problem="qa.yaml:8: notifications.email_addresses[0]: 'oncall' is not an email address; "
        "allowed: an address such as oncall@example.com",
    ),
    "AWS's key for SNS": Case(
        add="notifications: {email_addresses: [a@example.com], kms_key_arn: alias/aws/sns}\n",
        problem="qa.yaml:8: notifications.kms_key_arn: 'alias/aws/sns' is not the ARN of a KMS key; "
        "allowed: arn:aws:kms:<region>:<account>:key/<id>, or an empty string for none",
    ),
    "certificate without a zone": Case(
        add="certificate:\n  domain_names: [example.com]\n",
        problem="qa.yaml:1: dns.zone: null is missing: the records that validate the certificate are in it; "
        "allowed: the name of the hosted zone",
    ),
    "name that leads to two places": Case(
        add="dns:\n  zone: example.com\n  load_balancer_names: [app.example.com]\n"
        "  frontend_names: [app.example.com]\n"
        f"frontend: {{enabled: true, bucket: b-1, domain_names: [app.example.com], certificate_arn: '{GLOBAL}'}}\n",
        problem="qa.yaml:11: dns.frontend_names[0]: 'app.example.com' is in load_balancer_names, too; "
        "allowed: one of both",
    ),
    "frontend's name before its certificate": Case(
        add="dns:\n  zone: example.com\n  frontend_names: [app.example.com]\n"
        "certificate:\n  for_frontend: true\n  wait_for_validation: false\n"
        "frontend: {enabled: true, bucket: b-1, domain_names: [app.example.com]}\n",
        problem="qa.yaml:10: dns.frontend_names[0]: 'app.example.com' leads to a distribution that has no names "
        "before its certificate is issued; allowed: none, or certificate.wait_for_validation: true",
    ),
    "two certificates of the frontend": Case(
        add="dns:\n  zone: example.com\ncertificate:\n  for_frontend: true\n"
        f"frontend: {{enabled: true, bucket: b-1, domain_names: [app.example.com], certificate_arn: '{GLOBAL}'}}\n",
        problem="qa.yaml:11: certificate.for_frontend: true and frontend.certificate_arn exclude each other; "
        "allowed: one of both",
    ),
    "health check of what only CloudFront reaches": Case(
        add="dns:\n  zone: example.com\n  load_balancer_names: [api.example.com]\n"
        "  health_check_name: api.example.com\nfrontend: {enabled: true, bucket: b-1, origin_secret: true}\n",
        problem="qa.yaml:11: dns.health_check_name: 'api.example.com' leads to the load balancer, which only "
        "CloudFront gets an answer from; allowed: one of dns.frontend_names, or none",
    ),
    "api name that the certificate does not cover": Case(
        add="dns: {zone: example.com}\ncertificate: {domain_names: [api.example.com]}\n"
        "frontend:\n  enabled: true\n  bucket: b-1\n  api_domain_name: www.example.com\n",
        problem="qa.yaml:13: frontend.api_domain_name: 'www.example.com' is not covered by certificate.domain_names, "
        "which CloudFront checks; allowed: a name of api.example.com",
    ),
    "certificate whose listener cannot be reached": Case(
        add="dns: {zone: example.com}\ncertificate: {domain_names: [api.example.com]}\n"
        "security_groups:\n  https_ingress: false\n",
        problem="qa.yaml:11: security_groups.https_ingress: false blocks the HTTPS listener that "
        "certificate.domain_names creates; allowed: true",
    ),
    "zone with a wildcard": Case(
        add='dns: {zone: "*.example.com"}\n',
        problem="qa.yaml:8: dns.zone: '*.example.com' is not a domain name without *; "
        "allowed: a name in lower case such as app.example.com",
    ),
    "dot in the name of the frontend": Case(
        add="frontend:\n  bucket: app.example\n",
        problem="qa.yaml:9: frontend.bucket: 'app.example' contains a dot, which the TLS certificate of S3 does not "
        "cover; allowed: a name without dots",
    ),
    "frontend behind a redirect": Case(
        add="frontend:\n  enabled: true\n  bucket: frontend-qa\n"
        f"alb:\n  certificate_arn: {REGIONAL}\n  redirect_http_to_https: true\n",
        problem="qa.yaml:8: frontend.api_domain_name: null is missing: CloudFront would connect over HTTP, which "
        "alb.redirect_http_to_https redirects; allowed: a name that the certificate of alb.certificate_arn covers",
    ),
    "path of the API": Case(
        add="frontend: {api_paths: [api]}\n",
        problem="qa.yaml:8: frontend.api_paths[0]: 'api' is not a path pattern of CloudFront; allowed: a path that "
        "starts with /, at most 255 characters; * for any text, ? for one character",
    ),
    "web ACL of a region": Case(
        add="frontend: {web_acl_arn: 'arn:aws:wafv2:us-west-2:123456789012:regional/webacl/a/b'}\n",
        problem="qa.yaml:8: frontend.web_acl_arn: 'arn:aws:wafv2:us-west-2:123456789012:regional/webacl/a/b' is not "
        "the ARN of a web ACL for CloudFront; allowed: arn:aws:wafv2:us-east-1:<account>:global/webacl/<name>/<id>, "
        "or an empty string for none",
    ),
    "second web ACL of a distribution": Case(
        add="frontend:\n  enabled: true\n  bucket: frontend-qa\n"
        f"  web_acl_arn: {WEB_ACL}\nwaf: {{enabled: true, protects: both}}\n",
        problem=f"qa.yaml:11: frontend.web_acl_arn: '{WEB_ACL}' is a second web ACL of the distribution; "
        "allowed: no such key",
    ),
    "all addresses": Case(
        add="waf: {allowed_addresses: [0.0.0.0/0]}\n",
        problem="qa.yaml:8: waf.allowed_addresses[0]: '0.0.0.0/0' is every IPv4 address, which WAF refuses in a list; "
        "allowed: /1 to /32",
    ),
    "address within a block": Case(
        add="waf: {blocked_addresses: [192.0.2.1/24]}\n",
        problem="qa.yaml:8: waf.blocked_addresses[0]: '192.0.2.1/24' is not the address of its network; "
        "allowed: 192.0.2.0/24, the network that contains it",
    ),
    "value in another spelling": Case(
        add="alb: {ip_address_type: dual-stack}\n",
        problem="qa.yaml:8: alb.ip_address_type: 'dual-stack' is not one of the allowed values (did you mean "
        "dualstack?); allowed: 'ipv4', 'dualstack', 'dualstack-without-public-ipv4'",
    ),
    "a part of a value": Case(
        add="alb: {desync_mitigation_mode: Strict}\n",
        problem="qa.yaml:8: alb.desync_mitigation_mode: 'Strict' is not one of the allowed values (did you mean "
        "strictest?); allowed: 'monitor', 'defensive', 'strictest'",
    ),
    "key with a dot": Case(
        add="alb.idle_timeout: 60\n",
        problem="qa.yaml:8: alb.idle_timeout: 60 is under an unknown key (did you mean idle_timeout in the section "
        f"alb?); allowed: {', '.join(name for name in EnvironmentSettings.model_fields if name != 'environment')}",
    ),
    "a part of a key": Case(
        add="security_groups: {https: true}\n",
        problem="qa.yaml:8: security_groups.https: true is under an unknown key (did you mean https_ingress?); "
        "allowed: https_ingress, alb_ingress_cidr_blocks, alb_ingress_ipv6_cidr_blocks",
    ),
    "URL of a domain": Case(
        add="dns: {zone: 'https://Example.com/'}\n",
        problem="qa.yaml:8: dns.zone: 'https://Example.com/' is not written as a domain name; allowed: example.com",
    ),
    "dot at the end of a domain": Case(
        add="certificate: {domain_names: ['*.example.com.']}\n",
        problem="qa.yaml:8: certificate.domain_names[0]: '*.example.com.' is not written as a domain name; "
        "allowed: *.example.com",
    ),
    "every address without a length": Case(
        add="security_groups: {alb_ingress_ipv6_cidr_blocks: ['::']}\n",
        problem="qa.yaml:8: security_groups.alb_ingress_ipv6_cidr_blocks[0]: '::' is one address, and no block; "
        "allowed: ::/0 for every address",
    ),
    "zone of another region beside one that is none": Case(
        replace=("[us-west-2a, us-west-2b]", "[us-east-1b, '']"),
        problem="qa.yaml:3: networking.availability_zones[0]: 'us-east-1b' is not a zone of us-west-2; "
        "allowed: us-west-2a, us-west-2b, us-west-2c, us-west-2d",
    ),
    "a tab": Case(
        add="alb:\n\tidle_timeout: 60\n",
        problem="qa.yaml:9: is not YAML: while scanning for the next token, found character '\\t' that cannot start "
        "any token; allowed: spaces in place of the tab",
    ),
    "all IPv6 addresses": Case(
        add="waf: {blocked_addresses: ['::/0']}\n",
        problem="qa.yaml:8: waf.blocked_addresses[0]: '::/0' is every IPv6 address, which WAF refuses in a list; "
        "allowed: /1 to /128",
    ),
    "IPv6 block in upper case": Case(
        add="security_groups: {alb_ingress_ipv6_cidr_blocks: ['2001:DB8::/32']}\n",
        problem="qa.yaml:8: security_groups.alb_ingress_ipv6_cidr_blocks[0]: '2001:DB8::/32' is not written as AWS "
        "stores it; allowed: 2001:db8::/32",
    ),
    "IPv6 block in a long form, for the firewall": Case(
        add="waf: {allowed_addresses: ['2001:DB8:0:0::/64']}\n",
        problem="qa.yaml:8: waf.allowed_addresses[0]: '2001:DB8:0:0::/64' is not written as AWS stores it; "
        "allowed: 2001:db8::/64",
    ),
    "address without a length": Case(
        add="security_groups: {alb_ingress_cidr_blocks: [203.0.113.7]}\n",
        problem="qa.yaml:8: security_groups.alb_ingress_cidr_blocks[0]: '203.0.113.7' is not written as AWS stores it; "
        "allowed: 203.0.113.7/32",
    ),
    "IPv4 block among those of IPv6": Case(
        add="security_groups: {alb_ingress_ipv6_cidr_blocks: [203.0.113.0/24]}\n",
        problem="qa.yaml:8: security_groups.alb_ingress_ipv6_cidr_blocks[0]: '203.0.113.0/24' is an IPv4 block; "
        "allowed: an IPv6 block; alb_ingress_cidr_blocks is for IPv4",
    ),
    "IPv6 block among those of IPv4": Case(
        add="security_groups: {alb_ingress_cidr_blocks: ['::/0']}\n",
        problem="qa.yaml:8: security_groups.alb_ingress_cidr_blocks[0]: '::/0' is an IPv6 block; "
        "allowed: an IPv4 block; alb_ingress_ipv6_cidr_blocks is for IPv6",
    ),
    "IPv6 block of tests": Case(
        add="codedeploy: {test_port: 9000, test_cidr_blocks: ['2001:db8::/32']}\n",
        problem="qa.yaml:8: codedeploy.test_cidr_blocks[0]: '2001:db8::/32' is an IPv6 block; "
        "allowed: an IPv4 block; test traffic comes over IPv4",
    ),
    "IPv6 block of the VPC": Case(
        replace=("  vpc_cidr: 10.9.0.0/16\n", "  vpc_cidr: 2001:db8::/56\n"),
        problem="qa.yaml:2: networking.vpc_cidr: '2001:db8::/56' is an IPv6 block; allowed: an IPv4 block; "
        "networking.ipv6: dual-stack gives the VPC and its subnets IPv6 blocks of Amazon's",
    ),
    "private block alone, for clients over IPv6": Case(
        replace=DUAL_STACK,
        add="alb:\n  ip_address_type: dualstack\nsecurity_groups:\n  alb_ingress_ipv6_cidr_blocks: ['fd00::/8']\n",
        problem="qa.yaml:12: security_groups.alb_ingress_ipv6_cidr_blocks: ['fd00::/8'] lets nobody in over IPv6, "
        "which alb.ip_address_type dualstack offers; allowed: ['::/0'], blocks of public addresses, or "
        "alb.ip_address_type: ipv4",
    ),
    "block that is there twice, beside one that is none": Case(
        add="security_groups:\n  alb_ingress_cidr_blocks: [10.0.0.0/8, 10.0.0.0/33, 10.0.0.0/8]\n",
        problem="qa.yaml:9: security_groups.alb_ingress_cidr_blocks[2]: '10.0.0.0/8' is in the list twice; "
        "allowed: each block once",
    ),
    "header in upper case": Case(
        add="waf: {redacted_headers: [Cookie]}\n",
        problem="qa.yaml:8: waf.redacted_headers[0]: 'Cookie' is not the name of a header that WAF can redact; "
        "allowed: at most 64 lower-case letters, digits, hyphens and underscores: authorization",
    ),
    "header with a line break": Case(
        add='frontend: {content_security_policy: "a\\nb"}\n',
        problem="qa.yaml:8: frontend.content_security_policy: 'a\\nb' holds characters that a header cannot have; "
        "allowed: printable ASCII",
    ),
    "name of the master user": Case(
        add="rds: {admin_user: seventeen_letters}\n",
        problem="qa.yaml:8: rds.admin_user: 'seventeen_letters' is not a name in PostgreSQL; allowed: a lower-case "
        "letter, then lower-case letters, digits and _; at most 16 characters",
    ),
    "class of another family": Case(
        add="rds: {instance_class: db.x2g.large}\n",
        problem="qa.yaml:8: rds.instance_class: 'db.x2g.large' is no class that is known here; allowed: db.t3 or "
        "db.t4g: micro, small, medium, large, xlarge, 2xlarge; db.m6g or db.m7g or db.r6g or db.r7g: large, xlarge, "
        "2xlarge, 4xlarge, 8xlarge, 12xlarge, 16xlarge",
    ),
    "a list that is too long": Case(
        add="codedeploy: {test_cidr_blocks: [10.0.0.0/8, 11.0.0.0/8, 12.0.0.0/8, 13.0.0.0/8, 14.0.0.0/8]}\n",
        problem="qa.yaml:8: codedeploy.test_cidr_blocks: ['10.0.0.0/8', '11.0.0.0/8', '12.0.0.0/8', '13.0.0.0/8', "
        "'14.0.0.0/8'] has too many items; allowed: at most 4",
    ),
    "a text that is too long": Case(
        add=f"  not_secret: {{TOKEN: {'x' * 501}}}\n",
        problem="qa.yaml:8: ecs.not_secret.TOKEN: (a value that is not shown, as it may be a secret) is too long; "
        "allowed: at most 500 characters",
    ),
    "an empty text": Case(
        add="  not_secret: {TOKEN: ''}\n",
        problem="qa.yaml:8: ecs.not_secret.TOKEN: (a value that is not shown, as it may be a secret) is too short; "
        "allowed: 1 or more characters",
    ),
    "field of a log line": Case(
        add="monitoring: {log_status_field: 'status | limit 1'}\n",
        problem="qa.yaml:8: monitoring.log_status_field: 'status | limit 1' is not a field of a log line; "
        "allowed: a name such as level, or a path such as fields.status",
    ),
}


@pytest.mark.parametrize("case", [*RULES.values(), *FIELDS.values()], ids=[*RULES, *FIELDS])
def test_an_overlay_is_refused_in_one_line(case: Case, project: Project) -> None:
    old, new = case.replace
    assert old in QA
    project.write(case.environment, (QA.replace(old, new) if old else QA) + case.add)
    problems = [str(problem) for problem in project.problems()]
    assert f"environments/{case.problem}" in problems


OF_SHARED = {
    "amazon_may_issue_in_the_zone": (
        "hosted_zone:\n  name: example.com\n  certificate_authorities: [letsencrypt.org]\n",
        (
            "hosted_zone.certificate_authorities: ['letsencrypt.org'] forbid Amazon, so ACM issues nothing; "
            "allowed: amazon.com, too"
        ),
    ),
    "authorities_need_a_zone": (
        "hosted_zone:\n  certificate_authorities: [amazon.com]\n",
        (
            "hosted_zone.certificate_authorities: ['amazon.com'] have no effect without name; "
            "allowed: no such key, or a name"
        ),
    ),
    "pipeline_has_a_repository": (
        "pipeline:\n  environments: [dev]\n",
        "pipeline.environments: ['dev'] has no effect without repository; allowed: no such key, or a repository",
    ),
    "both_numbers_are_given": (
        "pipeline:\n  repository: example/infra\n  owner_id: 1\n",
        "pipeline.owner_id: 1 needs repository_id beside it; allowed: both, or none",
    ),
    "authorities_of_the_zone_differ": (
        "hosted_zone:\n  name: example.com\n  certificate_authorities: [amazon.com, amazon.com]\n",
        "hosted_zone.certificate_authorities[1]: 'amazon.com' is in the list twice; allowed: each once",
    ),
    "boundary_is_of_environments": (
        "pipeline:\n  repository: example/infra\n  roles_need_boundary: true\n",
        ("pipeline.roles_need_boundary: true has no effect without environments; allowed: false, or environments"),
    ),
    "each_environment_has_one_role": (
        "pipeline:\n  repository: example/infra\n  environments: [dev, dev]\n",
        "pipeline.environments[1]: 'dev' is there twice; allowed: each environment once",
    ),
}
"""Rules of the shared stack: what is added to its overlay, in whose last line the one problem is."""


def test_a_parameter_of_another_version_is_refused_with_its_versions(project: Project) -> None:
    project.write("qa", QA + "rds: {engine_version: '16', parameters: {transaction_timeout: '5000'}}\n")
    assert [str(problem) for problem in project.problems()] == [
        (
            "environments/qa.yaml:8: rds.parameters.transaction_timeout: '5000' is no parameter of PostgreSQL 16; "
            "allowed: with engine_version 17 to 18, or another one"
        )
    ]


@pytest.mark.parametrize(
    "add",
    [
        (
            "frontend: {enabled: true, bucket: frontend-qa, only_from_cloudfront: true, origin_secret: true}\n"
            "security_groups: {alb_ingress_cidr_blocks: []}\n"
        ),
        (
            "alb: {ip_address_type: dualstack-without-public-ipv4}\n"
            "security_groups: {alb_ingress_cidr_blocks: [], alb_ingress_ipv6_cidr_blocks: ['2001:db8::/32']}\n"
        ),
    ],
)
def test_no_block_is_asked_for_where_none_would_let_anybody_in(project: Project, add: str) -> None:
    project.write("qa", QA.replace(*DUAL_STACK) + add)
    assert [str(problem) for problem in project.problems()] == []


def _lists_of_strings(model: type[Settings]) -> Iterator[tuple[str, Any]]:
    for name, field in model.model_fields.items():
        members = [field.annotation, *get_args(field.annotation)]
        for member in members:
            if isinstance(member, type) and issubclass(member, Settings):
                yield from ((f"{name}.{inner}", form) for inner, form in _lists_of_strings(member))
            elif get_origin(member) is tuple and get_origin(get_args(member)[0]) is not Literal:
                yield name, Annotated[field.annotation, field]


def test_no_list_of_strings_takes_an_empty_one() -> None:
    config, lists = ConfigDict(strict=True), dict[str, Any]()
    for model in (EnvironmentSettings, SharedSettings):
        lists |= dict(_lists_of_strings(model))
    assert {"rds.migration_command", "ecs.sidecars.command", "waf.managed_groups.counted_rules"} <= lists.keys()
    for text in ("", " "):
        for name, form in lists.items():
            with pytest.raises(ValidationError) as found:
                TypeAdapter(form, config=config).validate_python([text])
            assert any(0 in error["loc"] for error in found.value.errors()), name


def test_the_pipeline_has_roles_for_environments_that_exist(project: Project) -> None:
    shared = project.overlay("shared")
    text = "pipeline:\n  repository: example/infra\n  environments: [dev, stagin]\n"
    shared.write_text(shared.read_text(encoding="utf-8") + text, encoding="utf-8")
    line = shared.read_text(encoding="utf-8").count("\n")
    assert [str(problem) for problem in project.problems()] == [
        (
            f"environments/shared.yaml:{line}: pipeline.environments[1]: 'stagin' has no overlay; "
            "allowed: dev, prod, staging"
        )
    ]


def test_an_environment_whose_roles_the_pipeline_could_not_make_is_refused(project: Project) -> None:
    shared = project.overlay("shared")
    text = "pipeline:\n  repository: example/infra\n  environments: [dev, qa]\n  roles_need_boundary: true\n"
    shared.write_text(shared.read_text(encoding="utf-8") + text, encoding="utf-8")
    arn = "arn:aws:iam::123456789012:policy/miyabi-github-roles"
    project.change("dev", ("\nstate:\n", f"\nrole_boundary_arn: {arn}\nstate:\n"))
    project.write("qa", f"{QA}role_boundary_arn: arn:aws:iam::123456789012:policy/another\n")
    assert [str(problem) for problem in project.problems()] == [
        (
            "environments/qa.yaml:8: role_boundary_arn: 'arn:aws:iam::123456789012:policy/another' is not the policy "
            "without which the pipeline may make no role (pipeline.roles_need_boundary); "
            "allowed: arn:aws:iam::<account>:policy/miyabi-github-roles"
        )
    ]


LOGS = "account_id: '123456789012'\nlog_bucket: {name: NAME}\n"


@pytest.mark.parametrize(
    ("add", "other", "problem"),
    [
        (
            LOGS.replace("NAME", "miyabi-terraform-state"),
            "",
            (
                "9: log_bucket.name: 'miyabi-terraform-state' is the bucket of environments/shared.yaml too; "
                "allowed: a bucket of its own"
            ),
        ),
        (
            LOGS.replace("NAME", "states") + "state: {backend: s3, bucket: states}\n",
            "",
            (
                "9: log_bucket.name: 'states' is the bucket of the state of environments/qa.yaml; "
                "allowed: a bucket of its own"
            ),
        ),
        (
            LOGS.replace("NAME", "miyabi-logs"),
            LOGS.replace("NAME", "miyabi-logs"),
            "9: log_bucket.name: 'miyabi-logs' is the bucket of environments/pa.yaml too; allowed: a bucket of its own",
        ),
        (
            "frontend: {enabled: true, bucket: miyabi}\n",
            LOGS.replace("NAME", "miyabi-logs"),
            "8: frontend.bucket: 'miyabi-logs' is the bucket of environments/pa.yaml too; allowed: a bucket of its own",
        ),
        (
            "dns: {zone: example.com, load_balancer_names: [api.example.com]}\n",
            "dns: {zone: example.com, load_balancer_names: [api.example.com]}\n",
            (
                "8: dns.load_balancer_names[0]: 'api.example.com' is the record of environments/pa.yaml too; "
                "allowed: a record of its own"
            ),
        ),
    ],
)
def test_what_aws_gives_once_is_of_one_environment(project: Project, add: str, other: str, problem: str) -> None:
    if other:
        project.write("pa", QA + other)
    project.write("qa", QA + add)
    assert [str(each) for each in project.problems()] == [f"environments/qa.yaml:{problem}"]


def test_a_deployed_prefix_is_there_once(project: Project) -> None:
    project.change("shared", ("[dev-, staging-, prod-]", "[dev-, staging-, dev-]"))
    assert [str(each) for each in project.problems()] == [
        "environments/shared.yaml:5: registry.deployed_tag_prefixes[2]: 'dev-' is in the list twice; allowed: each once"
    ]


COMMANDS = {"rds.migration_command", "ecs.container_health_check_command"}
"""Lists in which a word can be twice."""


def test_no_list_of_an_overlay_takes_an_item_twice(project: Project) -> None:
    overlay, lists = complete.overlay(), list[str]()
    for path, _ in complete.leaves(EnvironmentSettings):
        held: Any = complete.said(overlay, path)
        if isinstance(held, list) and held and path not in COMMANDS:
            cast("list[Any]", held).append(held[0])
            lists.append(path)
    project.write("complete", overlay)
    refused = {".".join(map(str, each.key[:2])) for each in project.problems()}
    assert len(lists) > 20
    assert set(lists) - refused == set()


def test_the_valid_overlay_is_accepted(project: Project) -> None:
    project.write("qa", QA)
    assert project.problems() == []


def test_every_rule_has_its_case() -> None:
    sections: list[type[Settings]] = [EnvironmentSettings, SharedSettings, S3State]
    for model in (EnvironmentSettings, SharedSettings):
        for field in model.model_fields.values():
            if isinstance(field.annotation, type) and issubclass(field.annotation, Settings):
                sections.append(field.annotation)  # noqa: PERF401  # reads better than a nested comprehension
    names = {name for section in sections for name, _, _ in rules_of(section)}
    untried = sorted(names - {"name_has_no_dot", "registry_names_each_once"} - RULES.keys() - OF_SHARED.keys())
    assert untried == [], f"add a Case to RULES in tests/unit/test_refusals.py for: {', '.join(untried)}"
    assert RULES.keys() | OF_SHARED.keys() <= names


def test_a_rule_names_settings_that_exist() -> None:
    known = set(EnvironmentSettings.model_fields)
    for field in EnvironmentSettings.model_fields.values():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, Settings):
            for name, keys, _ in rules_of(section):
                assert set(keys) <= known | set(section.model_fields), name


@pytest.mark.parametrize("name", OF_SHARED)
def test_a_rule_of_the_shared_stack_refuses(name: str, project: Project) -> None:
    add, expected = OF_SHARED[name]
    shared = project.overlay("shared").read_text(encoding="utf-8")
    project.write("shared", shared + add)
    line = shared.count("\n") + add.count("\n")
    assert [str(each) for each in project.problems()] == [f"environments/shared.yaml:{line}: {expected}"]


def test_the_bucket_of_the_shared_stack_has_no_dot(project: Project) -> None:
    project.change("shared", ("miyabi-terraform-state", "miyabi.terraform.state"))
    assert [str(problem) for problem in project.problems()] == [
        (
            "environments/shared.yaml:8: state_bucket.name: 'miyabi.terraform.state' contains a dot, which the TLS "
            "certificate of S3 does not cover; allowed: a name without dots"
        )
    ]


def test_two_environments_may_not_have_the_same_state(project: Project) -> None:
    project.write("qa", QA + "state:\n  backend: s3\n  bucket: miyabi-terraform-state\n  key: prod/terraform.tfstate\n")
    assert [str(problem) for problem in project.problems()] == [
        (
            "environments/qa.yaml:11: state.key: 's3://miyabi-terraform-state/prod/terraform.tfstate' is the state of "
            "environments/prod.yaml too; allowed: a different state for each stack"
        )
    ]


def test_a_state_file_is_the_same_in_upper_and_lower_case(project: Project) -> None:
    project.write("qa", QA + "state: {backend: local, path: environments/DEV/terraform.tfstate}\n")
    assert [str(problem) for problem in project.problems()] == [
        (
            "environments/qa.yaml:8: state.path: 'environments/DEV/terraform.tfstate' is the state of "
            "environments/dev.yaml too; allowed: a different state for each stack"
        )
    ]


@pytest.mark.parametrize(
    ("add", "problem"),
    [
        ("security_groups: {alb_ingress_cidr_blocks: [10.0.0.1/8]}\n", "is not the address of its network"),
        ("project: !!python/object:os.system x\n", "cannot be read"),
    ],
)
def test_one_mistake_is_one_problem(project: Project, add: str, problem: str) -> None:
    project.write("qa", QA + add)
    (found,) = project.problems()
    assert found.problem.startswith(problem)


def test_two_environments_may_not_have_the_same_names(project: Project) -> None:
    project.write("a-dev", QA)
    project.change("dev", ("\nstate:\n", "\nproject: miyabi-a\nstate:\n"))
    project.write("base", "project: miyabi\nregion: us-west-2\n")
    assert [str(problem) for problem in project.problems()] == [
        (
            "environments/dev.yaml:4: project: 'miyabi-a-dev' is the name of environments/a-dev.yaml too; "
            "allowed: names that differ"
        )
    ]


@pytest.mark.parametrize(
    ("environment", "project_name", "confused"),
    [("eu-dev", "miyabi", "miyabi-*-eu-dev"), ("eu-dev", "miyabi-shop", "miyabi-shop-*-eu-dev")],
)
def test_names_of_one_environment_may_not_be_names_of_another(
    project: Project, environment: str, project_name: str, confused: str
) -> None:
    project.write(environment, f"{QA}project: {project_name}\n")
    assert [str(problem).partition(": ")[2] for problem in project.problems()] == [
        (
            f"project: '{confused}' can be names of environments/dev.yaml, miyabi-*-dev, too; allowed: "
            "a project that does not begin, or an environment that does not end, with the other's and '-'"
        )
    ]


def test_another_project_with_other_environments_is_not_confused(project: Project) -> None:
    project.write("shop", f"{QA}project: miyabi-shop\n")
    assert project.problems() == []


def test_every_problem_of_every_overlay_is_reported_at_once(project: Project) -> None:
    project.write("qa", QA + "alb: {ssl_polcy: x}\ncontainer_port: 0\necs_service: {autoscaling_min_capacity: 9}\n")
    project.change("prod", ("snapshot_retention_limit: 7", "snapshot_retention_limit: 36"))
    project.write("broken", "ecs: {\n")
    found = [(str(problem.place.file.name), problem.place.line) for problem in project.problems()]
    assert found == [("broken.yaml", 2), ("prod.yaml", 30), ("qa.yaml", 8), ("qa.yaml", 9), ("qa.yaml", 10)]


def test_a_problem_of_the_base_is_reported_once(project: Project) -> None:
    project.write("base", "project: miyabi\nregion: us-west-2\ncontainer_port: 0\n")
    assert [(problem.place.file.name, problem.place.line) for problem in project.problems()] == [("base.yaml", 3)]


def test_an_overlay_with_the_wrong_suffix_is_no_silent_loss(project: Project) -> None:
    project.overlay("qa").with_suffix(".yml").write_text(QA, encoding="utf-8")
    assert [str(problem) for problem in project.problems()] == [
        "environments/qa.yml:1: is not the name of an overlay; allowed: qa.yaml"
    ]


def test_text_that_is_not_utf8_is_refused(project: Project) -> None:
    project.overlay("qa").write_bytes(b"# a comment\nregion: \xff\n")
    assert [str(problem) for problem in project.problems()] == [
        "environments/qa.yaml:2: is not UTF-8 text; allowed: UTF-8"
    ]


def test_an_overlay_that_holds_itself_is_refused(project: Project) -> None:
    project.write("qa", QA + "tags: &tags\n  again: *tags\n")
    assert "environments/qa.yaml:8: tags.again: contains itself through an alias; allowed: plain values" in [
        str(problem) for problem in project.problems()
    ]


def test_a_name_that_is_none_hides_no_other_of_its_list(project: Project) -> None:
    project.write("qa", f"{QA}dns: {{zone: example.com, load_balancer_names: [notexample.com, API.example.com]}}\n")
    told = [problem.key for problem in project.problems()]
    assert told == [("dns", "load_balancer_names", 0), ("dns", "load_balancer_names", 1)]
    long = f"{'a' * 60}.example.com"
    project.write("qa", f"{QA}dns: {{zone: example.com}}\ncertificate: {{domain_names: [{long}, API.example.com]}}\n")
    assert [problem.key[-1] for problem in project.problems()] == [0, 1]
