select
    picker_id,
    full_name as contact_name,
    upper(phone) as phone_text,
    phone is not null as has_phone,
    md5(full_name) as name_hash
from {{ ref('dim_pickers') }}
