create table marts.dim_user_states as
select
    identifiers.hashed as user_id,
    row_number() over user_order as state_number,
    user_states.region,
    user_states.segment,
    user_states.user_status,
    user_states.has_marketing_consent,
    user_states.updated_at <= (select max(landed_at) from user_states)
    and coalesce(
        lead(user_states.updated_at) over user_order > (select max(landed_at) from user_states),
        true
    ) as is_current,
    user_states.created_at,
    user_states.updated_at as valid_from,
    lead(user_states.updated_at) over user_order as valid_to
from user_states
inner join identifiers on hash(user_states.user_id) = identifiers.key
window user_order as (partition by user_states.user_id order by user_states.updated_at);

create table marts.dim_users as
select
    identifiers.hashed as user_id,
    states.user_id is not null as is_known_to_bank,
    states.region,
    states.segment,
    states.user_status,
    states.has_marketing_consent,
    states.state_number as state_count,
    seoul_date(states.created_at) as joined_date,
    states.created_at,
    states.valid_from
from (
    select key from identifiers
    semi join marts.dim_user_states as known
        on identifiers.hashed = known.user_id and known.is_current
    union
    select distinct user_key from landed
    where
        violations is null
        and user_key is not null
        and rowid not in (select pos from copies)
    union
    select distinct hash(user_id) from ledger
    union
    select distinct hash(user_id) from sends
) as users
inner join identifiers on users.key = identifiers.key
left join (select * from marts.dim_user_states where is_current) as states
    on identifiers.hashed = states.user_id;

-- The first valid event, not of a crawler, of each transfer, application and message.
create temp table keyed_events as
select
    landed.rowid as pos,
    landed.entry,
    coalesce(
        landed.properties ->> '$.transferId',
        landed.properties ->> '$.applicationId',
        landed.properties ->> '$.messageId'
    ) as subject,
    users.hashed as user_id,
    landed.platform,
    landed.app_version,
    landed.properties,
    landed.occurred_at
from landed
left join identifiers as users on landed.user_key = users.key
where
    landed.entry in (
        'transfer_started', 'transfer_confirmed', 'transfer_completed', 'transfer_failed',
        'card_application_started', 'card_application_submitted', 'card_application_decided',
        'push_received', 'push_opened'
    )
    and landed.violations is null
    and not landed.is_bot
    and landed.rowid not in (select pos from copies)
qualify row_number() over (
    partition by landed.entry, subject order by landed.occurred_at, landed.rowid
) = 1;

create temp table transfer_events as
select
    subject as transfer_id,
    coalesce(
        max(user_id) filter (where entry = 'transfer_started'),
        max(user_id) filter (where entry = 'transfer_confirmed'),
        max(user_id) filter (where entry = 'transfer_completed'),
        max(user_id) filter (where entry = 'transfer_failed')
    ) as user_id,
    coalesce(
        max(platform) filter (where entry = 'transfer_started'),
        max(platform) filter (where entry = 'transfer_confirmed')
    ) as platform,
    coalesce(
        max(app_version) filter (where entry = 'transfer_started'),
        max(app_version) filter (where entry = 'transfer_confirmed')
    ) as app_version,
    max(properties ->> '$.channel') filter (where entry = 'transfer_started') as channel,
    max(properties ->> '$.authMethod') filter (where entry = 'transfer_confirmed')
        as auth_method,
    max(properties ->> '$.bankCode') filter (where entry = 'transfer_completed') as bank_code,
    case
        when bool_or(entry = 'transfer_completed') then 'completed'
        when bool_or(entry = 'transfer_failed') then 'failed'
        when bool_or(entry = 'transfer_confirmed') then 'confirmed'
        else 'started'
    end as event_status,
    max(properties ->> '$.errorCode') filter (where entry = 'transfer_failed') as error_code,
    coalesce(
        max((properties ->> '$.amount')::bigint) filter (where entry = 'transfer_completed'),
        max((properties ->> '$.amount')::bigint) filter (where entry = 'transfer_failed'),
        max((properties ->> '$.amount')::bigint) filter (where entry = 'transfer_confirmed'),
        max((properties ->> '$.amount')::bigint) filter (where entry = 'transfer_started')
    ) as amount_krw,
    max((properties ->> '$.fee')::bigint) filter (where entry = 'transfer_completed') as fee_krw,
    max(occurred_at) filter (where entry = 'transfer_started') as started_at,
    max(occurred_at) filter (where entry = 'transfer_confirmed') as confirmed_at,
    max(occurred_at) filter (where entry = 'transfer_completed') as completed_at,
    max(occurred_at) filter (where entry = 'transfer_failed') as failed_at
from keyed_events
where starts_with(entry, 'transfer_')
group by subject;

create temp table hashed_ledger as
select ledger.* exclude (user_id), identifiers.hashed as user_id
from ledger
inner join identifiers on hash(ledger.user_id) = identifiers.key;

create temp table joined_transfers as
select
    coalesce(ledger.transfer_id, events.transfer_id) as transfer_id,
    coalesce(ledger.user_id, events.user_id) as user_id,
    events.platform,
    events.app_version,
    events.channel,
    events.auth_method,
    coalesce(ledger.bank_code, events.bank_code) as bank_code,
    case
        when ledger.ledger_status = 'failed' then 'failed'
        when ledger.transfer_id is not null then 'completed'
        else events.event_status
    end as transfer_status,
    coalesce(ledger.error_code, events.error_code) as error_code,
    ledger.ledger_status is not null as is_in_ledger,
    coalesce(ledger.amount_krw, events.amount_krw, 0) - coalesce(ledger.returned_krw, 0)
        as amount_krw,
    coalesce(ledger.returned_krw, 0) as returned_krw,
    coalesce(ledger.fee_krw, events.fee_krw) as fee_krw,
    coalesce(
        events.started_at, events.confirmed_at, ledger.created_at, events.completed_at,
        events.failed_at
    ) as requested_at,
    events.started_at,
    events.confirmed_at,
    coalesce(ledger.settled_at, events.completed_at) as completed_at,
    events.failed_at
from transfer_events as events
full outer join hashed_ledger as ledger on events.transfer_id = ledger.transfer_id;

create table marts.fct_transfers as
select
    transfers.transfer_id,
    transfers.user_id,
    states.segment as user_segment,
    transfers.platform,
    transfers.app_version,
    transfers.channel,
    transfers.auth_method,
    transfers.bank_code,
    transfers.transfer_status,
    case when transfers.transfer_status = 'failed' then transfers.error_code end
        as failure_reason,
    transfers.is_in_ledger,
    transfers.amount_krw,
    transfers.returned_krw,
    case
        when transfers.transfer_status = 'completed' then coalesce(transfers.fee_krw, 0)
        else 0
    end as fee_krw,
    seoul_date(transfers.requested_at) as transfer_date,
    transfers.requested_at,
    transfers.started_at,
    transfers.confirmed_at,
    case when transfers.transfer_status = 'completed' then transfers.completed_at end
        as completed_at,
    case when transfers.transfer_status = 'failed' then transfers.failed_at end as failed_at
from joined_transfers as transfers
left join marts.dim_user_states as states
    on
        transfers.user_id = states.user_id
        and transfers.requested_at >= states.valid_from
        and (transfers.requested_at < states.valid_to or states.valid_to is null);

create table marts.payments_daily as
select
    *,
    completed_count::double / nullif(completed_count + failed_count, 0) as success_rate
from (
    select
        transfer_date,
        coalesce(bank_code, 'unknown') as bank_code,
        coalesce(platform, 'unknown') as platform,
        count(*) as transfer_count,
        count(*) filter (where transfer_status = 'completed') as completed_count,
        count(*) filter (where transfer_status = 'failed') as failed_count,
        count(*) filter (where transfer_status in ('started', 'confirmed')) as unfinished_count,
        count(distinct user_id) as sender_count,
        coalesce(sum(amount_krw) filter (where transfer_status = 'completed'), 0)::decimal(38, 0)
            as completed_amount_krw,
        coalesce(sum(amount_krw) filter (where transfer_status = 'failed'), 0)::decimal(38, 0)
            as failed_amount_krw,
        sum(fee_krw)::decimal(38, 0) as fee_krw
    from marts.fct_transfers
    group by 1, 2, 3
);

create table marts.transfer_reconciliation as
with rejected_transfers as (
    select distinct json_extract_string(properties, '$.transferId') as transfer_id
    from landed
    where
        entry in ('transfer_completed', 'transfer_failed')
        and violations is not null
        and json_type(properties, '$.transferId') = 'VARCHAR'
),

compared as (
    select
        coalesce(events.transfer_id, ledger.transfer_id) as transfer_id,
        coalesce(ledger.user_id, events.user_id) as user_id,
        events.transfer_id is not null as is_in_events,
        ledger.transfer_id is not null as is_in_ledger,
        events.event_status,
        case ledger.ledger_status
            when 'settled' then 'completed'
            when 'reversed' then 'completed'
            else ledger.ledger_status
        end as ledger_status,
        events.amount_krw as event_amount_krw,
        ledger.amount_krw as ledger_amount_krw,
        coalesce(
            ledger.settled_at, events.completed_at, events.failed_at, ledger.created_at
        ) as ended_at
    from (
        select * from transfer_events where event_status in ('completed', 'failed')
    ) as events
    full outer join (
        select * from hashed_ledger where ledger_status is not null
    ) as ledger on events.transfer_id = ledger.transfer_id
)

select
    transfer_id,
    user_id,
    case
        when not is_in_ledger then 'only_in_events'
        when not is_in_events then 'only_in_ledger'
        when event_status <> ledger_status then 'outcome_differs'
        when event_amount_krw <> ledger_amount_krw then 'amount_differs'
        else 'matched'
    end as reconciliation_status,
    transfer_id in (select transfer_id from rejected_transfers) as has_rejected_event,
    event_status,
    ledger_status,
    event_amount_krw,
    ledger_amount_krw,
    coalesce(event_amount_krw, 0) - coalesce(ledger_amount_krw, 0) as difference_krw,
    seoul_date(ended_at) as ended_date,
    ended_at
from compared;

create table marts.fct_card_applications as
with applications as (
    select
        subject as application_id,
        coalesce(
            max(user_id) filter (where entry = 'card_application_started'),
            max(user_id) filter (where entry = 'card_application_submitted'),
            max(user_id) filter (where entry = 'card_application_decided')
        ) as user_id,
        coalesce(
            max(platform) filter (where entry = 'card_application_started'),
            max(platform) filter (where entry = 'card_application_submitted')
        ) as platform,
        coalesce(
            max(app_version) filter (where entry = 'card_application_started'),
            max(app_version) filter (where entry = 'card_application_submitted')
        ) as app_version,
        max(properties ->> '$.cardProduct') filter (
            where entry = 'card_application_started'
        ) as card_product,
        max(properties ->> '$.employment') filter (
            where entry = 'card_application_submitted'
        ) as employment,
        case bool_or(properties ->> '$.isApproved' = 'true') filter (
            where entry = 'card_application_decided'
        )
            when true then 'approved'
            when false then 'declined'
            else case
                when bool_or(entry = 'card_application_submitted') then 'submitted'
                else 'started'
            end
        end as application_status,
        max((properties ->> '$.creditLimit')::bigint) filter (
            where entry = 'card_application_decided'
        ) as credit_limit_krw,
        max(occurred_at) filter (where entry = 'card_application_started') as started_at,
        max(occurred_at) filter (where entry = 'card_application_submitted') as submitted_at,
        max(moment(properties ->> '$.decidedAt')) filter (
            where entry = 'card_application_decided'
        ) as decided_at
    from keyed_events
    where starts_with(entry, 'card_')
    group by subject
)

select
    applications.application_id,
    applications.user_id,
    states.segment as user_segment,
    applications.platform,
    applications.app_version,
    applications.card_product,
    applications.employment,
    applications.application_status,
    applications.credit_limit_krw,
    date_sub('minute', applications.submitted_at, applications.decided_at)
        as minutes_to_decision,
    seoul_date(applications.applied_at) as application_date,
    applications.started_at,
    applications.submitted_at,
    applications.decided_at
from (
    select *, coalesce(started_at, submitted_at, decided_at) as applied_at from applications
) as applications
left join marts.dim_user_states as states
    on
        applications.user_id = states.user_id
        and applications.applied_at >= states.valid_from
        and (applications.applied_at < states.valid_to or states.valid_to is null);
