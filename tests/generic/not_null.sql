{#
    Overrides dbt's test. It keeps no view of the failed rows, as the other tests do: all that they
    would show are nulls, and there is one of these tests for almost every column.
#}
{% test not_null(model, column_name) %}
{{ config(store_failures_as='ephemeral') }}
{{ default__test_not_null(model, column_name) }}
{% endtest %}
