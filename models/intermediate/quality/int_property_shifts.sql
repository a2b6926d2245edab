with property_classes as (
    select * from {{ ref('int_property_classes') }}
),

day_counts as (
    select
        source,
        event_name,
        property,
        business_date,
        sum(event_count) as event_count,
        sum(reference_count) as reference_count,
        count(*) as class_count
    from property_classes
    group by 1, 2, 3, 4
),

{# Half a row is added to each class, so that an empty one has a logarithm. #}
shares as (
    select
        day_counts.*,
        property_classes.event_count
        - property_classes.reference_count * day_counts.event_count / day_counts.reference_count
            as surplus,
        (property_classes.event_count + 0.5)
        / (day_counts.event_count + 0.5 * day_counts.class_count) as share,
        (property_classes.reference_count + 0.5)
        / (day_counts.reference_count + 0.5 * day_counts.class_count) as reference_share
    from property_classes
    inner join day_counts
        on
            property_classes.source = day_counts.source
            and property_classes.event_name = day_counts.event_name
            and property_classes.property = day_counts.property
            and property_classes.business_date = day_counts.business_date
    where day_counts.class_count > 1
),

{#
    The population stability index, the sum of (p - q) ln(p / q). By chance alone it is distributed
    as (1/n + 1/m) times a chi-square of one degree of freedom less than classes.
    Source of both: Yurdakul (2018), Statistical Properties of Population Stability Index,
    dissertation, Western Michigan University. A sum of doubles depends on their order in its last
    digits, so it is rounded.
#}
stability_indexes as (
    select
        source,
        event_name,
        property,
        business_date,
        event_count,
        reference_count,
        class_count,
        cast(round(
            sum((share - reference_share) * ln(share / reference_share)), 9
        ) as double) as stability_index,
        round(sum(greatest(0.0, surplus)), 6) as moved_count
    from shares
    group by 1, 2, 3, 4, 5, 6, 7
),

{#
    Users send several events and campaigns come in waves, so a property varies by more than chance:
    by so much as on its quieter days, of which a quarter lie below. A shift may last for most of
    the days.
#}
dispersions as (
    select
        source,
        event_name,
        property,
        greatest(1.0, {{ percentile(
            'stability_index / (1.0 / event_count + 1.0 / reference_count) / ('
            ~ chi_square_quantile('(class_count - 1)', -0.6744897501960817) ~ ')',
            0.25
        ) | indent(8) }}) as dispersion
    from stability_indexes
    group by 1, 2, 3
    having count(*) >= {{ var('anomaly_least_days') }}
),

chance_indexes as (
    select
        stability_indexes.*,
        dispersions.dispersion
        * (1.0 / stability_indexes.event_count + 1.0 / stability_indexes.reference_count)
        * {{ chi_square_quantile(
            '(stability_indexes.class_count - 1)', var('anomaly_z_score')
        ) | indent(8) }} as chance_index
    from stability_indexes
    inner join dispersions
        on
            stability_indexes.source = dispersions.source
            and stability_indexes.event_name = dispersions.event_name
            and stability_indexes.property = dispersions.property
),

property_shifts as (
    select
        source,
        event_name,
        property,
        business_date,
        cast(event_count as bigint) as event_count,
        cast(reference_count as bigint) as reference_count,
        class_count,
        stability_index,
        chance_index,
        cast(round(moved_count) as bigint) as moved_count,
        stability_index > {{ var('stability_index_alert') }}
        and stability_index > chance_index as is_shifted
    from chance_indexes
)

select * from property_shifts
