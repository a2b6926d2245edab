{#
    A query of the user agents that belong to crawlers and scripts: user_agent, each once. The list
    of patterns is long and user agents repeat, so that each distinct user agent is matched once. It
    groups because DuckDB moves the match below a `distinct`, to every row.

    in:  events: a CTE with user_agent, null where there is none
#}
{% macro bot_user_agents(events) -%}
select user_agent
from (
    select user_agent from {{ events }}
    where user_agent is not null
    group by user_agent
) as user_agents
where {{ logmart.is_bot('user_agent') | indent }}
{%- endmacro %}


{#
    Whether a user agent belongs to a crawler or a script. Texts that match the seed
    user_agent_exceptions are cut out first; the rest must match a pattern of the seed
    crawler_user_agents, or the variable bot_user_agent_pattern in any case. A pattern that starts
    with a letter or digit matches at the start of a word only, so that `bot` does not match CUBOT.

    out: boolean, null for null
#}
{% macro is_bot(user_agent) -%}
{%- set words, others = [], [] -%}
{%- for pattern in logmart.seed_values(ref('crawler_user_agents'), 'pattern') -%}
    {%- do (words if modules.re.match('[A-Za-z0-9[]', pattern) else others).append(pattern) -%}
{%- endfor -%}
{%- if words -%}
    {%- do others.append('(^|[^A-Za-z0-9])(' ~ words | join('|') ~ ')') -%}
{%- endif -%}
{%- do others.append('(?i:' ~ var('bot_user_agent_pattern') | trim ~ ')') -%}
{%- set people = logmart.seed_values(ref('user_agent_exceptions'), 'pattern') -%}
{%- set judged = replace_matches(
    user_agent, '(?i:\\b(' ~ people | join('|') ~ '))', ' '
) if people else user_agent -%}
{{ text_matches(judged, others | join('|')) }}
{%- endmacro %}
