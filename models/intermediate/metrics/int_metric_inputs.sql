{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
    on_schema_change='append_new_columns',
) }}

with judged_events as (
    select * from {{ ref('int_judged_events') }}
),

{%- if has_records_of('bank') %}

ledger_transfers as (
    select * from {{ ref('int_ledger_transfers') }}
),
{%- endif %}
{%- if has_records_of('crm') %}

messages as (
    select * from {{ ref('int_messages') }}
),
{%- endif %}
{%- if record_entities() %}

record_files as (
    select * from {{ ref('int_record_files') }}
),
{%- endif %}

definitions as (
    {{ defined_metrics() | indent }}
),

current_inputs as (
    select
        'events' as kind,
        source as subject,
        coalesce(event_date, received_date) as input_date,
        plan_hash as part,
        count(*) as row_count,
        count(*) filter (where outcome = 'duplicate') as duplicate_count,
        count(*) filter (where outcome = 'rejected') as rejected_count,
        cast(sum(load_number) as double) as content
    from judged_events
    group by 1, 2, 3, 4
    {%- if has_records_of('bank') %}
    union all
    select
        'records' as kind,
        'bank' as subject,
        {{ business_date('created_at') }} as input_date,
        ledger_status as part,
        count(*) as row_count,
        0 as duplicate_count,
        0 as rejected_count,
        cast({{ wide_sum('amount_krw') }} as double) as content
    from ledger_transfers
    group by 1, 2, 3, 4
    {%- endif %}
    {%- if has_records_of('crm') %}
    union all
    select
        'records' as kind,
        'crm' as subject,
        {{ business_date('first_sent_at') }} as input_date,
        message_status as part,
        count(*) as row_count,
        0 as duplicate_count,
        0 as rejected_count,
        cast(sum(attempt_count) as double) as content
    from messages
    group by 1, 2, 3, 4
    {%- endif %}
    {%- if record_entities() %}
    union all
    select
        'records' as kind,
        source as subject,
        cast(null as date) as input_date,
        'files' as part,
        count(*) as row_count,
        0 as duplicate_count,
        0 as rejected_count,
        cast(sum(line_count) as double) as content
    from record_files
    group by 1, 2, 3, 4
    {%- endif %}
    union all
    select
        'definition' as kind,
        metric as subject,
        cast(null as date) as input_date,
        definition_hash as part,
        1 as row_count,
        0 as duplicate_count,
        0 as rejected_count,
        0 as content
    from definitions
    union all
    select
        'code' as kind,
        'metrics_daily' as subject,
        cast(null as date) as input_date,
        '{{ code_hash("metrics_daily") }}' as part,
        1 as row_count,
        0 as duplicate_count,
        0 as rejected_count,
        0 as content
),

keyed_inputs as (
    select
        *,
        {{ group_key(['kind', 'subject', 'cast(input_date as varchar)', 'part']) }} as input_key
    from current_inputs
),

{%- if has_earlier_runs() %}

known_inputs as (
    select *
    from (
        select
            *,
            row_number() over (partition by input_key order by change_number desc) as reverse_number
        from {{ this }}
    ) as changes
    where reverse_number = 1
),
{%- else %}

known_inputs as (
    select
        *,
        cast(0 as bigint) as change_number
    from keyed_inputs
    where false
),
{%- endif %}

last_change as (
    select coalesce(max(change_number), 0) as change_number
    from known_inputs
),

{# An input that has gone gets a last row with zero rows and an empty content. #}
changed_inputs as (
    select
        coalesce(keyed_inputs.input_key, known_inputs.input_key) as input_key,
        coalesce(keyed_inputs.kind, known_inputs.kind) as kind,
        coalesce(keyed_inputs.subject, known_inputs.subject) as subject,
        coalesce(keyed_inputs.input_date, known_inputs.input_date) as input_date,
        coalesce(keyed_inputs.part, known_inputs.part) as part,
        cast(coalesce(keyed_inputs.row_count, 0) as bigint) as row_count,
        cast(coalesce(keyed_inputs.duplicate_count, 0) as bigint) as duplicate_count,
        cast(coalesce(keyed_inputs.rejected_count, 0) as bigint) as rejected_count,
        cast(coalesce(keyed_inputs.content, 0) as double) as content,
        cast(coalesce(keyed_inputs.row_count, 0) - coalesce(known_inputs.row_count, 0) as bigint)
            as more_rows,
        cast(
            coalesce(keyed_inputs.duplicate_count, 0) - coalesce(known_inputs.duplicate_count, 0)
            as bigint
        ) as more_duplicates,
        cast(last_change.change_number + 1 as bigint) as change_number
    from keyed_inputs
    full outer join known_inputs on keyed_inputs.input_key = known_inputs.input_key
    cross join last_change
    where
        known_inputs.input_key is null
        or coalesce(keyed_inputs.row_count, 0) <> known_inputs.row_count
        or coalesce(keyed_inputs.duplicate_count, 0) <> known_inputs.duplicate_count
        or coalesce(keyed_inputs.rejected_count, 0) <> known_inputs.rejected_count
        or coalesce(keyed_inputs.content, 0) <> known_inputs.content
)

select * from changed_inputs
