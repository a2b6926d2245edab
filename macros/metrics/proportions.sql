{#
    Returns a bound of Wilson's score interval of a proportion, without continuity correction:
    (2x + z^2 -+ z sqrt(z^2 + 4x(1 - x/n))) / (2(n + z^2)).

    in:  successes, trials: expressions; side: '-' for the lower bound, '+' for the upper; z: the
         normal quantile, by default that of a 95 % interval
    out: double; null without trials
    Source: Wilson (1927), Journal of the American Statistical Association 22, 209-212.
#}
{% macro wilson_bound(successes, trials, side, z=1.959963984540054) -%}
(
    2.0 * {{ successes }} + {{ z * z }}
    {{ side }} {{ z }} * sqrt(
        {{ z * z }}
        + 4.0 * {{ successes }} * (1.0 - cast({{ successes }} as double) / nullif({{ trials }}, 0))
    )
) / (2.0 * ({{ trials }} + {{ z * z }}))
{%- endmacro %}


{#
    Returns a bound of the 95 % interval of the difference p1 - p2 of two independent proportions,
    by Newcombe's hybrid score method (his method 10). With [l, u] the Wilson interval of each:
    lower = p1 - p2 - sqrt((p1 - l1)^2 + (u2 - p2)^2),
    upper = p1 - p2 + sqrt((u1 - p1)^2 + (p2 - l2)^2).
    Unlike Wald's interval, it stays within [-1, 1] and keeps a width where a proportion is 0 or 1.

    in:  side: '-' for the lower bound, '+' for the upper; columns rate_1, lower_1, upper_1, rate_2,
         lower_2, upper_2
    out: double; null where a group is empty
    Source: Newcombe (1998), Statistics in Medicine 17, 873-890.
#}
{% macro newcombe_bound(side) -%}
{%- set bounds = ('lower_1', 'upper_2') if side == '-' else ('upper_1', 'lower_2') -%}
rate_1 - rate_2 {{ side }} sqrt(
    power(rate_1 - {{ bounds[0] }}, 2) + power(rate_2 - {{ bounds[1] }}, 2)
)
{%- endmacro %}
