"""Parameters of PostgreSQL: which exist, in which version, and which take effect without a restart.

Names and versions: PostgreSQL's own list of its settings (`guc_tables.c`), as patroni 4.1.5 has it for each version
(`available_parameters`, 2026-08-12). What a minor version has added since is not in it: add it here. RDS lets nobody
change some of them (`IsModifiable` of `aws rds describe-db-parameters`). Parameters of extensions, with a dot, come and
go with the extensions, so of these the list is not complete.
"""

from collections.abc import Mapping
from typing import Final

VERSIONS: Final = (14, 18)
"""The first and the last major version that the lists are about."""

_ALWAYS: Final = """
    allow_in_place_tablespaces allow_system_table_mods application_name archive_command archive_mode archive_timeout
    array_nulls authentication_timeout autovacuum autovacuum_analyze_scale_factor autovacuum_analyze_threshold
    autovacuum_freeze_max_age autovacuum_max_workers autovacuum_multixact_freeze_max_age autovacuum_naptime
    autovacuum_vacuum_cost_delay autovacuum_vacuum_cost_limit autovacuum_vacuum_insert_scale_factor
    autovacuum_vacuum_insert_threshold autovacuum_vacuum_scale_factor autovacuum_vacuum_threshold
    autovacuum_work_mem backend_flush_after backslash_quote backtrace_functions bgwriter_delay bgwriter_flush_after
    bgwriter_lru_maxpages bgwriter_lru_multiplier bonjour bonjour_name bytea_output check_function_bodies
    checkpoint_completion_target checkpoint_flush_after checkpoint_timeout checkpoint_warning
    client_connection_check_interval client_encoding client_min_messages cluster_name commit_delay commit_siblings
    compute_query_id config_file constraint_exclusion cpu_index_tuple_cost cpu_operator_cost cpu_tuple_cost
    cursor_tuple_fraction data_directory data_sync_retry datestyle deadlock_timeout debug_pretty_print
    debug_print_parse debug_print_plan debug_print_rewritten default_statistics_target default_table_access_method
    default_tablespace default_text_search_config default_toast_compression default_transaction_deferrable
    default_transaction_isolation default_transaction_read_only dynamic_library_path dynamic_shared_memory_type
    effective_cache_size effective_io_concurrency enable_async_append enable_bitmapscan enable_gathermerge
    enable_hashagg enable_hashjoin enable_incremental_sort enable_indexonlyscan enable_indexscan enable_material
    enable_mergejoin enable_nestloop enable_parallel_append enable_parallel_hash enable_partition_pruning
    enable_partitionwise_aggregate enable_partitionwise_join enable_seqscan enable_sort enable_tidscan
    escape_string_warning event_source exit_on_error external_pid_file extra_float_digits from_collapse_limit fsync
    full_page_writes geqo geqo_effort geqo_generations geqo_pool_size geqo_seed geqo_selection_bias geqo_threshold
    gin_fuzzy_search_limit gin_pending_list_limit hash_mem_multiplier hba_file hot_standby hot_standby_feedback
    huge_page_size huge_pages ident_file idle_in_transaction_session_timeout idle_session_timeout
    ignore_checksum_failure ignore_invalid_pages ignore_system_indexes intervalstyle jit jit_above_cost
    jit_debugging_support jit_dump_bitcode jit_expressions jit_inline_above_cost jit_optimize_above_cost
    jit_profiling_support jit_provider jit_tuple_deforming join_collapse_limit krb_caseins_users krb_server_keyfile
    lc_messages lc_monetary lc_numeric lc_time listen_addresses lo_compat_privileges local_preload_libraries
    lock_timeout log_autovacuum_min_duration log_checkpoints log_connections log_destination log_directory
    log_disconnections log_duration log_error_verbosity log_executor_stats log_file_mode log_filename log_hostname
    log_line_prefix log_lock_waits log_min_duration_sample log_min_duration_statement log_min_error_statement
    log_min_messages log_parameter_max_length log_parameter_max_length_on_error log_parser_stats log_planner_stats
    log_recovery_conflict_waits log_replication_commands log_rotation_age log_rotation_size log_statement
    log_statement_sample_rate log_statement_stats log_temp_files log_timezone log_transaction_sample_rate
    log_truncate_on_rotation logging_collector logical_decoding_work_mem maintenance_io_concurrency
    maintenance_work_mem max_connections max_files_per_process max_locks_per_transaction
    max_logical_replication_workers max_parallel_maintenance_workers max_parallel_workers
    max_parallel_workers_per_gather max_pred_locks_per_page max_pred_locks_per_relation
    max_pred_locks_per_transaction max_prepared_transactions max_replication_slots max_slot_wal_keep_size
    max_stack_depth max_standby_archive_delay max_standby_streaming_delay max_sync_workers_per_subscription
    max_wal_senders max_wal_size max_worker_processes min_dynamic_shared_memory min_parallel_index_scan_size
    min_parallel_table_scan_size min_wal_size output_plugin_libraries parallel_leader_participation
    parallel_setup_cost parallel_tuple_cost password_encryption plan_cache_mode port post_auth_delay pre_auth_delay
    quote_all_identifiers random_page_cost recovery_init_sync_method remove_temp_files_after_crash
    restart_after_crash restrict_nonsystem_relation_kind row_security search_path seq_page_cost
    session_preload_libraries session_replication_role shared_buffers shared_memory_type shared_preload_libraries
    ssl ssl_ca_file ssl_cert_file ssl_ciphers ssl_crl_dir ssl_crl_file ssl_dh_params_file ssl_key_file
    ssl_max_protocol_version ssl_min_protocol_version ssl_passphrase_command ssl_passphrase_command_supports_reload
    ssl_prefer_server_ciphers standard_conforming_strings statement_timeout superuser_reserved_connections
    synchronize_seqscans synchronous_commit synchronous_standby_names syslog_facility syslog_ident
    syslog_sequence_numbers syslog_split_messages tcp_keepalives_count tcp_keepalives_idle tcp_keepalives_interval
    tcp_user_timeout temp_buffers temp_file_limit temp_tablespaces timezone timezone_abbreviations trace_notify
    trace_sort track_activities track_activity_query_size track_commit_timestamp track_counts track_functions
    track_io_timing track_wal_io_timing transaction_deferrable transaction_isolation transaction_read_only
    transform_null_equals unix_socket_directories unix_socket_group unix_socket_permissions update_process_title
    vacuum_cost_delay vacuum_cost_limit vacuum_cost_page_dirty vacuum_cost_page_hit vacuum_cost_page_miss
    vacuum_failsafe_age vacuum_freeze_min_age vacuum_freeze_table_age vacuum_multixact_failsafe_age
    vacuum_multixact_freeze_min_age vacuum_multixact_freeze_table_age wal_buffers wal_compression
    wal_consistency_checking wal_init_zero wal_keep_size wal_level wal_log_hints wal_receiver_create_temp_slot
    wal_receiver_status_interval wal_receiver_timeout wal_recycle wal_retrieve_retry_interval wal_sender_timeout
    wal_skip_threshold wal_sync_method wal_writer_delay wal_writer_flush_after work_mem xmlbinary xmloption
    zero_damaged_pages
"""

_SOME: Final = {
    "allow_alter_system": (17, 18),
    "archive_library": (15, 18),
    "autovacuum_vacuum_max_threshold": (18, 18),
    "autovacuum_worker_slots": (18, 18),
    "commit_timestamp_buffers": (17, 18),
    "createrole_self_grant": (16, 18),
    "db_user_namespace": (14, 16),
    "debug_discard_caches": (15, 18),
    "debug_io_direct": (16, 18),
    "debug_logical_replication_streaming": (17, 18),
    "debug_parallel_query": (16, 18),
    "enable_distinct_reordering": (18, 18),
    "enable_group_by_reordering": (17, 18),
    "enable_memoize": (15, 18),
    "enable_presorted_aggregate": (16, 18),
    "enable_self_join_elimination": (18, 18),
    "event_triggers": (17, 18),
    "extension_control_path": (18, 18),
    "file_copy_method": (18, 18),
    "force_parallel_mode": (14, 15),
    "gss_accept_delegation": (16, 18),
    "icu_validation_level": (16, 18),
    "idle_replication_slot_timeout": (18, 18),
    "io_combine_limit": (17, 18),
    "io_max_combine_limit": (18, 18),
    "io_max_concurrency": (18, 18),
    "io_method": (18, 18),
    "io_workers": (18, 18),
    "log_lock_failures": (18, 18),
    "log_startup_progress_interval": (15, 18),
    "logical_replication_mode": (16, 16),
    "max_active_replication_origins": (18, 18),
    "max_notify_queue_pages": (17, 18),
    "max_parallel_apply_workers_per_subscription": (16, 18),
    "md5_password_warnings": (18, 18),
    "multixact_member_buffers": (17, 18),
    "multixact_offset_buffers": (17, 18),
    "notify_buffers": (17, 18),
    "oauth_validator_libraries": (18, 18),
    "old_snapshot_threshold": (14, 16),
    "recovery_prefetch": (15, 18),
    "recursive_worktable_factor": (15, 18),
    "reserved_connections": (16, 18),
    "scram_iterations": (16, 18),
    "send_abort_for_crash": (16, 18),
    "send_abort_for_kill": (16, 18),
    "serializable_buffers": (17, 18),
    "ssl_ecdh_curve": (14, 17),
    "ssl_groups": (18, 18),
    "ssl_tls13_ciphers": (18, 18),
    "stats_fetch_consistency": (15, 18),
    "stats_temp_directory": (14, 14),
    "subtransaction_buffers": (17, 18),
    "summarize_wal": (17, 18),
    "sync_replication_slots": (17, 18),
    "synchronized_standby_slots": (17, 18),
    "trace_connection_negotiation": (17, 18),
    "trace_recovery_messages": (14, 16),
    "track_cost_delay_timing": (18, 18),
    "transaction_buffers": (17, 18),
    "transaction_timeout": (17, 18),
    "vacuum_buffer_usage_limit": (16, 18),
    "vacuum_defer_cleanup_age": (14, 15),
    "vacuum_max_eager_freeze_failure_rate": (18, 18),
    "vacuum_truncate": (18, 18),
    "wal_decode_buffer_size": (15, 18),
    "wal_summary_keep_time": (17, 18),
}
"""First and last version of those that not every version has."""

_OF_MODULES: Final = """
    auto_explain.log_analyze auto_explain.log_buffers auto_explain.log_format auto_explain.log_level
    auto_explain.log_min_duration auto_explain.log_nested_statements auto_explain.log_parameter_max_length
    auto_explain.log_settings auto_explain.log_timing auto_explain.log_triggers auto_explain.log_verbose
    auto_explain.log_wal auto_explain.sample_rate cron.database_name cron.log_min_messages cron.log_run
    cron.log_statement cron.max_running_jobs cron.timezone cron.use_background_workers hnsw.ef_search ivfflat.probes
    pg_hint_plan.debug_print pg_hint_plan.enable_hint pg_hint_plan.enable_hint_table pg_hint_plan.message_level
    pg_hint_plan.parse_messages pg_prewarm.autoprewarm pg_prewarm.autoprewarm_interval pg_stat_statements.max
    pg_stat_statements.save pg_stat_statements.track pg_stat_statements.track_planning
    pg_stat_statements.track_utility pg_trgm.similarity_threshold pg_trgm.strict_word_similarity_threshold
    pg_trgm.word_similarity_threshold pgaudit.log pgaudit.log_catalog pgaudit.log_client pgaudit.log_level
    pgaudit.log_parameter pgaudit.log_relation pgaudit.log_rows pgaudit.log_statement pgaudit.log_statement_once
    pgaudit.role pglogical.batch_inserts pglogical.conflict_log_level pglogical.conflict_resolution
    pglogical.synchronous_commit pglogical.use_spi plpgsql.check_asserts plpgsql.extra_errors plpgsql.extra_warnings
    plpgsql.variable_conflict rds.accepted_password_auth_method rds.adaptive_autovacuum rds.allowed_extensions
    rds.custom_dns_resolution rds.force_admin_logging_level rds.force_autovacuum_logging_level rds.force_ssl
    rds.log_retention_period rds.logical_replication rds.rds_superuser_reserved_connections
    rds.restrict_password_commands rds.superuser_variables
"""
"""Those of extensions and of RDS, as their documentation names them; there are more."""

_DYNAMIC: Final = """
    application_name archive_command array_nulls authentication_timeout autovacuum autovacuum_analyze_scale_factor
    autovacuum_analyze_threshold autovacuum_naptime autovacuum_vacuum_cost_delay autovacuum_vacuum_cost_limit
    autovacuum_vacuum_scale_factor autovacuum_vacuum_threshold backslash_quote bgwriter_delay bgwriter_lru_maxpages
    bgwriter_lru_multiplier bytea_output check_function_bodies checkpoint_completion_target checkpoint_timeout
    checkpoint_warning client_encoding client_min_messages commit_delay commit_siblings constraint_exclusion
    cpu_index_tuple_cost cpu_operator_cost cpu_tuple_cost cursor_tuple_fraction datestyle deadlock_timeout
    debug_pretty_print debug_print_parse debug_print_plan debug_print_rewritten default_statistics_target
    default_tablespace default_transaction_deferrable default_transaction_isolation default_transaction_read_only
    effective_cache_size effective_io_concurrency enable_bitmapscan enable_hashagg enable_hashjoin enable_indexscan
    enable_material enable_mergejoin enable_nestloop enable_seqscan enable_sort enable_tidscan escape_string_warning
    extra_float_digits from_collapse_limit fsync full_page_writes geqo geqo_effort geqo_generations geqo_pool_size
    geqo_seed geqo_selection_bias geqo_threshold gin_fuzzy_search_limit hot_standby_feedback intervalstyle
    join_collapse_limit lc_messages lc_monetary lc_numeric lc_time log_autovacuum_min_duration log_checkpoints
    log_connections log_disconnections log_duration log_error_verbosity log_executor_stats log_file_mode
    log_filename log_hostname log_line_prefix log_lock_waits log_min_duration_statement log_min_error_statement
    log_min_messages log_parser_stats log_planner_stats log_rotation_age log_rotation_size log_statement
    log_statement_stats log_temp_files log_timezone log_truncate_on_rotation maintenance_work_mem max_stack_depth
    max_standby_archive_delay max_standby_streaming_delay max_wal_size min_wal_size quote_all_identifiers
    random_page_cost search_path seq_page_cost session_replication_role standard_conforming_strings
    statement_timeout synchronize_seqscans synchronous_commit tcp_keepalives_count tcp_keepalives_idle
    tcp_keepalives_interval temp_buffers temp_tablespaces timezone track_activities track_counts track_functions
    track_io_timing transaction_deferrable transaction_isolation transaction_read_only transform_null_equals
    update_process_title vacuum_cost_delay vacuum_cost_limit vacuum_cost_page_dirty vacuum_cost_page_hit
    vacuum_cost_page_miss vacuum_defer_cleanup_age vacuum_freeze_min_age vacuum_freeze_table_age wal_writer_delay
    work_mem xmlbinary xmloption
"""
"""Those that take effect at once (RDS user guide, "Working with parameters on your RDS for PostgreSQL DB instance",
`Apply_Type` Dynamic; the copy of 2023 that AWS published)."""

KNOWN: Final[Mapping[str, tuple[int, int]]] = dict.fromkeys(_ALWAYS.split(), VERSIONS) | _SOME
"""PostgreSQL's own parameters, which have no dot: the first and the last version of each."""

OF_MODULES: Final = frozenset(_OF_MODULES.split())

DYNAMIC: Final = frozenset(_DYNAMIC.split()) | {
    "auto_explain.log_min_duration",
    "idle_in_transaction_session_timeout",
    "lock_timeout",
    "rds.adaptive_autovacuum",
    "rds.force_ssl",
    "rds.log_retention_period",
}
"""Parameters that take effect at once. Any other waits for a restart: RDS refuses `immediate` for a static parameter,
and accepts `pending-reboot` for every one (RDS user guide, "Parameter groups")."""
