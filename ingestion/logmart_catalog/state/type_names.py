"""The spellings of column types and the OpenMetadata type of each. Data only."""

from __future__ import annotations

_SPELLINGS: dict[str, str] = {
    "BOOLEAN": "boolean bool logical",
    "TINYINT": "tinyint int1 int8_t byte",
    "SMALLINT": "smallint int2 short int16 smallserial serial2",
    "INT": "integer int int4 signed int32 serial serial4 mediumint",
    "BIGINT": "bigint int8 int64 bigserial serial8 hugeint_64",
    "LONG": "long",
    "LARGEINT": "hugeint int128 int256 largeint",
    "UINT": "utinyint usmallint uinteger ubigint uhugeint uint8 uint16 uint32 uint64 uint128"
    " uint256 uint",
    "FLOAT": "float float4 real float32",
    "DOUBLE": "double float8 float64",
    "DECIMAL": "decimal dec decimal32 decimal64 decimal128 decimal256 bigdecimal",
    "NUMERIC": "numeric bignumeric fixed varint bignum",
    "NUMBER": "number",
    "MONEY": "money smallmoney",
    "STRING": "string fixedstring",
    "TEXT": "text ntext",
    "VARCHAR": "varchar nvarchar varchar2 nvarchar2 varying",
    "CHAR": "char nchar bpchar character",
    "CLOB": "clob nclob",
    "BLOB": "blob bytea_blob",
    "BYTEA": "bytea",
    "BYTES": "bytes",
    "BINARY": "binary",
    "VARBINARY": "varbinary",
    "BIT": "bit bitstring varbit",
    "IMAGE": "image",
    "DATE": "date date32",
    "TIME": "time timetz",
    "DATETIME": "datetime datetime2 smalldatetime datetime64",
    "TIMESTAMP": "timestamp timestamp_ns timestamp_ms timestamp_s timestamp_us timestamp_ntz"
    " timestampntz",
    "TIMESTAMPZ": "timestamptz timestamp_tz timestamp_ltz timestampltz datetimeoffset",
    "INTERVAL": "interval",
    "JSON": "json jsonb object",
    "VARIANT": "variant dynamic sql_variant",
    "SUPER": "super",
    "UUID": "uuid uniqueidentifier guid",
    "XML": "xml",
    "ENUM": "enum enum8 enum16",
    "MAP": "map",
    "UNION": "union",
    "TUPLE": "nested",
    "STRUCT": "struct row record tuple",
    "ARRAY": "array list",
    "GEOGRAPHY": "geography",
    "GEOMETRY": "geometry",
    "POINT": "point",
    "POLYGON": "polygon",
    "INET": "inet ipaddress",
    "CIDR": "cidr",
    "MACADDR": "macaddr macaddr8",
    "IPV4": "ipv4",
    "IPV6": "ipv6",
    "TSVECTOR": "tsvector",
    "TSQUERY": "tsquery",
    "HLLSKETCH": "hllsketch hyperloglog",
    "YEAR": "year",
    "AGGREGATEFUNCTION": "aggregatefunction",
}
_PHRASES: dict[str, str] = {
    "character varying": "VARCHAR",
    "char varying": "VARCHAR",
    "national character varying": "VARCHAR",
    "binary varying": "VARBINARY",
    "bit varying": "BIT",
    "double precision": "DOUBLE",
    "large object": "BLOB",
    "time with time zone": "TIME",
    "time without time zone": "TIME",
    "timestamp with time zone": "TIMESTAMPZ",
    "timestamp with local time zone": "TIMESTAMPZ",
    "timestamp without time zone": "TIMESTAMP",
    "interval year to month": "INTERVAL",
    "interval day to second": "INTERVAL",
    '"null"': "NULL",
    "null": "NULL",
    "void": "NULL",
}

# From the lower-case spelling without arguments to OpenMetadata's type.
BY_SPELLING: dict[str, str] = {
    **{word: kind for kind, words in _SPELLINGS.items() for word in words.split()},
    **_PHRASES,
}
# ClickHouse's wrappers: the type is that of their argument.
WRAPPERS = frozenset({"nullable", "lowcardinality"})
# The default length of a type in the SQL standard.
DEFAULT_LENGTH = {"char": 1, "nchar": 1, "character": 1, "bpchar": 1, "binary": 1}
# The replacements of types that the catalog accepts only with a length, when none is given.
UNBOUNDED = {"VARCHAR": "STRING", "CHAR": "STRING", "BINARY": "BYTES", "VARBINARY": "BYTES"}
