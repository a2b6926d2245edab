{{ config(enabled=has_records_of('operations'), severity='warn') }}
-- Fails on every file that is both loaded and in quarantine: what landed is one of the two. After a
-- sender has landed a quarantined file again, `logmart quality run` drops the quarantined one.
with quarantined_files as (
    select * from {{ ref('fct_quarantined_files') }}
    where is_quarantined
),

landed_files as (
    select * from {{ ref('fct_landed_files') }}
)

select
    landed_files.landing_file,
    landed_files.landed_date
from landed_files
inner join quarantined_files on landed_files.landing_file = quarantined_files.landing_file
