select picker_id::integer as picker_id, full_name, phone from {{ ref('pickers') }}
