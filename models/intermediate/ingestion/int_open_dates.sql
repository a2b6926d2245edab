{%- set systems = var('record_sources') if 'app' in var('sources') else {} -%}
with source_pauses as (
    select * from {{ ref('int_source_pauses') }}
),

business_dates as (
    select * from {{ ref('int_business_dates') }}
),

last_date as (
    select max(business_date) as last_business_date
    from business_dates
),

counted as (
    select listed.counted
    from (
        values
        {%- for system in systems %}
        ('{{ system }}'),
        {%- endfor %}
        ('events')
    ) as listed (counted)
),

{# A source has landed until its last receipt. One that is known to be out holds no date open. #}
awaited_sources as (
    select
        coalesce(counted.counted, 'events') as counted,
        source_pauses.first_date as last_received_date
    from source_pauses
    left join counted on source_pauses.source = counted.counted
    where
        source_pauses.is_ongoing
        and source_pauses.is_alive
        and not source_pauses.is_excused
),

open_dates as (
    select
        counted.counted,
        least(
            last_date.last_business_date,
            coalesce(min(awaited_sources.last_received_date), last_date.last_business_date)
        ) as open_from_date
    from counted
    cross join last_date
    left join awaited_sources on counted.counted = awaited_sources.counted
    group by counted.counted, last_date.last_business_date
){{ ',' if has_records_of('operations') }}
{%- if has_records_of('operations') %}

{# What operations do says nothing of other sources, nor do these of operations. #}
ledger_clock as (
    select * from {{ ref('int_ledger_clock') }}
),

all_open_dates as (
    select * from open_dates
    union all
    select
        'operations' as counted,
        {{ business_date('until_at') }} as open_from_date
    from ledger_clock
)

select * from all_open_dates
{%- else %}

select * from open_dates
{%- endif %}
