"""frontend: the bucket of the single-page application, and the distribution that serves it and the API."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Final, Literal

from cdktf import ITerraformDependable, TerraformStack
from cdktf_cdktf_provider_aws.cloudfront_distribution import (
    CloudfrontDistribution,
    CloudfrontDistributionCustomErrorResponse,
    CloudfrontDistributionDefaultCacheBehavior,
    CloudfrontDistributionDefaultCacheBehaviorFunctionAssociation,
    CloudfrontDistributionLoggingConfig,
    CloudfrontDistributionOrderedCacheBehavior,
    CloudfrontDistributionOrigin,
    CloudfrontDistributionOriginCustomHeader,
    CloudfrontDistributionOriginCustomOriginConfig,
    CloudfrontDistributionRestrictions,
    CloudfrontDistributionRestrictionsGeoRestriction,
    CloudfrontDistributionViewerCertificate,
)
from cdktf_cdktf_provider_aws.cloudfront_function import CloudfrontFunction
from cdktf_cdktf_provider_aws.cloudfront_origin_access_control import CloudfrontOriginAccessControl
from cdktf_cdktf_provider_aws.cloudfront_response_headers_policy import (
    CloudfrontResponseHeadersPolicy,
    CloudfrontResponseHeadersPolicySecurityHeadersConfig,
    CloudfrontResponseHeadersPolicySecurityHeadersConfigContentSecurityPolicy,
    CloudfrontResponseHeadersPolicySecurityHeadersConfigContentTypeOptions,
    CloudfrontResponseHeadersPolicySecurityHeadersConfigFrameOptions,
    CloudfrontResponseHeadersPolicySecurityHeadersConfigReferrerPolicy,
    CloudfrontResponseHeadersPolicySecurityHeadersConfigStrictTransportSecurity,
)
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
)
from cdktf_cdktf_provider_aws.s3_bucket_ownership_controls import (
    S3BucketOwnershipControls,
    S3BucketOwnershipControlsRule,
)
from cdktf_cdktf_provider_aws.s3_bucket_policy import S3BucketPolicy
from cdktf_cdktf_provider_aws.s3_bucket_public_access_block import S3BucketPublicAccessBlock
from cdktf_cdktf_provider_aws.s3_bucket_server_side_encryption_configuration import (
    S3BucketServerSideEncryptionConfigurationA,
)
from cdktf_cdktf_provider_aws.s3_bucket_versioning import (
    S3BucketVersioningA,
    S3BucketVersioningVersioningConfiguration,
)
from pydantic import Field

from modules.base import Module, literal
from modules.buckets import ABORT_DAYS, NewBucketName, denies_plain_http, encrypted, expire, with_a_dot
from modules.cloudfront_facts import ORIGIN_FACING, ORIGIN_HEADER
from modules.domain import DomainName, HostName
from modules.iam import POLICY_VERSION
from modules.platform import Platform
from modules.security_groups import HTTP_PORT, HTTPS_PORT
from modules.settings import ACCOUNT, Settings, UsEast1TopicArn, Violation, matching, region_of, rule, twice

CACHING_OPTIMIZED: Final = "658327ea-f89d-4fab-a63d-7e88639e58f6"
"""AWS's cache policy for files: the key is the path, gzip and Brotli, and `Cache-Control` of the object decides."""
CACHING_DISABLED: Final = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_BUT_HOST: Final = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
"""AWS's origin request policy AllViewerExceptHostHeader: cookies, query and all headers, those of WebSocket too. The
host is the load balancer's name, which its certificate covers."""

ERRORS: Final = (400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504)
"""Status codes for which CloudFront has error caching (CloudFront API, `CustomErrorResponse`)."""
YEAR: Final = 31_536_000
"""Seconds."""
_LOGS: Final = "-logs"

ROUTES: Final = """\
// A path without a dot in its last part is a route of the application: index.html answers it. Files that are missing
// stay 404, and requests to the API never come here.
function handler(event) {
  var request = event.request;
  if (request.uri.substring(request.uri.lastIndexOf("/")).indexOf(".") === -1) {
    request.uri = "/index.html";
  }
  return request;
}
"""
"""The CloudFront function of the bucket's cache behavior. Error pages would be for the whole distribution: they would
turn a 404 of the API into index.html with 200."""

PathPattern = Annotated[
    str,
    matching(
        r"/[A-Za-z0-9_.*$/~\"'@:+&?-]{1,254}",
        "is not a path pattern of CloudFront",
        "a path that starts with /, at most 255 characters; * for any text, ? for one character",
    ),
]

CloudfrontCertificateArn = Annotated[
    str,
    matching(
        rf"|arn:aws:acm:[a-z0-9-]+:{ACCOUNT}:certificate/[A-Za-z0-9-]{{1,64}}",
        "is not the ARN of a certificate of ACM",
        "arn:aws:acm:us-east-1:<account>:certificate/<id>, or an empty string for none",
    ),
]

CloudfrontWebAclArn = Annotated[
    str,
    matching(
        rf"|arn:aws:wafv2:us-east-1:{ACCOUNT}:global/webacl/[\w-]{{1,128}}/[a-f0-9-]{{36}}",
        "is not the ARN of a web ACL for CloudFront",
        "arn:aws:wafv2:us-east-1:<account>:global/webacl/<name>/<id>, or an empty string for none",
    ),
]


class FrontendSettings(Settings):
    """The single-page application at CloudFront, with the API behind the same name. Off by default."""

    enabled: bool = False
    """Whether there are a bucket and a distribution for the frontend."""

    bucket: NewBucketName | None = None
    """Name of the bucket with the built application; it must be unique in all of AWS. The bucket of the access logs has
    `-logs` in addition. Required where the frontend is enabled (S3 user guide, "General purpose bucket naming rules").
    """

    domain_names: Annotated[tuple[DomainName, ...], Field(strict=False, max_length=100)] = ()
    """Names that the distribution answers to, such as app.example.com. Each belongs to one distribution in all of AWS.
    Empty: only the name that CloudFront gives (CloudFront API, `Aliases`; CloudFront developer guide, "Quotas"; ACM
    API, `RequestCertificate`)."""

    certificate_arn: CloudfrontCertificateArn = ""
    """ARN of a certificate in us-east-1 that covers all `domain_names`. Empty: that of `certificate.for_frontend`, or
    CloudFront's own, for its own name (ACM API, `DescribeCertificate`)."""

    minimum_tls: Literal["TLSv1.2_2018", "TLSv1.2_2019", "TLSv1.2_2021"] = "TLSv1.2_2021"
    """Security policy for connections of browsers: the oldest TLS version and the ciphers. CloudFront ignores it where
    there is no `certificate_arn` (CloudFront API, `MinimumProtocolVersion`)."""

    price_class: Literal["PriceClass_100", "PriceClass_200", "PriceClass_All"] = "PriceClass_100"
    """From which edge locations CloudFront answers: 100 is North America, Europe and Israel, 200 leaves out South
    America, Australia and New Zealand (CloudFront developer guide, "Price class"; CloudFront API,
    `DistributionConfig`)."""

    api_paths: Annotated[tuple[PathPattern, ...], Field(strict=False, min_length=1, max_length=74)] = ("/api/*",)
    """Paths that go to the load balancer, uncached, with all methods, cookies and WebSocket. A WebSocket at another
    path needs its own: `["/api/*", "/ws"]`. A distribution has at most 75 behaviors (CloudFront developer guide,
    "Quotas", "Path pattern")."""

    api_domain_name: HostName | None = None
    """A name that leads to the load balancer and that its certificate covers, such as api.example.com: CloudFront
    connects over HTTPS, and checks the certificate. Default: plain HTTP to the load balancer's own name."""

    api_timeout: Annotated[int, Field(ge=1, le=120)] = 30
    """Seconds that CloudFront waits for the first byte of the API, and for each next one (CloudFront API,
    `OriginReadTimeout`)."""

    api_keep_alive: Annotated[int, Field(ge=1, le=120)] = 5
    """Seconds that CloudFront keeps an idle connection to the load balancer (CloudFront API,
    `OriginKeepaliveTimeout`)."""

    only_from_cloudfront: bool = False
    """Whether the security group of the load balancer lets in CloudFront's addresses only, and only on the port that
    CloudFront connects to. Distributions of other accounts have the same addresses: see `origin_secret`."""

    origin_secret: bool = False
    """Whether the load balancer answers 403 to requests without a secret header, which only this distribution sends.
    The secret is the root variable `frontend_origin_secret` (sensitive), set with `TF_VAR_frontend_origin_secret`."""

    previous_origin_secret: bool = False
    """Whether the load balancer also takes a second secret, the root variable `frontend_previous_origin_secret`. For
    the rotation: while CloudFront learns the new one, it sends the old one."""

    content_security_policy: Annotated[
        str,
        Field(max_length=1783),
        matching(r"[ -~]*", "holds characters that a header cannot have", "printable ASCII"),
    ] = "default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    """`Content-Security-Policy` of the application's files. Empty: none. At most 1,783 characters (CloudFront developer
    guide, "Quotas")."""

    hsts_seconds: Annotated[int, Field(ge=0, le=2 * YEAR)] = YEAR
    """`max-age` of `Strict-Transport-Security`: how long browsers use HTTPS only. 0: no such header."""

    hsts_subdomains: bool = False
    """Whether browsers use HTTPS only for all subdomains as well."""

    hsts_preload: bool = False
    """Whether the name may enter the browsers' preload lists, from which it takes months to get out."""

    web_acl_arn: CloudfrontWebAclArn = ""
    """ARN of a WAF web ACL of the scope CLOUDFRONT that exists. Empty: none, or that of `waf.protects` (WAFV2 API,
    `GetWebACLForResource`)."""

    noncurrent_days: Annotated[int, Field(ge=1, le=3650)] = 90
    """Days that an overwritten or deleted file can be restored (S3 API, `LifecycleExpiration`)."""

    access_log_days: Annotated[int, Field(ge=0, le=3650)] = 90
    """Days that access logs are kept. 0: no access logs, and no bucket for them (S3 API, `LifecycleExpiration`)."""

    errors_alarm_threshold: Annotated[float, Field(gt=0, le=100)] = 5
    """Percentage of answers with 5xx above which the alarm goes into ALARM, for five minutes."""

    alarm_topic_arn: UsEast1TopicArn = ""
    """ARN of the SNS topic in us-east-1 that the alarm notifies: CloudFront's metrics are there, and an alarm notifies
    topics of its own region only. Empty: nobody (SNS API, `CreateTopic`)."""

    @property
    def buckets(self) -> tuple[str, ...]:
        """Names of the buckets: that of the files, and that of the access logs."""
        names = (self.bucket or "", f"{self.bucket}{_LOGS}")
        return names if self.access_log_days else names[:1]

    @property
    def api_port(self) -> int:
        """The port of the load balancer that CloudFront connects to."""
        return HTTPS_PORT if self.api_domain_name else HTTP_PORT

    @rule("enabled", "bucket")
    def frontend_has_a_bucket(self, _platform: Platform) -> Iterator[Violation]:
        """The name of a bucket is unique in all of AWS, so there is none that always works."""
        if self.enabled and not self.bucket:
            yield Violation("bucket", self.bucket, "is missing", "the name of the bucket for the frontend")

    @rule("bucket", "access_log_days")
    def frontend_bucket_name_fits(self, _platform: Platform) -> Iterator[Violation]:
        """The TLS certificate of S3 covers names without dots only, and the name of the logs' bucket is longer."""
        name = self.bucket or ""
        yield from with_a_dot("bucket", name)
        longest = 63 - (len(_LOGS) if self.access_log_days else 0)
        if len(name) > longest:
            yield Violation("bucket", name, f"is too long with {_LOGS} at its end", f"at most {longest} characters")

    @rule("domain_names", compares=True)
    def domain_names_differ(self, _platform: Platform) -> Iterator[Violation]:
        """CloudFront refuses a name twice."""
        yield from twice("domain_names", self.domain_names)

    @rule("enabled", "api_paths")
    def something_is_left_for_the_bucket(self, _platform: Platform) -> Iterator[Violation]:
        """CloudFront asks the bucket for what no pattern matches, and `/*` matches everything."""
        for index, path in enumerate(self.api_paths if self.enabled else ()):
            if not path.strip("/*"):
                problem = "takes every request, so the frontend is never served"
                yield Violation(("api_paths", index), path, problem, "paths of the API, such as /api/*")

    @rule("api_paths", compares=True)
    def api_paths_differ(self, _platform: Platform) -> Iterator[Violation]:
        """CloudFront refuses two behaviors of the same path."""
        yield from twice("api_paths", self.api_paths)

    @rule("certificate_arn")
    def certificate_of_cloudfront_is_in_us_east_1(self, _platform: Platform) -> Iterator[Violation]:
        """CloudFront takes certificates of us-east-1 only, wherever the environment is."""
        if self.certificate_arn and region_of(self.certificate_arn) != "us-east-1":
            problem = f"is a certificate of {region_of(self.certificate_arn)}"
            yield Violation("certificate_arn", self.certificate_arn, problem, "one of us-east-1")

    @rule("only_from_cloudfront", "region")
    def region_has_a_prefix_list_of_cloudfront(self, platform: Platform) -> Iterator[Violation]:
        """The ID of AWS's prefix list `com.amazonaws.global.cloudfront.origin-facing` is known for some regions."""
        if self.only_from_cloudfront and platform.region not in ORIGIN_FACING:
            problem = f"needs the prefix list of CloudFront, whose ID in {platform.region} is not known here"
            allowed = f"origin_secret instead, or a region of {', '.join(sorted(ORIGIN_FACING))}"
            yield Violation("only_from_cloudfront", self.only_from_cloudfront, problem, allowed)

    @rule("origin_secret", "previous_origin_secret")
    def previous_secret_accompanies_a_secret(self, _platform: Platform) -> Iterator[Violation]:
        """Without a secret, the load balancer answers every request, and there is nothing to rotate."""
        if self.previous_origin_secret and not self.origin_secret:
            problem, allowed = "has no effect without origin_secret", "false, or origin_secret: true"
            yield Violation("previous_origin_secret", self.previous_origin_secret, problem, allowed)

    @rule("hsts_seconds", "hsts_subdomains", "hsts_preload")
    def preload_list_takes_the_name(self, _platform: Platform) -> Iterator[Violation]:
        """The preload list (hstspreload.org) demands a year and all subdomains."""
        if self.hsts_preload and (self.hsts_seconds < YEAR or not self.hsts_subdomains):
            allowed = f"false, or true with hsts_subdomains: true and hsts_seconds of {YEAR} or more"
            yield Violation("hsts_preload", self.hsts_preload, "is not enough for the preload list", allowed)


class FrontendModule(Module):
    """A private bucket, and a distribution in front of it and of the load balancer. Called only where it is enabled."""

    folder: ClassVar[str] = "frontend"

    def __init__(
        self,
        scope: TerraformStack,
        *,
        platform: Platform,
        settings: FrontendSettings,
        alb_dns_name: str,
        origin_secret: str | None,
        certificate_arn: str | None = None,
        web_acl_arn: str | None = None,
        depends_on: list[ITerraformDependable],
    ) -> None:
        """`certificate_arn`: of the certificate that the environment makes, once it is issued; None for none."""
        super().__init__(scope, depends_on=depends_on)
        body, name = self.body, platform.name
        balancer = self.wire("alb_dns_name", alb_dns_name, "DNS name of the load balancer")
        certificate = settings.certificate_arn or None
        if certificate_arn is not None:
            certificate = self.wire("certificate_arn", certificate_arn, "ARN of the certificate of the names")
        web_acl = self.wire("web_acl_arn", web_acl_arn, "ARN of the web ACL") if web_acl_arn is not None else None
        secret = origin_secret and self.wire("origin_secret", origin_secret, f"Value of the header {ORIGIN_HEADER}")

        # ---- the files
        site = S3Bucket(body, "aws_s3_bucket.site", bucket=settings.bucket, tags={"Name": settings.bucket or ""})
        site_id, site_arn = site.id, site.arn
        versioning = S3BucketVersioningA(
            body,
            "aws_s3_bucket_versioning.site",
            bucket=site_id,
            versioning_configuration=S3BucketVersioningVersioningConfiguration(status="Enabled"),
        )
        S3BucketServerSideEncryptionConfigurationA(
            body, "aws_s3_bucket_server_side_encryption_configuration.site", bucket=site_id, rule=encrypted()
        )
        site_access = S3BucketPublicAccessBlock(
            body,
            "aws_s3_bucket_public_access_block.site",
            bucket=site_id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        )
        S3BucketOwnershipControls(
            body,
            "aws_s3_bucket_ownership_controls.site",
            bucket=site_id,
            rule=S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced"),
        )
        S3BucketLifecycleConfiguration(
            body,
            "aws_s3_bucket_lifecycle_configuration.site",
            bucket=site_id,
            rule=[
                S3BucketLifecycleConfigurationRule(
                    id="expire-noncurrent-files",
                    status="Enabled",
                    filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
                    noncurrent_version_expiration=[
                        S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(
                            noncurrent_days=settings.noncurrent_days
                        )
                    ],
                    abort_incomplete_multipart_upload=[
                        S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(
                            days_after_initiation=ABORT_DAYS
                        )
                    ],
                )
            ],
            depends_on=[versioning],
        )

        # ---- the access logs
        logging, logs_ownership = None, None
        if settings.access_log_days:
            logs = S3Bucket(
                body,
                "aws_s3_bucket.logs",
                bucket=f"{settings.bucket}{_LOGS}",
                tags={"Name": f"{settings.bucket}{_LOGS}"},
            )
            logs_id, logs_arn = logs.id, logs.arn
            S3BucketServerSideEncryptionConfigurationA(
                body, "aws_s3_bucket_server_side_encryption_configuration.logs", bucket=logs_id, rule=encrypted()
            )
            logs_access = S3BucketPublicAccessBlock(
                body,
                "aws_s3_bucket_public_access_block.logs",
                bucket=logs_id,
                block_public_acls=True,
                block_public_policy=True,
                ignore_public_acls=True,
                restrict_public_buckets=True,
            )
            logs_ownership = S3BucketOwnershipControls(
                body,
                "aws_s3_bucket_ownership_controls.logs",
                bucket=logs_id,
                # CloudFront writes by an access list, which it adds itself; objects belong to the bucket's owner.
                rule=S3BucketOwnershipControlsRule(object_ownership="BucketOwnerPreferred"),
            )
            S3BucketLifecycleConfiguration(
                body,
                "aws_s3_bucket_lifecycle_configuration.logs",
                bucket=logs_id,
                rule=expire("expire-access-logs", settings.access_log_days),
            )
            logs_policy = self.local(
                "logs_policy",
                {"Version": POLICY_VERSION, "Statement": [denies_plain_http(logs_arn)]},
            )
            S3BucketPolicy(
                body,
                "aws_s3_bucket_policy.logs",
                bucket=logs_id,
                policy=f"${{jsonencode({logs_policy})}}",
                depends_on=[logs_access],
            )
            logging = CloudfrontDistributionLoggingConfig(
                bucket=logs.bucket_domain_name, include_cookies=False, prefix="cloudfront/"
            )

        # ---- how they are served
        access = CloudfrontOriginAccessControl(
            body,
            "aws_cloudfront_origin_access_control.site",
            name=name("frontend"),
            description=f"Requests of the distribution to {settings.bucket} are signed",
            origin_access_control_origin_type="s3",
            signing_behavior="always",
            signing_protocol="sigv4",
        )
        routes = CloudfrontFunction(
            body,
            "aws_cloudfront_function.routes",
            name=name("frontend-routes"),
            runtime="cloudfront-js-2.0",
            comment="Routes of the single-page application are answered with index.html",
            publish=True,
            code=literal(ROUTES),
        )
        hsts = (
            CloudfrontResponseHeadersPolicySecurityHeadersConfigStrictTransportSecurity(
                access_control_max_age_sec=settings.hsts_seconds,
                include_subdomains=settings.hsts_subdomains,
                preload=settings.hsts_preload,
                override=True,
            )
            if settings.hsts_seconds
            else None
        )
        sniffing = CloudfrontResponseHeadersPolicySecurityHeadersConfigContentTypeOptions(override=True)
        site_headers = CloudfrontResponseHeadersPolicy(
            body,
            "aws_cloudfront_response_headers_policy.site",
            name=name("frontend-site"),
            comment="Headers of the files of the frontend",
            security_headers_config=CloudfrontResponseHeadersPolicySecurityHeadersConfig(
                strict_transport_security=hsts,
                content_type_options=sniffing,
                frame_options=CloudfrontResponseHeadersPolicySecurityHeadersConfigFrameOptions(
                    frame_option="DENY", override=True
                ),
                referrer_policy=CloudfrontResponseHeadersPolicySecurityHeadersConfigReferrerPolicy(
                    referrer_policy="strict-origin-when-cross-origin", override=True
                ),
                content_security_policy=(
                    CloudfrontResponseHeadersPolicySecurityHeadersConfigContentSecurityPolicy(
                        content_security_policy=literal(settings.content_security_policy), override=True
                    )
                    if settings.content_security_policy
                    else None
                ),
            ),
        )
        api_headers = CloudfrontResponseHeadersPolicy(
            body,
            "aws_cloudfront_response_headers_policy.api",
            name=name("frontend-api"),
            comment="Headers of the answers of the API",
            security_headers_config=CloudfrontResponseHeadersPolicySecurityHeadersConfig(
                strict_transport_security=hsts, content_type_options=sniffing
            ),
        )
        distribution = CloudfrontDistribution(
            body,
            "aws_cloudfront_distribution.site",
            enabled=True,
            comment=name("frontend"),
            # Before its certificate is issued, a distribution cannot have a name.
            aliases=(list(settings.domain_names) or None) if certificate is not None else None,
            default_root_object="index.html",
            http_version="http2and3",
            is_ipv6_enabled=True,
            price_class=settings.price_class,
            web_acl_id=settings.web_acl_arn or web_acl,
            origin=[
                CloudfrontDistributionOrigin(
                    origin_id="site",
                    domain_name=site.bucket_regional_domain_name,
                    origin_access_control_id=access.id,
                ),
                CloudfrontDistributionOrigin(
                    origin_id="api",
                    domain_name=settings.api_domain_name or balancer,
                    custom_origin_config=CloudfrontDistributionOriginCustomOriginConfig(
                        http_port=HTTP_PORT,
                        https_port=HTTPS_PORT,
                        origin_protocol_policy="https-only" if settings.api_domain_name else "http-only",
                        origin_ssl_protocols=["TLSv1.2"],
                        origin_read_timeout=settings.api_timeout,
                        origin_keepalive_timeout=settings.api_keep_alive,
                    ),
                    custom_header=(
                        [CloudfrontDistributionOriginCustomHeader(name=ORIGIN_HEADER, value=secret)] if secret else None
                    ),
                ),
            ],
            default_cache_behavior=CloudfrontDistributionDefaultCacheBehavior(
                target_origin_id="site",
                viewer_protocol_policy="redirect-to-https",
                allowed_methods=["GET", "HEAD", "OPTIONS"],
                cached_methods=["GET", "HEAD"],
                compress=True,
                cache_policy_id=CACHING_OPTIMIZED,
                response_headers_policy_id=site_headers.id,
                function_association=[
                    CloudfrontDistributionDefaultCacheBehaviorFunctionAssociation(
                        event_type="viewer-request", function_arn=routes.arn
                    )
                ],
            ),
            ordered_cache_behavior=[
                CloudfrontDistributionOrderedCacheBehavior(
                    path_pattern=path,
                    target_origin_id="api",
                    # A redirected POST would lose its body, so plain HTTP gets 403 here.
                    viewer_protocol_policy="https-only",
                    allowed_methods=["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"],
                    cached_methods=["GET", "HEAD"],
                    compress=False,
                    cache_policy_id=CACHING_DISABLED,
                    origin_request_policy_id=ALL_BUT_HOST,
                    response_headers_policy_id=api_headers.id,
                )
                for path in settings.api_paths
            ],
            # Without a page: errors pass as they are. CloudFront would keep each for ten seconds.
            custom_error_response=[
                CloudfrontDistributionCustomErrorResponse(error_code=code, error_caching_min_ttl=0) for code in ERRORS
            ],
            restrictions=CloudfrontDistributionRestrictions(
                geo_restriction=CloudfrontDistributionRestrictionsGeoRestriction(restriction_type="none")
            ),
            viewer_certificate=(
                CloudfrontDistributionViewerCertificate(
                    acm_certificate_arn=certificate,
                    ssl_support_method="sni-only",
                    minimum_protocol_version=settings.minimum_tls,
                )
                if certificate is not None
                else CloudfrontDistributionViewerCertificate(cloudfront_default_certificate=True)
            ),
            logging_config=logging,
            tags={"Name": name("frontend")},
            depends_on=[logs_ownership] if logs_ownership else None,
        )
        distribution_id, distribution_arn = distribution.id, distribution.arn
        site_policy = self.local(
            "site_policy",
            {
                "Version": POLICY_VERSION,
                "Statement": [
                    {
                        "Sid": "TheDistributionReads",
                        "Effect": "Allow",
                        "Principal": {"Service": "cloudfront.amazonaws.com"},
                        "Action": "s3:GetObject",
                        "Resource": f"{site_arn}/*",
                        "Condition": {"StringEquals": {"AWS:SourceArn": distribution_arn}},
                    },
                    {
                        # Who may not list gets 403 for a file that is missing, and not 404.
                        "Sid": "MissingFilesAreNotFound",
                        "Effect": "Allow",
                        "Principal": {"Service": "cloudfront.amazonaws.com"},
                        "Action": "s3:ListBucket",
                        "Resource": site_arn,
                        "Condition": {"StringEquals": {"AWS:SourceArn": distribution_arn}},
                    },
                    denies_plain_http(site_arn),
                ],
            },
        )
        S3BucketPolicy(
            body,
            "aws_s3_bucket_policy.site",
            bucket=site_id,
            policy=f"${{jsonencode({site_policy})}}",
            # S3 responds with 409 to a policy and an access block at the same time.
            depends_on=[site_access],
        )

        notified = [settings.alarm_topic_arn] if settings.alarm_topic_arn else None
        errors = CloudwatchMetricAlarm(
            body,
            "aws_cloudwatch_metric_alarm.errors",
            alarm_name=name("frontend-errors"),
            alarm_description="This metric monitors the share of 5xx answers of the distribution",
            namespace="AWS/CloudFront",
            metric_name="5xxErrorRate",
            dimensions={"DistributionId": distribution_id, "Region": "Global"},
            statistic="Average",
            period=60,
            evaluation_periods=5,
            comparison_operator="GreaterThanThreshold",
            threshold=settings.errors_alarm_threshold,
            treat_missing_data="notBreaching",
            alarm_actions=notified,
            ok_actions=notified,
            tags={"Name": name("frontend-errors-alarm")},
        )
        self.in_us_east_1(errors)

        self.bucket_name = self.output("bucket_name", site_id, "Name of the bucket of the frontend")
        self.distribution_id = self.output("distribution_id", distribution_id, "ID of the distribution")
        self.distribution_arn = self.output("distribution_arn", distribution_arn, "ARN of the distribution")
        self.distribution_domain_name = self.output(
            "distribution_domain_name", distribution.domain_name, "Name that CloudFront gives the distribution"
        )
        self.distribution_zone_id = self.output(
            "distribution_zone_id", distribution.hosted_zone_id, "Hosted zone ID of CloudFront, for an alias record"
        )
