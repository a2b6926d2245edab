with judged_events as (
    select * from {{ ref('int_judged_events') }}
    where outcome = 'valid' and not is_bot and coalesce(user_id, device_id) is not null
),

{# A row that was sent or loaded twice under two ids is no duplicate, but has the same content. #}
contents as (
    select
        source,
        event_name,
        event_date,
        user_id,
        device_id,
        occurred_at,
        properties,
        count(*) as event_count
    from judged_events
    group by 1, 2, 3, 4, 5, 6, 7
),

repeated_events as (
    select
        source,
        event_name,
        event_date as business_date,
        cast(sum(event_count) as bigint) as event_count,
        cast(sum(event_count - 1) as bigint) as repeated_count
    from contents
    group by 1, 2, 3
)

select * from repeated_events
