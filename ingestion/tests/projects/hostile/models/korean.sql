select id as "번호", id as "😀" from {{ ref('start') }}
