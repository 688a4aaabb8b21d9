"""pipeline: the roles of GitHub Actions: one to plan, one to apply each environment, one to push images."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Final

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.iam_openid_connect_provider import IamOpenidConnectProvider
from cdktf_cdktf_provider_aws.iam_policy import IamPolicy
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment
from pydantic import Field

from modules.base import Module, item
from modules.permissions import (
    ADMINISTRATION,
    CHANGES,
    KEEPS,
    OF_BUCKETS,
    OF_ROLES,
    PASSED_TO,
    POLICY_VERSION,
    PUSHES,
    READS,
    READS_OF_BUCKETS,
    SERVICE_LINKED,
    WITHIN_BOUNDARY,
)
from modules.platform import Name, Platform
from modules.settings import ACCOUNT, Settings, Violation, matching, rule

GitHubName = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})"

ISSUER = "token.actions.githubusercontent.com"
"""Who signs the tokens of GitHub Actions."""


class PipelineSettings(Settings):
    """The roles for GitHub Actions. Off by default: there are none."""

    repository: (
        Annotated[
            str,
            matching(
                rf"{GitHubName}/[A-Za-z0-9._-]{{1,100}}", "is not a repository of GitHub", "<owner>/<name>, as it is"
            ),
        ]
        | None
    ) = None
    """The repository whose workflows may assume the roles: this one. Default: none, and no roles."""

    owner_id: Annotated[int, Field(ge=1)] | None = None
    """Number of the repository's owner on GitHub (`gh api repos/OWNER/NAME --jq .owner.id`), with `repository_id`."""

    repository_id: Annotated[int, Field(ge=1)] | None = None
    """Number of the repository on GitHub (`--jq .id`). Tokens of repositories made, renamed or moved since 2026-07-15
    name both numbers, those of others do not: with the numbers, the roles trust both forms. GitHub's documentation,
    "OpenID Connect reference"."""

    branch: Annotated[
        str, matching(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}", "is not the name of a branch", "a name such as main")
    ] = "main"
    """The branch whose workflows plan what will be applied, and push images."""

    environments: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    """Environments that the pipeline applies, those with an overlay, each by a role of its own, which reaches secrets,
    roles and buckets whose names contain the environment's, and nothing that is tagged as another's. The order is part
    of the addresses: add at the end."""

    provider_arn: (
        Annotated[
            str,
            matching(
                rf"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}",
                "is not GitHub's OIDC provider",
                f"arn:aws:iam::<account>:oidc-provider/{ISSUER}",
            ),
        ]
        | None
    ) = None
    """ARN of GitHub's OIDC provider, of which an account has one. Default: the stack makes it."""

    roles_need_boundary: bool = False
    """Whether the pipeline makes and changes only roles with the boundary `{project}-github-roles`, which the stack
    makes then. Without it, who changes an overlay can give a task more than the pipeline itself has. Each of
    `environments` needs its ARN as `role_boundary_arn`."""

    @rule("repository", "environments", "owner_id", "repository_id", "provider_arn", "roles_need_boundary")
    def pipeline_has_a_repository(self, _platform: Platform) -> Iterator[Violation]:
        """Without a repository there are no roles, and the others have no effect."""
        if self.repository is None:
            for key in ("environments", "owner_id", "repository_id", "provider_arn", "roles_need_boundary"):
                value: object = getattr(self, key)
                if value:
                    shown = list(self.environments) if key == "environments" else value
                    yield Violation(key, shown, "has no effect without repository", "no such key, or a repository")

    @rule("owner_id", "repository_id")
    def both_numbers_are_given(self, _platform: Platform) -> Iterator[Violation]:
        """A subject has both numbers, or none."""
        for key, other in (("owner_id", "repository_id"), ("repository_id", "owner_id")):
            if getattr(self, key) and not getattr(self, other):
                yield Violation(key, getattr(self, key), f"needs {other} beside it", "both, or none")

    @rule("repository", "environments", "roles_need_boundary")
    def boundary_is_of_environments(self, _platform: Platform) -> Iterator[Violation]:
        """Only the roles that apply environments make roles."""
        if self.roles_need_boundary and self.repository is not None and not self.environments:
            problem, allowed = "has no effect without environments", "false, or environments"
            yield Violation("roles_need_boundary", value=True, problem=problem, allowed=allowed)

    @rule("environments")
    def each_environment_has_one_role(self, _platform: Platform) -> Iterator[Violation]:
        """IAM refuses two roles with the same name."""
        for index, name in enumerate(self.environments):
            if name in self.environments[:index]:
                yield Violation(("environments", index), name, "is there twice", "each environment once")

    def subjects(self, *contexts: str) -> list[str]:
        """What the tokens of the repository say of their subject in some contexts: `repo:owner/name:pull_request`."""
        assert self.repository
        names = [self.repository]
        if self.owner_id and self.repository_id:
            owner, _, repository = self.repository.partition("/")
            names.append(f"{owner}@{self.owner_id}/{repository}@{self.repository_id}")
        return [f"repo:{name}:{context}" for context in contexts for name in names]


def trust(provider_arn: str, subjects: list[str]) -> dict[str, Any]:
    """A trust policy: who may assume a role with a token of GitHub. Every condition compares whole texts."""
    return {
        "Version": POLICY_VERSION,
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Principal": {"Federated": provider_arn},
                "Condition": {
                    "StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": subjects},
                },
            }
        ],
    }


_OF_STATES: Final = ("secretsmanager:GetSecretValue",)
"""What a plan needs for the one secret whose value Terraform writes and reads again, Redis' (`elasticache.auth`)."""


def allow(actions: tuple[str, ...], *resources: str, **conditions: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON
    """A statement of a policy that allows."""
    condition = {"Condition": conditions} if conditions else {}
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources), **condition}


class PipelineModule(Module):
    """GitHub's OIDC provider, the roles, and the boundary that none of them can leave."""

    folder: ClassVar[str] = "pipeline"

    def __init__(
        self,
        scope: TerraformStack,
        *,
        platform: Platform,
        settings: PipelineSettings,
        repository_arn: str,
        state_bucket_arn: str,
    ) -> None:
        super().__init__(scope)
        body, project, region = self.body, platform.project, platform.region
        registry = self.wire("repository_arn", repository_arn, "ARN of the image repository")
        bucket = self.wire("state_bucket_arn", state_bucket_arn, "ARN of the bucket for states")
        regions = sorted({region, "us-east-1"})  # where AWS's global services are
        own_roles = f"arn:aws:iam::*:role/{project}-github-*"
        secrets = f"arn:aws:secretsmanager:{region}:*:secret:{project}"

        provider = IamOpenidConnectProvider(
            body,
            "aws_iam_openid_connect_provider.github",
            count=0 if settings.provider_arn else 1,
            url=f"https://{ISSUER}",
            client_id_list=["sts.amazonaws.com"],
            tags={"Name": f"{project}-github"},
        )
        provider_arn = settings.provider_arn or item(provider, 0, "arn")

        # What no permission of the roles reaches beyond, whatever is added to them: other regions, the people and the
        # keys of the account, and the pipeline's own roles, so that no workflow gives itself more.
        boundary_policy = self.local(
            "boundary_policy",
            {
                "Version": POLICY_VERSION,
                "Statement": [
                    {"Effect": "Allow", "Action": "*", "Resource": "*"},
                    {
                        "Effect": "Deny",
                        "Action": [
                            *("organizations:*", "account:*", "sso:*", "iam:*User*", "iam:*AccessKey*"),
                            *("iam:*LoginProfile*", "iam:*OpenIDConnectProvider*", "iam:*SAMLProvider*"),
                            *("iam:CreatePolicy*", "iam:DeletePolicy*", "iam:*PermissionsBoundary"),
                        ],
                        "Resource": "*",
                    },
                    {
                        "Effect": "Deny",
                        "NotAction": ["iam:Get*", "iam:List*"],
                        "Resource": [own_roles, f"arn:aws:iam::*:policy/{project}-github-*"],
                    },
                    {
                        "Effect": "Deny",
                        "NotAction": ["iam:*", "sts:*", "route53:*", "cloudfront:*"],
                        "Resource": "*",
                        "Condition": {"StringNotEquals": {"aws:RequestedRegion": regions}},
                    },
                ],
            },
        )
        boundary = IamPolicy(
            body,
            "aws_iam_policy.boundary",
            name=f"{project}-github-boundary",
            description="Limits the roles of GitHub Actions",
            policy=f"${{jsonencode({boundary_policy})}}",
            tags={"Name": f"{project}-github-boundary"},
        )
        boundary_arn = boundary.arn

        # What an apply does with roles, and on what condition.
        of_roles: list[tuple[tuple[str, ...], dict[str, Any]]] = [(OF_ROLES, {})]
        if settings.roles_need_boundary:
            roles_boundary_policy = self.local(
                "roles_boundary_policy",
                {
                    "Version": POLICY_VERSION,
                    "Statement": [
                        {"Effect": "Allow", "Action": "*", "Resource": "*"},
                        {"Effect": "Deny", "Action": list(ADMINISTRATION), "Resource": "*"},
                        {"Effect": "Deny", "Action": "s3:*", "Resource": [bucket, f"{bucket}/*"]},
                    ],
                },
            )
            roles_boundary = IamPolicy(
                body,
                "aws_iam_policy.roles_boundary",
                name=f"{project}-github-roles",
                description="Limits the roles that the pipeline makes",
                policy=f"${{jsonencode({roles_boundary_policy})}}",
                tags={"Name": f"{project}-github-roles"},
            )
            has_it = {"StringEquals": {"iam:PermissionsBoundary": roles_boundary.arn}}
            of_roles = [
                (tuple(each for each in OF_ROLES if each not in WITHIN_BOUNDARY), {}),
                (WITHIN_BOUNDARY, has_it),
            ]

        # What a plan reads. A policy of its own: with it, those of an apply would be longer than IAM takes them.
        reads_policy = self.local("reads_policy", {"Version": POLICY_VERSION, "Statement": [allow(READS, "*")]})
        reads = IamPolicy(
            body,
            "aws_iam_policy.reads",
            name=f"{project}-github-reads",
            description="What the roles that plan and apply read",
            policy=f"${{jsonencode({reads_policy})}}",
            tags={"Name": f"{project}-github-reads"},
        )

        # ---- plan: pull requests, and the branch, whose plans are applied and which is compared every night --------
        plan_trust = self.local(
            "plan_trust",
            trust(provider_arn, settings.subjects("pull_request", f"ref:refs/heads/{settings.branch}")),
        )
        plan_policy = self.local(
            "plan_policy",
            {
                "Version": POLICY_VERSION,
                "Statement": [
                    allow(READS_OF_BUCKETS, f"arn:aws:s3:::{project}-*"),
                    allow(_OF_STATES, *(f"{secrets}/{name}/redis-*" for name in settings.environments or ("*",))),
                    allow(("s3:ListBucket",), bucket),
                    allow(("s3:GetObject",), f"{bucket}/*/terraform.tfstate"),
                    allow(("s3:GetObject", "s3:PutObject", "s3:DeleteObject"), f"{bucket}/*/terraform.tfstate.tflock"),
                    allow(("s3:PutObject",), f"{bucket}/plans/*"),
                ],
            },
        )
        plan = IamRole(
            body,
            "aws_iam_role.plan",
            name=f"{project}-github-plan",
            assume_role_policy=f"${{jsonencode({plan_trust})}}",
            permissions_boundary=boundary_arn,
            max_session_duration=3600,
            tags={"Name": f"{project}-github-plan"},
        )
        IamRolePolicy(
            body,
            "aws_iam_role_policy.plan",
            name="plan",
            role=plan.id,
            policy=f"${{jsonencode({plan_policy})}}",
        )
        IamRolePolicyAttachment(body, "aws_iam_role_policy_attachment.plan_reads", role=plan.name, policy_arn=reads.arn)

        # ---- apply: a job of the GitHub environment, which says who approves ----------------------------------------
        environments = settings.environments
        apply_names = self.local("apply_names", [f"{project}-github-apply-{name}" for name in environments])
        apply_trusts = self.local(
            "apply_trusts",
            [trust(provider_arn, settings.subjects(f"environment:{name}")) for name in environments],
        )
        apply_policies = self.local(
            "apply_policies",
            [
                {
                    "Version": POLICY_VERSION,
                    "Statement": [
                        # The provider tags everything with its environment: what is the others' is out of reach.
                        allow(
                            CHANGES,
                            "*",
                            StringEquals={"aws:RequestedRegion": regions},
                            StringEqualsIfExists={"aws:ResourceTag/Environment": name},
                        ),
                        *(
                            allow(actions, f"arn:aws:iam::*:role/{project}-*-{name}", **conditions)
                            for actions, conditions in of_roles
                        ),
                        allow(
                            ("iam:PassRole",),
                            f"arn:aws:iam::*:role/{project}-*-{name}",
                            StringEquals={"iam:PassedToService": list(PASSED_TO)},
                        ),
                        allow(
                            ("iam:CreateServiceLinkedRole",),
                            "arn:aws:iam::*:role/aws-service-role/*",
                            StringEquals={"iam:AWSServiceName": list(SERVICE_LINKED)},
                        ),
                        allow(_OF_STATES, f"{secrets}/{name}/redis-*"),
                        allow(KEEPS, registry),
                        allow(OF_BUCKETS, f"arn:aws:s3:::{project}-*{name}*"),
                        allow(("s3:ListBucket",), bucket),
                        allow(("s3:GetObject", "s3:PutObject"), f"{bucket}/{name}/terraform.tfstate"),
                        allow(
                            ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
                            f"{bucket}/{name}/terraform.tfstate.tflock",
                        ),
                        allow(("s3:GetObject", "s3:DeleteObject"), f"{bucket}/plans/{name}/*"),
                    ],
                }
                for name in environments
            ],
        )
        apply = IamRole(
            body,
            "aws_iam_role.apply",
            count=len(environments),
            name=f"${{{apply_names}[count.index]}}",
            assume_role_policy=f"${{jsonencode({apply_trusts}[count.index])}}",
            permissions_boundary=boundary_arn,
            max_session_duration=7200,
            tags={"Name": f"${{{apply_names}[count.index]}}"},
        )
        IamRolePolicy(
            body,
            "aws_iam_role_policy.apply",
            count=len(environments),
            name="apply",
            role=item(apply, "count.index", "id"),
            policy=f"${{jsonencode({apply_policies}[count.index])}}",
        )
        IamRolePolicyAttachment(
            body,
            "aws_iam_role_policy_attachment.apply_reads",
            count=len(environments),
            role=item(apply, "count.index", "name"),
            policy_arn=reads.arn,
        )

        # ---- image --------------------------------------------------------------------------------------------------
        image_trust = self.local(
            "image_trust", trust(provider_arn, settings.subjects(f"ref:refs/heads/{settings.branch}"))
        )
        image_policy = self.local(
            "image_policy",
            {
                "Version": POLICY_VERSION,
                "Statement": [allow(("ecr:GetAuthorizationToken",), "*"), allow(PUSHES, registry)],
            },
        )
        image = IamRole(
            body,
            "aws_iam_role.image",
            name=f"{project}-github-image",
            assume_role_policy=f"${{jsonencode({image_trust})}}",
            permissions_boundary=boundary_arn,
            max_session_duration=3600,
            tags={"Name": f"{project}-github-image"},
        )
        IamRolePolicy(
            body,
            "aws_iam_role_policy.image",
            name="push",
            role=image.id,
            policy=f"${{jsonencode({image_policy})}}",
        )

        self.plan_role_arn = self.output("plan_role_arn", plan.arn, "ARN of the role that plans: AWS_PLAN_ROLE")
        self.apply_role_arns = self.output_list(
            "apply_role_arns", "${aws_iam_role.apply[*].arn}", "ARNs of the roles that apply: AWS_APPLY_ROLE"
        )
        self.image_role_arn = self.output("image_role_arn", image.arn, "ARN of the role that pushes: AWS_IMAGE_ROLE")
