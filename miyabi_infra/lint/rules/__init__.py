"""The rules of lint: what is allowed, each by itself, and yet does not go together or is unwise.

What AWS or Terraform would refuse, and what cannot be intended, is refused by the settings' own rules before anything
is written. Here is what works, but not as somebody expects.
"""

from typing import Final

from miyabi_infra.lint.rule import LintRule
from miyabi_infra.lint.rules import alarms, database, effects, entrance, firewall, frontend, resilience, sources, tasks

RULES: Final[tuple[LintRule, ...]] = (
    tasks.grace_period_too_short,
    tasks.draining_cuts_requests,
    tasks.draining_outlasts_stop_timeout,
    tasks.sick_tasks_serve_for_long,
    tasks.health_check_takes_errors_for_health,
    tasks.health_checks_disagree,
    tasks.tasks_cannot_start,
    tasks.exec_without_permission,
    tasks.fewer_tasks_than_zones,
    tasks.no_room_to_scale,
    tasks.throughput_out_of_reach,
    tasks.deployment_takes_all_tasks_down,
    tasks.traffic_moves_without_alarms,
    tasks.desired_count_fought_over,
    tasks.spot_without_tasks_on_demand,
    tasks.draining_outlasts_spot,
    tasks.alarm_rings_outside_running_hours,
    resilience.single_nat_for_several_zones,
    resilience.cache_without_failover,
    resilience.cache_without_snapshots,
    resilience.change_at_once,
    resilience.database_in_one_zone,
    resilience.database_without_backups,
    resilience.unprotected_database,
    resilience.database_version_that_ends,
    database.database_of_administrators,
    database.parameter_that_is_not_known,
    resilience.deletion_protection_off,
    resilience.local_state,
    resilience.any_account,
    alarms.alarms_nobody_hears,
    alarms.alarm_before_scaling,
    alarms.low_tasks_alarm_above_minimum,
    alarms.low_tasks_alarm_without_metric,
    alarms.response_alarm_above_service_level,
    alarms.logs_gone_too_soon,
    alarms.logs_kept_for_ever,
    entrance.no_https,
    entrance.plain_http_beside_https,
    entrance.old_tls,
    entrance.certificate_nobody_uses,
    entrance.any_authority_may_issue,
    entrance.open_port_nobody_answers,
    entrance.internal_and_open_to_all,
    entrance.keep_alive_shorter_than_idle_timeout,
    frontend.cdn_can_be_passed_by,
    frontend.other_distributions_connect,
    frontend.cdn_connects_without_tls,
    frontend.scripts_from_anywhere,
    frontend.hsts_is_short,
    firewall.firewall_can_be_passed_by,
    firewall.firewall_only_counts,
    firewall.firewall_lets_many_pass,
    sources.mutable_image_tag,
    sources.image_from_another_region,
    sources.redis_url_scheme,
    sources.no_budget,
    sources.vpcs_overlap,
    effects.setting_without_effect,
)
"""All rules, in the order in which they are shown."""
