{#
    Whether a count or sum is low beside those of the same weekday of the four weeks before.

    in:  observed, least: expressions; least is the lowest of the weeks before
#}
{% macro is_low(observed, least) -%}
(
    {{ least }} >= {{ var('volume_least_count') }}
    and {{ observed }} < {{ var('volume_low_share') }} * {{ least }}
)
{%- endmacro %}


{#- The same for high; most is the highest of the weeks before. -#}
{% macro is_high(observed, most) -%}
(
    {{ observed }} > {{ var('volume_high_multiple') }}
    * greatest({{ most }}, {{ var('volume_least_count') }})
)
{%- endmacro %}


{#
    Returns a quantile of the chi-square distribution, by the approximation of Wilson and Hilferty:
    k (1 - 2/(9k) + z sqrt(2/(9k)))^3.

    in:  degrees_of_freedom: an expression; z: the normal quantile
    out: double: on Trino, decimals would be divided to one digit
    Source: Wilson and Hilferty (1931), Proceedings of the National Academy of Sciences 17, 684-688.
#}
{% macro chi_square_quantile(degrees_of_freedom, z) -%}
{{ degrees_of_freedom }} * power(
    1e0 - 2e0 / (9e0 * {{ degrees_of_freedom }})
    + {{ z }} * sqrt(2e0 / (9e0 * {{ degrees_of_freedom }})),
    3
)
{%- endmacro %}


{#- Whether a unit is that of an amount, a currency code in capitals, or of a time. -#}
{% macro measures(unit) -%}
(lower({{ unit }}) <> {{ unit }} or {{ unit }} in ('seconds', 'minutes', 'hours', 'days'))
{%- endmacro %}
