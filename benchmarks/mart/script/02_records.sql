create temp macro a_text(value) as case when json_type(value) = 'VARCHAR' then value ->> '$' end;
create temp macro a_flag(value) as case
    when json_type(value) = 'BOOLEAN' then (value ->> '$') = 'true'
end;
create temp macro a_moment(value) as case
    when json_type(value) = 'VARCHAR' then moment(value ->> '$')
end;
create temp macro absent(value) as coalesce(json_type(value), 'NULL') = 'NULL';

create temp table user_states as
select
    known_id(a_text(f."userId")) as user_id,
    a_text(f.region) as region,
    a_text(f.segment) as segment,
    a_text(f.status) as user_status,
    a_flag(f."marketingConsent") as has_marketing_consent,
    a_moment(f."createdAt") as created_at,
    a_moment(f."updatedAt") as updated_at,
    regexp_extract(filename, 'dt=([0-9-]{10})', 1)::date + interval 1 day as landed_at
from (
    select filename, number, json_transform(line, '{
        "userId": "JSON", "birthYear": "JSON", "region": "JSON", "segment": "JSON",
        "status": "JSON", "marketingConsent": "JSON", "createdAt": "JSON", "updatedAt": "JSON"
    }') as f
    from (
        select filename, json as line, row_number() over () as number
        from read_json_objects(
            '$landing/bank/*/users.jsonl.gz', format = 'newline_delimited', filename = true
        )
    )
)
where
    user_id is not null
    and (whole(f."birthYear") between 1900 and 2100 or absent(f."birthYear"))
    and (regexp_full_match(region, '[A-Z]{2}-[A-Z0-9]{1,3}') or absent(f.region))
    and (segment in ('youth', 'mass', 'affluent', 'premium') or absent(f.segment))
    and user_status in ('active', 'dormant', 'closed')
    and has_marketing_consent is not null
    and created_at is not null
    and updated_at is not null
qualify row_number() over (partition by user_id, updated_at order by number desc) = 1;

create temp table entries as
select
    a_text(f."transferId") as transfer_id,
    known_id(a_text(f."userId")) as user_id,
    a_text(f."bankCode") as bank_code,
    a_text(f.status) as ledger_status,
    a_text(f."errorCode") as error_code,
    whole(f.amount) as amount_krw,
    whole(f.fee) as fee_krw,
    a_moment(f."createdAt") as created_at,
    a_moment(f."settledAt") as settled_at,
    coalesce(
        a_text(f."entryType"), if(whole(f.amount) < 0, 'reversal', 'transfer')
    ) as entry_type,
    a_text(f."entryId") as entry_id
from (
    select filename, number, json_transform(line, '{
        "transferId": "JSON", "userId": "JSON", "amount": "JSON", "bankCode": "JSON",
        "fee": "JSON", "status": "JSON", "errorCode": "JSON", "createdAt": "JSON",
        "settledAt": "JSON", "entryType": "JSON", "entryId": "JSON"
    }') as f
    from (
        select filename, json as line, row_number() over () as number
        from read_json_objects(
            '$landing/bank/*/transfers.jsonl.gz', format = 'newline_delimited', filename = true
        )
    )
)
where
    transfer_id is not null
    and user_id is not null
    and (entry_id is not null or absent(f."entryId"))
    and entry_type in ('transfer', 'reversal', 'refund', 'chargeback')
    and if(entry_type = 'transfer', amount_krw >= 1, amount_krw <= -1)
    and amount_krw between -1000000000000000 and 1000000000000000
    and regexp_full_match(bank_code, '[0-9]{3}')
    and (fee_krw >= 0 or absent(f.fee))
    and ledger_status in ('settled', 'failed', 'reversed')
    and (error_code is not null or absent(f."errorCode"))
    and created_at is not null
    and (settled_at is not null or absent(f."settledAt"))
qualify row_number() over (
    partition by transfer_id, entry_type, if(entry_type = 'transfer', null, entry_id)
    order by
        regexp_extract(filename, 'dt=([0-9-]{10})', 1) desc,
        coalesce(settled_at, created_at) desc,
        number desc
) = 1;

create temp table ledger as
select
    coalesce(transfers.transfer_id, returns.transfer_id) as transfer_id,
    coalesce(transfers.user_id, returns.user_id) as user_id,
    coalesce(transfers.bank_code, returns.bank_code) as bank_code,
    transfers.ledger_status,
    transfers.error_code,
    transfers.amount_krw,
    if(
        transfers.ledger_status = 'reversed', transfers.amount_krw,
        coalesce(returns.returned_krw, 0)
    ) as returned_krw,
    transfers.fee_krw,
    coalesce(transfers.created_at, returns.created_at) as created_at,
    if(transfers.transfer_id is null, returns.settled_at, transfers.settled_at) as settled_at
from (select * from entries where entry_type = 'transfer') as transfers
full outer join (
    select
        transfer_id,
        min(user_id) as user_id,
        min(bank_code) as bank_code,
        -sum(amount_krw)::bigint as returned_krw,
        min(created_at) as created_at,
        min(settled_at) as settled_at
    from entries
    where entry_type <> 'transfer' and ledger_status <> 'failed'
    group by transfer_id
) as returns on transfers.transfer_id = returns.transfer_id;

create temp table sends as
select
    a_text(f."messageId") as message_id,
    a_text(f."campaignId") as campaign_id,
    known_id(a_text(f."userId")) as user_id,
    a_text(f.channel) as channel,
    a_text(f.status) as send_status,
    whole(f.attempt) as attempt_number,
    coalesce(a_flag(f.unsubscribed), false) as has_unsubscribed,
    a_flag(f."isHoldout") as is_holdout,
    a_moment(f."sentAt") as sent_at
from (
    select number, json_transform(line, '{
        "messageId": "JSON", "campaignId": "JSON", "userId": "JSON", "channel": "JSON",
        "status": "JSON", "attempt": "JSON", "unsubscribed": "JSON", "isHoldout": "JSON",
        "sentAt": "JSON"
    }') as f
    from (
        select json as line, row_number() over () as number
        from read_json_objects(
            '$landing/crm/*/sends.jsonl.gz', format = 'newline_delimited', filename = true
        )
    )
)
where
    message_id is not null
    and campaign_id is not null
    and user_id is not null
    and channel is not null
    and channel in ('push', 'message')
    and (
        send_status in ('sent', 'delivered', 'failed', 'dead_letter') or absent(f.status)
    )
    and attempt_number >= 0
    and (a_flag(f.unsubscribed) is not null or absent(f.unsubscribed))
    and is_holdout is not null
    and sent_at is not null
qualify row_number() over (partition by message_id, attempt_number order by number desc) = 1;

create temp table campaigns as
select
    a_text(f."campaignId") as campaign_id,
    a_text(f.name) as campaign_name,
    a_text(f.channel) as channel,
    share(f."holdoutShare") as holdout_share,
    a_moment(f."startsAt") as starts_at,
    a_moment(f."endsAt") as ends_at
from (
    select number, json_transform(line, '{
        "campaignId": "JSON", "name": "JSON", "channel": "JSON", "holdoutShare": "JSON",
        "startsAt": "JSON", "endsAt": "JSON"
    }') as f
    from (
        select json as line, row_number() over () as number
        from read_json_objects(
            '$landing/crm/*/campaigns.jsonl.gz', format = 'newline_delimited', filename = true
        )
    )
)
where
    campaign_id is not null
    and campaign_name is not null
    and channel in ('push', 'message')
    and (holdout_share between 0 and 1 or absent(f."holdoutShare"))
    and starts_at is not null
    and (ends_at is not null or absent(f."endsAt"))
qualify row_number() over (partition by campaign_id order by number desc) = 1;

-- Every id that occurs anywhere, hashed once.
create temp table identifiers as
select key, any_value(identifier) as identifier, any_value(hashed) as hashed
from (
    select hash(identifier) as key, identifier, keyed_hash(identifier) as hashed
    from (
        select any_value(user_id) as identifier from landed
        where user_key is not null
        group by user_key
        union
        select any_value(device_id) as identifier from landed
        where device_key is not null
        group by device_key
        union
        select user_id from user_states
        union
        select user_id from ledger
        union
        select user_id from sends
    )
)
group by key;
