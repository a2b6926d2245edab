{{ config(enabled=has_records_of('operations')) }}

with file_actions as (
    select * from {{ ref('int_file_actions') }}
),

numbered_actions as (
    select
        *,
        row_number() over (
            partition by landing_file order by occurred_at desc, action desc
        ) as reverse_number
    from file_actions
),

returned_files as (
    select landing_file
    from numbered_actions
    where reverse_number = 1 and action = 'release' and reason = 'returned'
)

select * from returned_files
