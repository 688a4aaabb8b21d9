"""The corpus: situations whose true answer is known, by command and kind. `make verdicts` runs them and counts.

Each row names a test that puts a command into the situation and holds its answer against the true one, and what that
truth is known from. The figures are in docs/verdicts.md: how many situations there are, in how many the command says
what is true, in how many it says that it does not know, and in how many it is wrong, which must be none.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import pytest

from miyabi_infra.project import ROOT
from miyabi_infra.text import markdown

PAGE: Final = ROOT / "docs/verdicts.md"

Kind = Literal["good", "bad", "guide"]
KINDS: Final[Mapping[Kind, str]] = {
    "good": "no answer is too good",
    "bad": "none is too bad",
    "guide": "the steps lead to the fault, and the fix mends it",
}


@dataclass(frozen=True)
class Situation:
    """A situation, or several of one kind in a test with parameters."""

    command: str
    kind: Kind
    test: str
    """The test: `tests/unit/test_reach.py::test_…`; all its cases count."""
    truth: str
    """What is true in it."""
    source: str
    """What the truth is known from."""
    within: int = 1
    """How many situations one case of the test holds."""


AWS: Final = "documentation of AWS"
MADE: Final = "the test makes the account so, by AWS's API"
PLAN: Final = "what Terraform plans"
MADE_BY_OVERLAYS: Final = "Terraform: another address is another resource"
STACK: Final = "the test makes the stack so"
MODEL: Final = "AWS's API reference: what each field means, and its default"
PRICES: Final = "AWS's list prices"
SERVER: Final = "a server on loopback that behaves so"


def _rows(
    command: str, kind: Kind, file: str, source: str, *rows: tuple[str, str] | tuple[str, str, int]
) -> Iterator[Situation]:
    for name, truth, *within in rows:
        yield Situation(command, kind, f"tests/{file}.py::test_{name}", truth, source, *within)


CORPUS: Final = (
    *_rows(
        "reach", "good", "unit/test_reach", AWS,
        ("nothing_but_the_intended_connections_can_be_opened", "these connections and no others"),
        ("tasks_can_pull_images_write_logs_and_read_secrets", "yes"),
        ("a_rule_opened_to_the_world_is_seen_though_nothing_arrives", "no, and the rule is named"),
        ("public_tasks_with_an_open_group_in_subnets_with_a_route_are_reachable", "yes"),
        ("one_missing_condition_keeps_the_internet_out_of_the_tasks", "no"),
        ("an_open_database_group_is_reachable_as_nobody_knows_where_the_database_will_stand", "yes"),
        ("an_open_port_over_ipv6_counts", "yes"),
        ("separate_rules_and_self_rules_count", "yes"),
        ("a_closed_egress_shuts_the_tasks_in", "no"),
        ("one_zone_without_a_way_out_is_enough_for_no", "no"),
        ("a_role_without_the_policy_can_not", "no"),
        ("a_network_load_balancer_without_groups_lets_everybody_in", "yes"),
        ("targets_that_see_the_clients_must_let_the_clients_in", "no, until the group lets clients in", 2),
        ("a_prefix_list_of_the_stack_is_read_and_another_is_unknown", "yes, and unknown", 2),
        ("rules_of_the_default_group_count", "no, and yes with a rule of it", 2),
        ("the_main_route_table_serves_subnets_without_their_own", "yes"),
        ("a_cluster_with_a_public_instance_is_public", "yes"),
        ("a_network_acl_that_denies_everything_closes_everything", "no", 3),
        ("a_network_acl_must_let_the_answers_out", "yes, unknown, no", 3),
        ("policies_are_evaluated_whole", "by the policies: yes, no, or unknown"),
        ("a_managed_policy_that_denies_decides_and_an_unknown_one_may", "no, unknown, yes", 3),
        ("what_is_not_judged_may_deny_or_close_anything", "unknown", 2),
        ("the_policy_of_a_secret_may_deny_its_reading", "by the policy: yes, no, or unknown"),
        ("the_policy_of_the_repository_may_deny_a_pull", "by the policy: yes, no, or unknown"),
        ("a_route_to_addresses_that_are_not_known_may_be_the_way", "unknown"),
        ("endpoints_with_private_names_leave_no_choice", "by the endpoint: yes, no, or unknown"),
        ("an_egress_that_leaves_the_endpoints_out_closes_them", "no, unknown, yes", 3),
        ("a_secret_of_the_stack_needs_its_key_and_its_own_policy", "by the role and the policy: yes, or no"),
    ),
    *_rows(
        "reach", "good", "unit/test_ipv6", AWS,
        ("without_public_ipv4_the_internet_gets_in_over_ipv6_only", "yes over IPv6, no over IPv4", 2),
        ("tasks_get_out_over_ipv6_only_where_the_account_says_so", "yes over IPv4, unknown over IPv6", 2),
        ("the_egress_only_gateway_is_said_to_let_in_answers_only", "no, and the gateway is named"),
        ("without_nat_ipv6_takes_no_tasks_to_aws", "no"),
        ("a_limit_over_one_version_is_no_everybody_over_both", "the office over IPv4, everybody over IPv6"),
        ("the_default_network_acl_lets_ipv6_pass_but_for_what_a_rule_denies", "yes over both, and over IPv4 alone"),
        ("what_another_address_type_opens_and_closes_is_told_by_version", "opened and closed, by IP version"),
    ),
    *_rows(
        "reach", "good", "unit/test_frontend", AWS,
        ("a_request_without_the_header_is_not_passed_on", "only through the distribution"),
        ("the_command_says_that_the_listener_turns_them_away", "403"),
    ),
    *_rows(
        "reach", "good", "unit/test_reach", AWS,
        ("a_port_that_only_redirects_passes_nothing_on", "over 443 alone"),
        ("who_else_the_rules_let_in_is_said", "whoever is led here, of these blocks"),
        ("what_lets_other_networks_in_since_then_is_a_difference", "opened, closed, or let in before"),
        ("a_block_of_addresses_can_be_asked_about", "no, yes, or as the routes say that are not here"),
        ("blocks_of_the_internet_are_asked_about_as_the_internet_is", "no, yes, or a part of it"),
    ),
    *_rows(
        "reach", "good", "unit/test_firewall", AWS,
        ("whose_addresses_a_list_lets_pass_passes_by_the_firewall", "these pass, everybody else not", 3),
        ("who_passes_by_since_then_is_a_difference", "these do now, or no longer; who is only counted passes", 7),
        ("behind_the_distribution_another_firewall_inspects_what_is_passed_on", "they pass to the files", 2),
        ("a_web_acl_without_a_rule_inspects_nothing", "everybody passes", 2),
    ),
    *_rows(
        "reach", "bad", "unit/test_firewall", AWS,
        ("the_rules_of_the_distribution_that_nobody_meets_past_it_are_named", "no, and these are passed"),
    ),
    *_rows(
        "reach", "bad", "unit/test_ipv6", AWS,
        ("an_internal_load_balancer_is_in_nobodys_way_over_either_version", "no, for one reason"),
        ("the_network_alone_opens_only_what_ipv4_did_not", "opened over IPv6 only", 2),
    ),
    *_rows(
        "reach", "bad", "unit/test_ipv6", "the registries of IANA, as Python has them",
        ("what_is_of_the_internet_is_what_python_calls_global", "of the internet, or not"),
    ),
    *_rows(
        "reach", "bad", "unit/test_reach", AWS,
        ("what_is_behind_a_nat_instance_or_a_transit_gateway_is_unknown", "unknown"),
        ("an_arn_with_an_account_depends_on_the_account", "unknown"),
        ("a_secret_that_is_added_takes_nothing_away_from_the_others", "nothing is lost", 2),
    ),
    *_rows(
        "reach", "good", "unit/test_reach_command", STACK,
        ("what_is_not_there_can_not_be_asked", "it is not there"),
        ("an_environment_without_the_place_is_named_beside_the_answers_of_the_others", "yes, and not there twice", 3),
    ),
    *_rows(
        "reach", "bad", "unit/test_reach_command", STACK,
        ("what_has_to_do_with_the_network_and_is_not_judged_is_named", "unknown, and the resource is named", 2),
    ),
    *_rows(
        "verify", "good", "aws/test_verify", MADE,
        ("changes_behind_terraforms_back_are_exactly_what_differs", "these 13 differences", 13),
        ("what_is_in_no_generated_argument_is_found_too", "these differences", 16),
        ("a_lost_tag_is_one_difference_and_hides_nothing", "the opened port, and the lost tags", 2),
        ("everything_is_missing_in_an_empty_account", "48 are missing"),
        ("what_exists_once_an_account_is_looked_at_too", "4 differences", 4),
        ("what_no_module_sets_is_found_in_the_account", "these 6 differences", 6),
    ),
    *_rows(
        "verify", "good", "unit/test_verify", STACK,
        ("what_may_not_be_read_is_no_difference_and_exits_with_3", "unknown"),
        ("a_type_without_a_reader_is_said_to_be_not_compared", "unknown"),
        ("an_argument_that_no_reader_knows_is_unknown_and_exits_with_3", "unknown"),
        ("a_question_about_extras_without_an_answer_is_unknown", "unknown"),
        ("a_redirect_to_another_host_is_a_difference", "the other host"),
        ("a_policy_at_the_registry_is_found", "the policy"),
        ("tasks_that_no_service_started_are_found", "2 tasks that no service started"),
        ("a_policy_at_a_secret_is_found", "the policy, and unknown where it can't be read"),
        ("an_image_of_another_repository_is_a_difference", "a difference only of another repository"),
        ("what_stands_beside_what_was_generated_is_no_as_generated", "a difference, only where it stands there"),
        ("what_stands_in_the_network_and_was_not_generated_is_found", "it exists and was not generated"),
        ("a_target_that_is_no_task_is_found", "a difference, only where it gets requests"),
        ("a_certificate_that_is_valid_no_more_is_none", "there is none, once it has expired or was revoked"),
        ("as_many_web_services_as_were_generated_are_known", "the second one was not generated"),
    ),
    *_rows(
        "verify", "good", "unit/test_verify", MODEL,
        ("what_aws_tells_beside_the_arguments_is_said", "a difference, only where somebody has set it"),
        ("what_nobody_generated_and_makes_it_behave_otherwise_is_found", "a difference, only where it is set"),
    ),
    *_rows(
        "verify", "bad", "unit/test_verify", STACK,
        ("a_name_that_terraform_did_not_make_is_another", "Terraform's own is compared, not the one made by hand"),
    ),
    *_rows(
        "verify", "bad", "aws/test_verify", MADE,
        ("right_after_an_apply_everything_is_as_generated", "as generated"),
        ("a_neighbours_alarms_are_its_own", "2 differences, none of a neighbour's", 20),
    ),
    *_rows(
        "verify", "bad", "unit/test_live_aws", AWS,
        ("what_aws_answers_instead_is_told_apart", "denied, expired, throttled … each by its name"),
        ("a_proxy_that_answers_in_place_of_aws", "unreachable"),
        ("expired_credentials_exit_with_3_in_every_command", "unknown"),
        ("the_login_page_of_a_captive_portal_is_no_answer", "unreachable"),
    ),
    *_rows(
        "status", "good", "unit/test_status", MADE,
        ("what_users_feel_is_degraded", "degraded"),
        ("a_load_balancer_that_is_closed_to_its_users_is_degraded", "degraded"),
        ("an_alarm_without_data_is_not_determined", "unknown"),
        ("figures_and_limits_are_those_of_aws_and_say_where_they_differ", "AWS's figures", 2),
        ("a_service_that_does_not_work_is_degraded", "degraded"),
        ("one_section_without_an_answer_leaves_the_others", "unknown"),
        ("tasks_that_no_service_started_are_named_and_in_no_figure_of_the_service", "3 tasks, none of the service", 3),
        ("tasks_beside_the_service_that_can_not_be_listed_are_not_determined", "unknown"),
        ("what_users_feel_beyond_the_front_is_degraded", "degraded"),
        ("the_network_acl_of_the_nat_gateway_closes_the_way_out", "degraded"),
        ("a_figure_that_cloudwatch_does_not_tell_is_unknown", "unknown"),
        ("a_certificate_that_the_overlay_names_is_looked_at", "degraded"),
        ("a_load_balancer_for_cloudfront_alone_that_is_closed_is_degraded", "degraded only where it is closed", 2),
        ("a_replication_group_from_which_nothing_takes_over_is_degraded", "degraded"),
        ("a_size_that_was_not_generated_is_said", "AWS's size, and the generated one"),
        ("a_database_without_the_standby_that_was_generated_is_degraded", "degraded"),
    ),
    *_rows(
        "status", "good", "unit/test_status", AWS,
        ("what_tasks_depend_on_and_is_gone_is_degraded", "degraded"),
        ("a_firewall_with_other_rules_is_never_healthy", "degraded, or unknown"),
        ("a_key_that_can_not_be_used_is_degraded", "degraded, unless it is enabled"),
        ("a_secret_of_elsewhere_that_tasks_read_is_looked_at", "degraded, unless it is there"),
        ("the_certificate_of_the_database_expires", "degraded, once it has"),
        ("a_certificate_that_was_not_generated_is_looked_at_where_a_listener_presents_it", "degraded"),
    ),
    *_rows(
        "status", "bad", "unit/test_status", AWS,
        ("a_wider_rule_lets_through_what_a_narrow_one_did", "healthy", 2),
        ("a_group_that_nothing_is_in_is_a_note", "healthy"),
        ("a_load_balancer_that_answers_only_cloudfront_is_not_probed", "unasked, and no fault"),
    ),
    *_rows(
        "status", "good", "aws/test_status", MADE,
        ("an_environment_in_which_much_is_wrong", "degraded, by each of its faults", 8),
        ("what_users_feel_is_found_in_aws", "degraded, by each of its faults", 7),
        ("a_listener_that_is_gone_is_degraded", "degraded"),
        ("an_account_that_holds_nothing", "degraded"),
    ),
    *_rows("status", "bad", "aws/test_status", MADE, ("a_healthy_environment", "healthy")),
    *_rows(
        "diff", "good", "unit/test_diff", STACK,
        ("a_real_difference_that_spells_the_environments_names_is_shown", "these settings differ"),
        ("a_weaker_environment_fails_with_the_lines_that_make_it_so", "weaker in 12 strengths", 12),
        ("each_strength_is_missed_when_it_is_gone", "weaker"),
        ("each_strength_of_a_replication_group_is_missed_when_it_is_gone", "weaker"),
        ("each_strength_of_what_is_shared_is_missed_when_it_is_gone", "weaker"),
        ("a_difference_that_nobody_has_declared_is_unknown_and_no_good_answer", "unknown", 2),
    ),
    *_rows(
        "diff", "good", "unit/test_strengths", "docs/reference/settings.md and the documentation that it names",
        ("every_setting_that_protects_is_missed_when_it_is_weaker", "weaker, by this setting"),
        ("where_the_stack_does_not_say_which_way_is_weaker_it_is_unknown", "unknown", 5),
        ("what_no_setting_makes_weaker_is_missed_too", "weaker, or unknown"),
    ),
    *_rows(
        "diff", "bad", "unit/test_diff", STACK,
        ("a_default_that_is_written_down_is_no_difference", "the same"),
        ("what_differs_by_the_environments_name_alone_is_folded", "the same but for names"),
        ("prod_is_in_nothing_weaker_than_staging", "not weaker"),
        ("logs_that_are_kept_for_ever_are_the_strongest", "not weaker"),
        ("long_values_show_where_they_differ", "both sides differ in the text"),
    ),
    *_rows(
        "diff", "good", "unit/test_ipv6", STACK,
        ("what_is_narrower_over_one_version_makes_up_for_nothing_over_the_other", "weaker over IPv6"),
    ),
    *_rows(
        "diff", "bad", "unit/test_ipv6", STACK,
        ("blocks_are_told_as_blocks", "these blocks before, and those after"),
        ("a_rule_that_is_added_turns_no_other_into_itself", "one is added, one has other blocks", 2),
        ("an_instance_that_is_there_anyway_is_not_caused_by_their_number", "by one setting, the next by two", 2),
    ),
    *_rows(
        "summary", "bad", "unit/test_ipv6", "the provider's documentation",
        ("other_subnets_of_an_application_load_balancer_are_no_replacement", "in place"),
    ),
    *_rows(
        "diff", "bad", "unit/test_strengths", STACK,
        ("the_other_way_nothing_is_weaker", "not weaker"),
        ("a_part_of_what_was_let_in_is_nobody_more", "weaker only where somebody else gets in"),
        ("who_may_also_come_with_tls_is_nobody_more", "not weaker; weaker where nobody serves TLS", 3),
        ("where_a_load_balancer_stands_says_whether_it_is_internal", "not weaker by its subnets"),
    ),
    *_rows(
        "diff", "bad", "unit/test_diff", AWS,
        ("the_rule_of_a_firewall_is_weaker_by_its_own_settings", "by the settings of that rule alone", 4),
        ("what_a_switch_does_only_with_another_setting_is_caused_by_both", "by both"),
    ),
    *_rows(
        "summary", "good", "unit/test_changes", AWS,
        ("whom_a_change_cuts_off_is_told_by_its_own_values", "these are cut off, or nobody is"),
        ("what_is_said_of_a_frontend_that_only_cloudfront_reaches", "cut off by these settings", 5),
    ),
    *_rows(
        "summary", "bad", "unit/test_changes", STACK,
        ("no_value_of_a_measured_example_is_told_of_another", "the change's own names and ports"),
    ),
    *_rows(
        "summary", "good", "unit/test_summary", PLAN,
        ("without_a_plan_replacements_are_said_to_be_unknown", "unknown"),
        ("replacements_that_the_provider_is_known_to_force_are_listed_with_what_follows", "these are replaced", 3),
        ("another_port_name_or_version_says_what_it_replaces_or_that_nobody_knows", "two are replaced, one may be", 3),
        ("a_replaced_database_comes_first_and_is_said_to_be_refused", "the database first, and refused"),
        ("a_plan_that_terraform_did_not_finish_is_no_all_clear", "not complete"),
        ("a_plan_that_terraform_did_not_finish_has_an_exit_code_of_its_own", "not complete", 2),
        ("what_is_not_priced_is_never_zero", "at least, and unknown"),
        ("overlays_that_cannot_be_read_are_said_to_be_unknown", "unknown"),
        ("a_difference_that_no_strength_judges_is_not_known_to_be_harmless", "unknown", 2),
        ("a_plan_that_changes_the_state_alone_is_no_no_change", "it changes the state"),
    ),
    *_rows(
        "summary", "good", "unit/test_summary", MADE_BY_OVERLAYS,
        ("what_is_in_a_region_that_an_environment_leaves_stays_there", "it stays, in no state"),
        ("a_rename_tells_the_gravest_loss_first_and_what_is_alike_once", "all is replaced, data first"),
        ("what_is_weaker_is_told_with_its_subject_and_flags_with_words", "weaker, and whose", 2),
        ("what_a_section_switches_on_is_caused_by_its_switch", "by its switch", 3),
        ("each_of_several_findings_about_one_setting_is_told", "these three", 3),
    ),
    *_rows(
        "summary", "good", "unit/test_steps", MADE_BY_OVERLAYS,
        ("straight_to_blue_green_is_the_first_thing_that_is_said", "not in one apply", 4),
        ("preflight_knows_of_a_node_that_would_become_a_group_at_once", "not in one apply"),
    ),
    *_rows(
        "summary", "bad", "unit/test_steps", MADE_BY_OVERLAYS,
        ("preflight_lets_each_step_pass", "nothing stands in the way", 5),
    ),
    *_rows(
        "summary", "bad", "unit/test_summary", PLAN,
        ("what_only_aws_sets_is_not_changed_outside_terraform", "no drift, and drift", 2),
        ("reachability_that_differs_is_told_with_the_blocks", "narrowed"),
        ("https_is_told_as_what_it_is_stronger_by", "stronger, in nothing weaker", 4),
        ("long_values_are_shown_where_they_differ", "both sides differ in the text"),
        ("a_plan_without_changes_is_no_change", "no change"),
    ),
    *_rows(
        "summary", "good", "terraform/test_summary", PLAN,
        ("the_plan_destroys_the_log_group_and_replaces_the_cache", "one destroyed, one replaced", 2),
        ("the_comment_begins_with_what_is_lost", "the losses come first"),
    ),
    *_rows(
        "cost", "good", "unit/test_cost", PRICES,
        ("a_node_type_without_a_price_is_no_saving", "unknown"),
        ("what_has_no_price_is_named_and_a_budget_can_not_be_vouched_for", "at least"),
        ("what_is_not_priced_makes_the_total_at_least_and_the_component_unknown", "at least"),
        ("what_is_billed_otherwise_is_not_priced_as_something_else", "unknown"),
        ("a_region_without_prices_takes_nothing_away_from_the_others", "unknown, and the others' price"),
        ("temporary_storage_is_billed_above_what_is_free", "the price of 100 GB for two tasks"),
        ("what_makes_a_free_resource_cost_something_is_named", "at least"),
        ("each_option_of_a_health_check_is_billed", "five prices"),
        ("everything_that_an_overlay_can_have_has_its_place_in_the_bill", "at least"),
    ),
    *_rows(
        "cost", "bad", "unit/test_cost", PRICES,
        ("dev_costs_what_its_resources_cost_at_list_prices", "to the cent"),
        ("arm_has_its_own_price", "a fifth less"),
        ("spot_is_cheaper_for_the_tasks_that_run_on_it", "70 % less for these tasks"),
        ("a_database_is_priced_with_its_standby", "twice the instance"),
        ("without_container_insights_their_metrics_cost_nothing", "nothing"),
        ("tasks_cost_nothing_outside_the_running_hours", "the hours' share"),
    ),
    *_rows(
        "addresses", "good", "unit/test_addresses", "Terraform: moved blocks, and resources without a configuration",
        ("an_address_that_is_lost_fails", "lost"),
        ("a_declaration_that_leads_nowhere_does_not_help", "lost"),
        ("a_move_onto_an_address_that_exists_loses_the_resource", "lost"),
        ("of_two_moves_onto_one_address_the_second_loses_its_resource", "lost"),
        ("a_move_to_another_type_loses_the_resource", "lost"),
        ("moves_in_a_circle_end", "lost"),
        ("an_overlay_that_is_removed_or_renamed_loses_its_addresses", "lost"),
        ("a_resource_that_is_gone_from_the_output_alone_is_lost", "lost"),
        ("a_shallow_clone_never_passes_unchecked", "refused"),
        ("instances_that_go_while_their_address_stays_are_lost", "lost, unless a setting took them"),
        ("what_a_move_leaves_behind_is_lost", "lost, or refused by Terraform"),
        ("one_address_with_two_new_ones_is_refused", "refused by Terraform"),
        ("a_state_that_is_elsewhere_is_lost_until_it_was_moved", "lost, until it was moved"),
        ("an_output_that_was_edited_by_hand_is_refused", "refused"),
    ),
    *_rows(
        "addresses", "bad", "unit/test_addresses", "Terraform: moved blocks, and removed ones",
        ("an_address_that_is_declared_moved_or_retired_does_not", "declared"),
        ("moves_are_followed_through_modules_and_over_several_steps", "declared"),
        ("a_stack_that_is_declared_gone_is_not_lost", "declared"),
        ("a_module_that_a_setting_turns_off_is_not_lost", "turned off"),
        ("instances_that_are_declared_moved_one_by_one_are_not_lost", "declared"),
        ("what_a_move_takes_along_is_not_lost", "not lost"),
    ),
    *_rows(
        "lint", "good", "unit/test_lint_rules", "the source that each rule names",
        ("a_rule_finds_what_it_is_about", "found"),
    ),
    *_rows(
        "lint", "bad", "unit/test_lint_rules", "the source that each rule names",
        ("nothing_is_found_where_every_fix_is_made", "nothing is found"),
    ),
    *_rows(
        "load", "good", "load/test_loopback", SERVER,
        ("an_answer_that_ends_in_the_middle_is_an_error", "an error"),
        ("a_slow_service_misses_the_targets", "missed"),
        ("a_service_that_falls_behind_its_rate_is_charged_for_the_wait", "missed"),
        ("an_unreachable_service_misses_the_targets_without_being_asked_again", "missed"),
    ),
    *_rows(
        "load", "good", "unit/test_load", "the definition of the figure",
        ("late_answers_at_the_end_of_a_short_run_lower_its_throughput", "the whole run counts"),
        ("a_percentile_of_too_few_requests_is_undecided", "unknown"),
        ("a_partial_run_is_never_met", "not met"),
        ("each_target_is_missed_on_its_own", "missed"),
        ("a_run_without_an_answer_shows_its_progress_all_the_time", "never ten seconds of silence"),
    ),
    *_rows(
        "load", "bad", "load/test_loopback", SERVER,
        ("sustained_sends_at_its_rate", "met"),
        ("a_service_that_never_answers_is_shown_to_be_waited_for", "progress all the time"),
        ("a_signal_ends_the_run_in_order_and_leaves_a_partial_result", "a partial result"),
    ),
    *_rows(
        "guides", "guide", "aws/test_guides_of_faults", MADE,
        ("the_steps_lead_to_the_fault_and_the_fix_mends_it", "seen, mended, and then as in a healthy account"),
        ("a_lost_state_comes_back_from_the_copy_that_was_saved", "seen, mended, and then as in a healthy account"),
        ("a_rotation_stops_no_task_and_the_restart_after_it_gives_all_the_new_value", "no task stops at the rotation"),
    ),
    *_rows(
        "guides", "guide", "aws/test_guides", MADE,
        ("a_restart_stops_the_unhealthy_task_and_no_other", "the unhealthy task is stopped"),
        ("a_lock_left_behind_is_released_and_an_older_state_is_put_back", "seen, and mended", 2),
    ),
    *_rows(
        "guides", "guide", "aws/test_guide_domain", MADE,
        ("a_domain_gets_https_in_one_apply_once_it_is_delegated", "three faults seen and mended, then no changes", 3),
    ),
)  # fmt: skip
"""Every situation, by command."""


@dataclass(eq=False)  # pytest keeps its plugins in sets
class Outcomes:
    """A plugin of pytest: what came of each test's cases."""

    passed: Counter[str] = field(default_factory=Counter[str])
    failed: Counter[str] = field(default_factory=Counter[str])
    unknown: Counter[str] = field(default_factory=Counter[str])
    """Passed cases whose true answer is that nobody can know."""
    collected: Counter[str] = field(default_factory=Counter[str])
    uncertain: set[str] = field(default_factory=set[str])

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            name = item.nodeid.partition("[")[0]
            self.collected[name] += 1
            called = getattr(item, "callspec", None)
            if called is not None and "unknown" in map(str, called.params.values()):
                self.uncertain.add(item.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.nodeid.partition("[")[0]
        if report.failed:
            self.failed[name] += 1
        elif report.when == "call":
            counted = self.unknown if report.nodeid in self.uncertain else self.passed
            counted[name] += 1


TESTS: Final = tuple(dict.fromkeys(each.test for each in CORPUS))


def figures(outcomes: Outcomes) -> list[list[str]]:
    """Rows: command, situations, right, unknown said, wrong."""
    rows: list[list[str]] = []
    for command in dict.fromkeys(each.command for each in CORPUS):
        total, right, unknown, wrong = 0, 0, 0, 0
        for each in (one for one in CORPUS if one.command == command):
            said = outcomes.unknown[each.test] + (outcomes.passed[each.test] if each.truth == "unknown" else 0)
            total += outcomes.collected[each.test] * each.within
            unknown += said * each.within
            right += (outcomes.passed[each.test] + outcomes.unknown[each.test] - said) * each.within
            wrong += outcomes.failed[each.test] * each.within
        rows.append([command, str(total), str(right), str(unknown), str(wrong)])
    return rows


def page(outcomes: Outcomes) -> str:
    """docs/verdicts.md."""
    lines = [
        "# Verdicts",
        "",
        "<!-- Written by `make verdicts` from tests/corpus.py; edit that. -->",
        "",
        "People act on one word: unreachable, as generated, healthy, nothing weaker. In these situations the true",
        "answer is known; the figures say how often the commands give it. *Unknown* is right where the answer depends",
        "on something that a command cannot see.",
        "",
        *markdown(
            ["command", "situations", "right", "unknown said", "wrong"], figures(outcomes), right=range(1, 5)
        ).splitlines(),
        "",
    ]
    for command in dict.fromkeys(each.command for each in CORPUS):
        rows = [
            [
                _sentence(each),
                str(outcomes.collected[each.test] * each.within),
                KINDS[each.kind],
                each.truth,
                each.source,
            ]
            for each in CORPUS
            if each.command == command
        ]
        table = markdown(["situation", "number", "shows that", "true answer", "known from"], rows, right=[1])
        lines += [f"## {command}", "", *table.splitlines(), ""]
    return "\n".join(lines)


def _sentence(of: Situation) -> str:
    file, _, name = of.test.partition("::test_")
    return f"[{name.replace('_', ' ')}](../{file})"


def missing(held: str, now: str) -> list[str]:
    """Rows that a page lacks, its numbers aside: a test that has got a case more makes no page wrong."""
    known = {re.sub(r"\| *\d+ *", "", line) for line in held.splitlines()}
    return [line for line in now.splitlines() if re.sub(r"\| *\d+ *", "", line) not in known]


def main() -> int:
    """`make verdicts`: run all of them, and write the page."""
    outcomes = Outcomes()
    code = pytest.main(["-q", *TESTS], [outcomes])
    PAGE.write_text(page(outcomes), encoding="utf-8")
    print("\n".join(" ".join(row) for row in figures(outcomes)))
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
