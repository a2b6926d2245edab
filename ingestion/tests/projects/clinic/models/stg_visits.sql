select visit_id, visitor, visited_at::timestamptz as visited_at
from {{ source('registry', 'visits') }}
