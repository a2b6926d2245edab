{# A transfer has an amount above zero; an entry that returns money has one below zero. #}
{{ planned_record(rules=[
    "case"
    ~ " when coalesce(entry_type, 'transfer') = 'transfer' and amount_krw = 0"
    ~ " then 'out_of_range:amount'"
    ~ " when entry_type = 'transfer' and amount_krw < 0 then 'out_of_range:amount'"
    ~ " when entry_type <> 'transfer' and amount_krw >= 0 then 'out_of_range:amount' end",
]) }}
