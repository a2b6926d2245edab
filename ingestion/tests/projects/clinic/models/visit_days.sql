select visited_at::date as visited_on, count(*) as visits from {{ ref('visit_facts') }} group by 1
