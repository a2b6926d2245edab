{% macro trino__version_rank(text) -%}
case
    when regexp_like({{ text }}, '\Av?[0-9]{1,8}([.][0-9]{1,8}){0,3}([-+ ].*)?\z')
        then array_join(
            transform(
                slice(
                    split(regexp_extract({{ text }}, '^v?([0-9.]+)', 1) || '.0.0.0', '.'), 1, 4
                ),
                part -> lpad(part, 8, '0')
            ),
            '.'
        )
end
{%- endmacro %}
