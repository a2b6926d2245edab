{{ config(materialized='incremental', unique_key='event_id') }}

with lines as (
    select * from read_json(
        '{{ env_var("LOGMART_LANDING") }}/*.jsonl',
        columns = {id: 'varchar', name: 'varchar', happened_at: 'timestamp', properties: 'json'}
    )
)

select
    id as event_id,
    name as event_name,
    properties,
    happened_at as occurred_at
from lines
{% if is_incremental() %}
where id not in (select event_id from {{ this }})
{% endif %}
