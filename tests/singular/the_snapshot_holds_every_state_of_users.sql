{{ config(enabled=has_records_of('bank')) }}
-- Fails on every state of a user that the snapshot does not hold as the bank last told it, and on
-- every one that it holds beyond them.
with states as (
    select
        user_id,
        updated_at,
        birth_year,
        region,
        segment,
        user_status,
        has_marketing_consent,
        created_at
    from {{ ref('int_user_states') }}
),

held_states as (
    select
        user_id,
        updated_at,
        birth_year,
        region,
        segment,
        user_status,
        has_marketing_consent,
        created_at
    from {{ ref('bank_user_states') }}
    where dbt_valid_to is null
),

missing_states as (
    select * from states
    except
    select * from held_states
),

further_states as (
    select * from held_states
    except
    select * from states
)

select * from missing_states
union all
select * from further_states
