select
    visit_id::smallint as visit_id,
    visitor::varchar(20) as visitor,
    'x'::char(2) as ward,
    12.50::numeric(10, 2) as fee,
    1.5::double precision as weight,
    array[1, 2]::integer[] as rooms,
    array['a']::varchar(10)[] as labels,
    '{"a": 1}'::jsonb as extra,
    '00000000-0000-0000-0000-000000000001'::uuid as record,
    '127.0.0.1'::inet as terminal,
    '1 day'::interval as stay,
    'x'::bytea as scan,
    true as insured,
    visited_at,
    visited_at::time as visited_time
from {{ ref('stg_visits') }}
