"""Tables of SQL functions by their behaviour, for functions that sqlglot does not classify."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

# Aggregates of any warehouse that sqlglot parses as plain functions, grouped by purpose.
AGGREGATES = frozenset(
    {"arbitrary", "arg_max_null", "arg_max_nulls_last", "arg_min_null", "arg_min_nulls_last"}
    | {"approx_percentile", "checksum", "count_star", "every", "geometric_mean", "lttb"}
    | {"bit_and", "bit_or", "bit_xor", "bitstring_agg", "listagg", "map_agg", "multimap_agg"}
    | {"json_agg", "json_object_agg", "jsonb_agg", "jsonb_object_agg", "set_agg"}
    | {"json_group_array", "json_group_object", "json_group_structure"}
    | {"decimal_average", "favg", "fsum", "geomean", "kahan_sum", "mean", "product", "sem"}
    | {"sum_no_overflow", "sumkahan", "wavg", "weighted_avg"}
    | {"entropy", "histogram", "histogram_exact", "kurtosis_pop", "mad", "numeric_histogram"}
    | {"quantile_cont", "quantile_disc", "reservoir_quantile"}
)
# Aggregates and window functions that return a value of their first argument, or a list of such
# values, with its structure.
VALUE_PRESERVING = (
    exp.ArrayAgg,
    exp.ArrayUniqueAgg,
    exp.AnyValue,
    exp.ArgMax,
    exp.ArgMin,
    exp.First,
    exp.FirstValue,
    exp.Lag,
    exp.Last,
    exp.LastValue,
    exp.Lead,
    exp.NthValue,
)
VALUE_PRESERVING_NAMES = frozenset(
    {"list", "array_agg", "any_value", "arbitrary", "first", "last"}
    | {"arg_max_null", "arg_max_nulls_last", "arg_min_null", "arg_min_nulls_last"}
)
ROW_NUMBERING = (
    exp.RowNumber,
    exp.Rank,
    exp.DenseRank,
    exp.PercentRank,
    exp.CumeDist,
    exp.Ntile,
    exp.Grouping,
    exp.GroupingId,
)
# Those of them that return a list.
LIST_AGGREGATES = (exp.ArrayAgg, exp.ArrayUniqueAgg)
LIST_AGGREGATE_NAMES = frozenset({"list", "array_agg"})
# Types of values that have elements.
NESTED_TYPES = (
    *exp.DataType.ARRAY_TYPES,
    *exp.DataType.NESTED_TYPES,
    exp.DataType.Type.JSON,
    exp.DataType.Type.JSONB,
    exp.DataType.Type.SUPER,
    exp.DataType.Type.VARIANT,
)
# Functions whose value comes from outside the query, and where it is held.
EXTERNAL_VALUES = {"getvariable": "a session variable", "current_setting": "a setting"}
# Table functions that yield a row for each element of a value.
UNNESTING_NAMES = frozenset(
    {"unnest", "explode", "explode_outer", "flatten", "inline", "posexplode"}
    | {"json_each", "json_each_text", "json_tree", "jsonb_each", "jsonb_each_text"}
    | {"json_array_elements", "json_array_elements_text", "json_object_keys"}
    | {"jsonb_array_elements", "jsonb_array_elements_text", "jsonb_object_keys"}
    | {"regexp_split_to_table", "string_to_table"}
)
# Table functions that yield a row for each entry of a JSON document, and their columns in DuckDB.
JSON_ENTRIES = frozenset(
    {"json_each", "json_each_text", "json_tree", "jsonb_each", "jsonb_each_text"}
)
JSON_COLUMNS = ("key", "value", "type", "atom", "id", "parent", "fullkey", "path")
# Table functions that yield a row for each part of a text, with its index.
SPLITTING_NAMES = frozenset({"split_to_table", "strtok_split_to_table"})
SERIES = (
    exp.ExplodingGenerateSeries,
    exp.GenerateDateArray,
    exp.GenerateSeries,
    exp.GenerateTimestampArray,
)
SERIES_NAMES = frozenset(
    {"range", "generate_series", "generateseries", "sequence", "generate_subscripts"}
    | {"numbers", "numbers_mt", "zeros", "zeros_mt"}
)
# The column name of a series, by dialect and function, when it is not that of the function.
SERIES_COLUMNS = {
    ("spark", "range"): "id",
    ("databricks", "range"): "id",
    ("trino", "generate_series"): "sequential_number",
    ("presto", "generate_series"): "sequential_number",
    ("athena", "generate_series"): "sequential_number",
    ("clickhouse", "numbers"): "number",
    ("clickhouse", "numbers_mt"): "number",
    ("clickhouse", "zeros"): "zero",
    ("clickhouse", "zeros_mt"): "zero",
    ("clickhouse", "generateseries"): "generate_series",
    ("clickhouse", "generate_series"): "generate_series",
    ("tsql", "generate_series"): "value",
    ("sqlite", "generate_series"): "value",
}
# System tables with constant columns, by dialect.
_DUAL = {"dual": ("dummy",), "sys.dual": ("dummy",)}
CONSTANT_TABLES = {
    **dict.fromkeys(("oracle", "mysql", "singlestore", "doris", "starrocks", "exasol"), _DUAL),
    "snowflake": _DUAL,
    "clickhouse": {
        "system.one": ("dummy",),
        "system.numbers": ("number",),
        "system.numbers_mt": ("number",),
        "system.zeros": ("zero",),
        "system.zeros_mt": ("zero",),
    },
}


def function_name(node: exp.Expression) -> str:
    """Return the lower-case name of a function call, "" when the expression is no call."""
    if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc):
        return str(node.this).lower()
    if not isinstance(node, exp.Func):
        return ""
    name: Callable[[], str] = node.sql_name  # sqlglot leaves it untyped.
    return name().lower()


def is_aggregate(node: exp.Expression, dialect: str) -> bool:
    """Whether a function is an aggregate."""
    if isinstance(node, exp.List):
        return dialect == "duckdb"
    return isinstance(node, exp.AggFunc) or (
        isinstance(node, exp.Anonymous) and function_name(node) in AGGREGATES
    )
