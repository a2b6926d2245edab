{#
    Returns a hash of the SQL of a model, of the models that it is made of, and of the seeds among
    them. Macros are left out. While dbt parses it is the hash of nothing.

    in:  model_name
         until: names of models at which the search stops. They are left out, with all that is
         reached through them only. Where the model itself is named, the hash covers its own SQL
         alone.
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
