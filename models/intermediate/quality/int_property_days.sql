with judged_events as (
    select * from {{ ref('int_judged_events') }}
    where outcome = 'valid' and not is_bot
),

watched_properties as (
    {{ watched_properties() | indent }}
),

{# All properties of an event are read in one pass over the events. #}
values_sent as (
    select
        judged_events.source,
        judged_events.event_name,
        watched_properties.property,
        watched_properties.is_number,
        judged_events.event_date as business_date,
        {{ json_text_at('judged_events.properties', 'watched_properties.property') }} as sent_value
    from judged_events
    inner join watched_properties
        on
            judged_events.source = watched_properties.source
            and judged_events.event_name = watched_properties.event_name
),

counted_values as (
    select
        source,
        event_name,
        property,
        is_number,
        business_date,
        sent_value,
        count(*) as event_count
    from values_sent
    group by 1, 2, 3, 4, 5, 6
),

numbers as (
    select
        *,
        case when is_number then {{ try_cast('sent_value', 'double') }} end as number_value
    from counted_values
),

{# A bin of numbers is 19 % wide, a quarter of a doubling; its number grows with its values. #}
binned_values as (
    select
        *,
        case
            when number_value = 0 then 0
            when number_value <> 0
                then sign(number_value) * (
                    5000 + floor(4 * ln(abs(number_value)) / ln(2) + 0.000000001)
                )
        end as bin_number
    from numbers
),

property_days as (
    select
        source,
        event_name,
        property,
        business_date,
        cast(bin_number as bigint) as bin_number,
        case
            when not is_number then coalesce(sent_value, '')
            when bin_number is null then ''
            else cast(cast(bin_number as bigint) as varchar)
        end as value_bin,
        cast(sum(event_count) as bigint) as event_count
    from binned_values
    group by 1, 2, 3, 4, 5, 6
)

select * from property_days
