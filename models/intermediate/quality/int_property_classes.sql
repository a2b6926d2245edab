with property_days as (
    select
        *,
        cast(event_count as double) as row_count
    from {{ ref('int_property_days') }}
),

left_out_days as (
    select * from {{ ref('int_left_out_days') }}
),

compared_spans as (
    select * from {{ ref('int_compared_spans') }}
    where counted = 'events'
),

days as (
    select
        property_days.source,
        property_days.event_name,
        property_days.property,
        property_days.business_date,
        {{ group_key([
            'property_days.source', 'property_days.event_name', 'property_days.property',
        ]) }} as property_key,
        sum(property_days.row_count) as event_count
    from property_days
    cross join compared_spans
    left join left_out_days
        on
            property_days.business_date = left_out_days.business_date
            and coalesce(left_out_days.source, property_days.source) = property_days.source
            and coalesce(left_out_days.event_name, property_days.event_name)
            = property_days.event_name
    where
        property_days.business_date between compared_spans.first_date and compared_spans.last_date
        and left_out_days.business_date is null
    group by 1, 2, 3, 4, 5
),

weeks as (
    select numbers.week_number from (values (1), (2), (3), (4)) as numbers (week_number)
),

reference_days as (
    select
        days.*,
        reference_days.business_date as reference_date,
        reference_days.event_count as reference_day_count
    from days
    cross join weeks
    inner join days as reference_days
        on
            days.property_key = reference_days.property_key
            and reference_days.business_date
            = cast(days.business_date - weeks.week_number * interval '7' day as date)
),

compared_days as (
    select
        property_key,
        source,
        event_name,
        property,
        business_date,
        event_count,
        count(*) as reference_day_count,
        sum(reference_day_count) as reference_count
    from reference_days
    group by 1, 2, 3, 4, 5, 6
    having
        count(*) >= 3
        and event_count >= {{ var('volume_least_count') }}
        and sum(reference_day_count) >= {{ var('volume_least_count') }}
),

compared_bins as (
    select
        compared_days.property_key,
        compared_days.business_date,
        property_days.value_bin,
        property_days.bin_number,
        property_days.row_count as event_count,
        0.0 as reference_count
    from compared_days
    inner join property_days
        on
            compared_days.source = property_days.source
            and compared_days.event_name = property_days.event_name
            and compared_days.property = property_days.property
            and compared_days.business_date = property_days.business_date
    union all
    select
        reference_days.property_key,
        reference_days.business_date,
        property_days.value_bin,
        property_days.bin_number,
        0.0 as event_count,
        property_days.row_count as reference_count
    from reference_days
    inner join property_days
        on
            reference_days.source = property_days.source
            and reference_days.event_name = property_days.event_name
            and reference_days.property = property_days.property
            and reference_days.reference_date = property_days.business_date
),

bins as (
    select
        property_key,
        business_date,
        value_bin,
        bin_number,
        sum(event_count) as event_count,
        sum(reference_count) as reference_count
    from compared_bins
    group by 1, 2, 3, 4
),

positions as (
    select
        *,
        sum(reference_count) over (
            partition by property_key, business_date, bin_number is null order by bin_number
        ) - reference_count / 2.0 as middle_count,
        sum(reference_count) over (
            partition by property_key, business_date, bin_number is null
        ) as number_count
    from bins
),

{# A number belongs to the decile of the reference in which the middle of its bin lies. #}
deciles as (
    select
        *,
        case
            when bin_number is null then 'value ' || value_bin
            when number_count = 0 then 'decile'
            else 'decile ' || cast(
                cast(floor(least(9.0, 10.0 * middle_count / number_count)) as bigint) as varchar
            )
        end as decile
    from positions
),

decile_counts as (
    select
        *,
        sum(reference_count) over (
            partition by property_key, business_date, decile
        ) as decile_count
    from deciles
),

{# Classes of which fewer than five rows are expected are one class (Cochran's rule). #}
property_classes as (
    select
        compared_days.source,
        compared_days.event_name,
        compared_days.property,
        compared_days.business_date,
        case
            when
                decile_counts.decile_count * compared_days.event_count
                >= 5 * compared_days.reference_count
                then decile_counts.decile
            else 'rare'
        end as value_class,
        sum(decile_counts.event_count) as event_count,
        sum(decile_counts.reference_count) as reference_count
    from decile_counts
    inner join compared_days
        on
            decile_counts.property_key = compared_days.property_key
            and decile_counts.business_date = compared_days.business_date
    group by 1, 2, 3, 4, 5
)

select * from property_classes
