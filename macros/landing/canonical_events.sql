{#
    The configuration of a base_<source>__events model. The model is in the schema `restricted`,
    because it holds text as it landed.
#}
{% macro base_events_config(source_name) -%}
    {%- set config = {
        'materialized': 'incremental',
        'incremental_strategy': 'delete+insert',
        'unique_key': ['landing_file', 'line_number'],
        'schema': 'restricted',
        'enabled': source_name in var('sources'),
        'pre_hook': "{{ choose_new_files('" ~ source_name ~ "') }}",
        'post_hook': "{{ forget_new_lines('" ~ source_name ~ "') }}",
    } -%}
    {%- do config.update(partitioned_by('landed_date', sorted_by=['event_name'])) -%}
    {{ return(config) }}
{%- endmacro %}


{#
    A query of the canonical events of a source, which every base_<source>__events model selects
    from.

    in:  source_name
         events: a CTE, one row a landed line, of
             landing_file, line_number, line    as new_landing_lines() returns them
             is_readable                        whether the line could be parsed; if not, no column
                                                below is read
             event_id                           null or '' where the line has none
             user_id, device_id                 as they landed, null where there is none
             event_name, platform, app_version  varchar
             user_agent                         varchar, null where there is none
             is_bot                             what the log itself says, null where it says nothing
             occurred_at, received_at           timestamp in UTC; received_at null: the end of the
                                                landed date, or occurred_at in a file that the
                                                source's option history_until declares history
             properties                         JSON text of an object
    out: one row a landed line:
             event_id                           the line's own, else <landing_file>:<line_number>,
                                                or content_key() by the source's option `key`
             event_name, source, occurred_at, received_at, landed_date, landing_file, line_number,
             platform, app_version              in event_name, platform and app_version, ids of the
                                                user and the device are masked (without_ids())
             is_bot                             by the log, or by the user agent (is_bot())
             user_id, device_id                 keyed hashes; null for a placeholder
             is_duplicate                       whether another copy of the id was received before,
                                                within copy_horizon() (ties: by file, then line)
             properties
             line_violations (varchar[])        the first that holds of erased, line_too_long,
                                                unreadable_line, invalid_utf8
                                                (holds_replaced_bytes()); and
                                                missing_required:occurred_at of a readable line
                                                without a time, or with a time that has no offset
             line_warnings (varchar[])          placeholder_id:user_id, placeholder_id:device_id
             raw_line                           the landed text of a line with line_violations
                                                (kept_line())
             judgement                          null until expire_raw_text() empties the text
             load_number                        the load of this model that wrote the row, from 1
    An incremental run returns new rows, and loaded rows whose is_duplicate changes because of them.
    The model sorts by event name, so that a query of one event reads few row groups.
    The line of an erased user has only its file and line number: no event, no id, no text.
#}
{% macro canonical_events(source_name, events) -%}
{%- set fields = [
    'event_id', 'event_name', 'occurred_at', 'received_at', 'platform', 'app_version', 'is_bot',
    'properties',
] -%}
{%- set columns = canonical_columns() + columns_of_lines() -%}
{%- set is_keyed_by_content = logmart.source_option(source_name, 'key') == 'content' -%}
{# Several CTEs read this one: it parses a line once, and keeps the text of bad lines only. #}
with read_events as {{ materialized() }} (
    select
        landing_file,
        line_number,
        is_readable and not {{ is_too_long('line') }} as is_readable,
        {{ is_too_long('line') }} as is_too_long,
        {{ holds_replaced_bytes('line') }} as has_replaced_bytes,
        {%- for name in fields + ['user_agent'] %}
        case
            when is_readable and not {{ is_too_long('line') }}
                then {{ logmart.event_key() | indent(16)
                    if name == 'event_id' and is_keyed_by_content else name }}
        end as {{ name }},
        {%- endfor %}
        {%- for name in ['user_id', 'device_id'] %}
        case
            when
                is_readable and not {{ is_too_long('line') }}
                and not {{ is_placeholder_id(name) }}
                then {{ name }}
        end as {{ name }},
        is_readable and not {{ is_too_long('line') }}
        and {{ is_placeholder_id(name) }} as has_placeholder_{{ name }},
        {%- endfor %}
        {{ is_erased_line('line') }} as is_erased_line,
        case
            when
                not is_readable or occurred_at is null or {{ is_too_long('line') }}
                or {{ holds_replaced_bytes('line') }}
                then {{ kept_line('line') }}
        end as raw_line
    from {{ events }}
),

bot_user_agents as (
    {{ logmart.bot_user_agents('read_events') | indent }}
),

hashed_events as (
    {{ with_identifier_hashes('read_events') | indent }}
),

erased_ids as (
    {{ erased_ids() | indent }}
),

identified_events as (
    select
        events.landing_file,
        events.line_number,
        events.raw_line,
        events.is_readable,
        events.is_too_long,
        events.has_replaced_bytes,
        events.event_id,
        events.occurred_at,
        events.received_at,
        coalesce(events.is_bot, false)
        or coalesce(events.user_agent in (select user_agent from bot_user_agents), false) as is_bot,
        events.properties,
        events.has_placeholder_user_id,
        events.has_placeholder_device_id,
        events.user_hash as user_id,
        events.device_hash as device_id,
        {%- for name in ['event_name', 'platform', 'app_version'] %}
        {{ logmart.without_ids(
            'events.' ~ name, var('planned_events')[source_name] + var('public_names')
        ) | indent(8) }} as {{ name }},
        {%- endfor %}
        (
            events.is_erased_line
            or coalesce(
                events.user_hash in (
                    select identifier_hash from erased_ids
                    where kind = 'user'
                ),
                false
            )
            or (
                events.user_hash is null
                and erased_devices.identifier_hash is not null
                and coalesce(events.occurred_at <= erased_devices.erased_until, true)
            )
        ) as is_erased
    from hashed_events as events
    left join erased_ids as erased_devices
        on
            events.device_hash = erased_devices.identifier_hash
            and erased_devices.kind = 'device'
),

kept_events as (
    select
        landing_file,
        line_number,
        is_erased,
        is_too_long,
        has_replaced_bytes,
        {%- for name in fields + [
            'user_id', 'device_id', 'has_placeholder_user_id', 'has_placeholder_device_id',
            'raw_line',
        ] %}
        case when not is_erased then {{ name }} end as {{ name }},
        {%- endfor %}
        is_readable and not is_erased as is_readable
    from identified_events
),

landed_events as (
    select
        coalesce(
            nullif(events.event_id, ''),
            events.landing_file || ':' || cast(events.line_number as varchar)
        ) as event_id,
        events.event_name,
        '{{ source_name }}' as source,
        events.user_id,
        events.device_id,
        events.occurred_at,
        coalesce(
            events.received_at,
            {%- if logmart.source_option(source_name, 'history_until') %}
            case
                when {{ logmart.is_history(source_name, 'files.landed_date') }}
                    then least(events.occurred_at, files.landed_date + interval '1' day)
            end,
            {%- endif %}
            files.landed_date + interval '1' day
        ) as received_at,
        files.landed_date,
        events.landing_file,
        events.line_number,
        events.platform,
        events.app_version,
        coalesce(events.is_bot, false) as is_bot,
        events.properties,
        {{ list_of_present([
            "case when events.is_erased then 'erased'"
            ~ " when events.is_too_long then 'line_too_long'"
            ~ " when not events.is_readable then 'unreadable_line'"
            ~ " when events.has_replaced_bytes then 'invalid_utf8' end",
            "case when events.is_readable and events.occurred_at is null"
            ~ " then 'missing_required:occurred_at' end",
        ]) | indent(8) }} as line_violations,
        {{ list_of_present([
            "case when events.has_placeholder_user_id then 'placeholder_id:user_id' end",
            "case when events.has_placeholder_device_id then 'placeholder_id:device_id' end",
        ]) | indent(8) }} as line_warnings,
        events.raw_line,
        cast(null as {{ judgement_type() }}) as judgement
    from kept_events as events
    inner join {{ ref('base_' ~ source_name ~ '__files') }} as files
        on events.landing_file = files.landing_file
),

{% if is_incremental() -%}
new_ids as (
    select
        event_id,
        min(received_at) as first_received_at,
        min(received_at) - ({{ copy_horizon() }}) as copies_from,
        max(received_at) + ({{ copy_horizon() }}) as copies_until
    from landed_events
    group by event_id
),

{#-
    The loaded copies of the ids that landed again. A copy that was received after a new one may
    become its duplicate, or stop being a duplicate of another: was_duplicate is its verdict so far.
    A copy that was received before all new ones keeps its verdict; the new ones are compared with
    it.
-#}
loaded_copies as (
    select
        loaded.landing_file,
        loaded.line_number,
        loaded.event_id,
        loaded.received_at,
        loaded.landed_date,
        case
            when loaded.received_at >= new_ids.first_received_at then loaded.is_duplicate
        end as was_duplicate
    from {{ this }} as loaded
    inner join new_ids
        on
            loaded.event_id = new_ids.event_id
            and loaded.received_at >= new_ids.copies_from
            and loaded.received_at <= new_ids.copies_until
),

{% endif -%}
copies as (
    select
        landing_file,
        line_number,
        event_id,
        received_at,
        landed_date,
        cast(null as boolean) as was_duplicate
    from landed_events
    {%- if is_incremental() %}
    union all
    select * from loaded_copies
    {%- endif %}
),

repeats as {{ materialized() }} (
    select
        landing_file,
        line_number,
        landed_date,
        was_duplicate,
        coalesce(
            received_at - lag(received_at) over (
                partition by event_id order by received_at, landing_file, line_number
            ) <= {{ copy_horizon() }},
            false
        ) as is_duplicate
    from {{ repeated_copies('copies') | indent(4) }}
),

written_events as (
    select
        {%- for column in columns if column != 'is_duplicate' %}
        landed_events.{{ column }},
        {%- endfor %}
        coalesce(repeats.is_duplicate, false) as is_duplicate
    from landed_events
    left join repeats
        on
            landed_events.landing_file = repeats.landing_file
            and landed_events.line_number = repeats.line_number
    {%- if is_incremental() %}
    union all
    select
        {%- for column in columns if column != 'is_duplicate' %}
        loaded.{{ column }},
        {%- endfor %}
        repeats.is_duplicate
    from {{ this }} as loaded
    inner join repeats
        on
            loaded.landing_file = repeats.landing_file
            and loaded.line_number = repeats.line_number
            and loaded.landed_date = repeats.landed_date
    where repeats.is_duplicate <> repeats.was_duplicate
    {%- endif %}
)

select
    {%- for column in columns %}
    {{ column }},
    {%- endfor %}
    {% if is_incremental() -%}
    (select coalesce(max(load_number), 0) + 1 from {{ this }}) as load_number
    {%- else -%}
    cast(1 as bigint) as load_number
    {%- endif %}
from written_events
{%- endmacro %}
