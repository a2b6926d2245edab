{# Fails on a text that is not a comma-separated list of the known reasons of a restatement. #}
{% test metric_reasons_are_known(model, column_name) %}
with reasons as (
    select reasons.reason
    from {{ model }} as restatements
    cross join unnest({{ split_text('restatements.' ~ column_name, ', ') }}) as reasons (reason)
)

select * from reasons
where
    reason not in (
        'later_events', 'duplicates_removed', 'plan_replayed', 'reload', 'later_records',
        'definition_changed', 'code_changed', 'unexplained'
    )
{% endtest %}
