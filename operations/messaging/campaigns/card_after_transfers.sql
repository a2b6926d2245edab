with last_days as (
    select max(activity_date) as last_date from marts.fct_user_days
),

senders as (
    select user_id
    from marts.fct_transfers
    cross join last_days
    where transfer_status = 'completed' and transfer_date > last_date - 28
    group by user_id
    having count(*) >= 3
)

select user_id
from senders
where user_id not in (
    select user_id from marts.fct_card_applications where user_id is not null
)
