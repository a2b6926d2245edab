{#
    A hash of the SQL of a model and of all that it is made of, and of the seeds among them; macros
    are not in it. Empty while dbt parses.

    in:  model_name
         until: names of models at which it stops: they are left out, and so is what they alone
         are made of; where the model itself is among them its own SQL is all there is
#}
{% macro code_hash(model_name, until=[]) -%}
    {%- set found = {} -%}
    {%- if execute -%}
        {%- set left = ['model.' ~ project_name ~ '.' ~ model_name] -%}
        {%- for _ in graph.nodes -%}
            {%- if left -%}
                {%- set node = graph.nodes.get(left.pop()) -%}
                {%- if node and node.unique_id not in found
                    and (node.name not in until or node.name == model_name) -%}
                    {%- do found.update({node.unique_id: node.checksum.checksum}) -%}
                    {%- if node.name not in until -%}
                        {%- do left.extend(node.depends_on.nodes) -%}
                    {%- endif -%}
                {%- endif -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(local_md5(tojson(found, sort_keys=true))) }}
{%- endmacro %}
