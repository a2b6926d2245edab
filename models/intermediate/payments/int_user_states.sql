{{ config(enabled=has_records_of('bank')) }}

with records as (
    {{ last_landed_records(ref('stg_bank__users'), ['user_id', 'updated_at']) | indent }}
),

user_states as (
    select
        user_id,
        birth_year,
        region,
        segment,
        user_status,
        has_marketing_consent,
        created_at,
        updated_at,
        cast({{ dbt.dateadd('day', 1, 'landed_date') }} as timestamp) as landed_at
    from records
)

select * from user_states
