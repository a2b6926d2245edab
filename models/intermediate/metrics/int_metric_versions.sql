{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
    on_schema_change='append_new_columns',
) }}

{# Earlier builds stored the date under this name: with another they would be lost. #}
with metrics_daily as (
    select
        *,
        final_from_date as complete_from_date
    from {{ ref('metrics_daily') }}
),

inputs as (
    select * from {{ ref('int_metric_inputs') }}
),

judged_events as (
    select * from {{ ref('int_judged_events') }}
),

definitions as (
    {{ defined_metrics() | indent }}
),

present as (
    select max({{ now('received_at') }}) as now_at
    from judged_events
    where outcome = 'valid'
),

earlier_versions as (
    {%- if has_earlier_runs() %}
    select * from {{ this }}
    {%- else %}
    select
        *,
        true as is_present,
        cast(1 as bigint) as version_number,
        cast(0 as bigint) as change_number,
        cast(0 as bigint) as run_number
    from metrics_daily
    where false
    {%- endif %}
),

last_run as (
    select
        coalesce(max(run_number), 0) as run_number,
        coalesce(max(change_number), 0) as change_number
    from earlier_versions
),

{# Dates of operations follow a clock of their own. #}
last_dates as (
    select
        coalesce(definitions.records = 'operations', false) as is_of_operations,
        max(earlier_versions.metric_date) as last_metric_date
    from earlier_versions
    inner join definitions on earlier_versions.metric = definitions.metric
    group by coalesce(definitions.records = 'operations', false)
),

numbered_versions as (
    select
        *,
        row_number() over (
            partition by metric, metric_date, dimension, dimension_value
            order by version_number desc
        ) as reverse_number
    from earlier_versions
),

known_versions as (
    select * from numbered_versions
    where reverse_number = 1
),

known_dimensions as (
    select distinct
        metric,
        dimension
    from earlier_versions
),

compared_values as (
    select
        coalesce(metrics_daily.metric, known_versions.metric) as metric,
        coalesce(metrics_daily.metric_date, known_versions.metric_date) as metric_date,
        coalesce(metrics_daily.dimension, known_versions.dimension) as dimension,
        coalesce(metrics_daily.dimension_value, known_versions.dimension_value) as dimension_value,
        metrics_daily.metric is not null as is_present,
        metrics_daily.value,
        metrics_daily.numerator,
        metrics_daily.denominator,
        coalesce(metrics_daily.has_whole_window, false) as has_whole_window,
        coalesce(metrics_daily.complete_from_date, known_versions.complete_from_date)
            as complete_from_date,
        coalesce(known_versions.is_present, false) as was_present,
        known_versions.version_number as old_version_number,
        known_versions.value as old_value,
        known_versions.numerator as old_numerator,
        known_versions.denominator as old_denominator,
        coalesce(known_versions.has_whole_window, metrics_daily.has_whole_window, false)
            as had_whole_window,
        coalesce(known_versions.complete_from_date, metrics_daily.complete_from_date)
            as old_complete_from_date
    from metrics_daily
    full outer join known_versions
        on
            metrics_daily.metric = known_versions.metric
            and metrics_daily.metric_date = known_versions.metric_date
            and metrics_daily.dimension = known_versions.dimension
            and metrics_daily.dimension_value = known_versions.dimension_value
),

{#
    Metrics without a definition belong to a system that is switched off and are not restated.
    Values by segment depend on the bank's records, whatever the metric counts.
#}
judged_values as (
    select
        compared_values.*,
        case
            when compared_values.dimension like '%user_segment' then 'bank'
            else definitions.records
        end as records,
        {{ dbt.dateadd(
            'day', '-definitions.looks_back_days', 'compared_values.metric_date'
        ) }} as first_input_date,
        {{ dbt.dateadd(
            'day', '-definitions.late_days - 1', 'compared_values.complete_from_date'
        ) }} as last_input_date,
        definitions.late_days = 0 as is_dated_by_receipt,
        last_dates.last_metric_date,
        case
            when compared_values.old_version_number is not null
                then
                    compared_values.is_present <> compared_values.was_present
                    or (compared_values.value is distinct from compared_values.old_value)
                    or (compared_values.numerator is distinct from compared_values.old_numerator)
                    or (
                        compared_values.denominator
                        is distinct from compared_values.old_denominator
                    )
            else
                known_dimensions.metric is not null
                and coalesce(compared_values.numerator, 0) <> 0
                and {{ dbt.dateadd(
                    'day', '-definitions.late_days - 1', 'compared_values.complete_from_date'
                ) }} <= last_dates.last_metric_date
        end as is_restatement
    from compared_values
    inner join definitions on compared_values.metric = definitions.metric
    left join known_dimensions
        on
            compared_values.metric = known_dimensions.metric
            and compared_values.dimension = known_dimensions.dimension
    left join last_dates
        on coalesce(definitions.records = 'operations', false) = last_dates.is_of_operations
),

new_versions as (
    select * from judged_values
    where
        old_version_number is null
        or is_restatement
        or has_whole_window <> had_whole_window
),

{#
    What has changed since the last run. Events judged by another plan entry are another part;
    events that landed again have another load.
#}
changes as (
    select
        inputs.kind,
        inputs.subject,
        inputs.input_date,
        case
            when inputs.kind = 'records' then 'later_records'
            when inputs.kind = 'definition' then 'definition_changed'
            when inputs.kind = 'code' then 'code_changed'
            when min(inputs.row_count) = 0 and sum(inputs.more_rows) >= 0 then 'plan_replayed'
            when sum(inputs.more_rows) > sum(inputs.more_duplicates) then 'later_events'
            when sum(inputs.more_duplicates) > 0 then 'duplicates_removed'
            else 'reload'
        end as reason
    from inputs
    cross join last_run
    where inputs.change_number > last_run.change_number
    group by inputs.kind, inputs.subject, inputs.input_date
),

value_changes as (
    select
        new_versions.metric,
        new_versions.metric_date,
        new_versions.dimension,
        new_versions.dimension_value,
        changes.reason,
        max(case
            when changes.kind in ('definition', 'code') or new_versions.is_dated_by_receipt then 1
            when
                changes.input_date >= new_versions.first_input_date
                and changes.input_date <= new_versions.last_input_date
                then 1
            else 0
        end) as is_near
    from new_versions
    inner join changes
        on
            changes.kind in ('events', 'code')
            or (changes.kind = 'records' and new_versions.records = changes.subject)
            or (changes.kind = 'definition' and new_versions.metric = changes.subject)
    where new_versions.is_restatement
    group by
        new_versions.metric,
        new_versions.metric_date,
        new_versions.dimension,
        new_versions.dimension_value,
        changes.reason
),

{# Changes on the dates that the metric looks at; where there are none, all changes. #}
value_reasons as (
    select
        metric,
        metric_date,
        dimension,
        dimension_value,
        coalesce(
            {{ dbt.listagg('case when is_near = 1 then reason end', "', '", 'order by reason') }},
            {{ dbt.listagg('reason', "', '", 'order by reason') }}
        ) as reasons
    from value_changes
    group by metric, metric_date, dimension, dimension_value
),

all_inputs as (
    select max(change_number) as change_number from inputs
),

versions as (
    select
        new_versions.metric,
        new_versions.metric_date,
        new_versions.dimension,
        new_versions.dimension_value,
        cast(coalesce(new_versions.old_version_number, 0) + 1 as bigint) as version_number,
        new_versions.is_present,
        new_versions.value,
        new_versions.numerator,
        new_versions.denominator,
        new_versions.has_whole_window,
        new_versions.complete_from_date,
        new_versions.is_restatement,
        new_versions.old_value,
        new_versions.old_numerator,
        new_versions.old_denominator,
        case
            when new_versions.is_restatement then coalesce(
                new_versions.had_whole_window
                and new_versions.old_complete_from_date <= new_versions.last_metric_date,
                false
            )
        end as was_complete,
        case
            when new_versions.is_restatement then coalesce(value_reasons.reasons, 'unexplained')
        end as reasons,
        all_inputs.change_number,
        cast(last_run.run_number + 1 as bigint) as run_number,
        present.now_at as recorded_at
    from new_versions
    left join value_reasons
        on
            new_versions.metric = value_reasons.metric
            and new_versions.metric_date = value_reasons.metric_date
            and new_versions.dimension = value_reasons.dimension
            and new_versions.dimension_value = value_reasons.dimension_value
    cross join all_inputs
    cross join last_run
    cross join present
)

select * from versions
