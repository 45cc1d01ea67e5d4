/**
 * Functions that write PostgreSQL's values as canonical Extended JSON, for oracles written in SQL. They say once more, in
 * another language, what a value becomes; NULL stays null. `json`, not `jsonb`: the order of fields is part of the oracle.
 */
export const ORACLE_SQL = `
CREATE SCHEMA oracle;
CREATE FUNCTION oracle.i(int) RETURNS json LANGUAGE sql STRICT AS $$ SELECT json_build_object('$numberInt', $1::text) $$;
CREATE FUNCTION oracle.l(bigint) RETURNS json LANGUAGE sql STRICT AS $$ SELECT json_build_object('$numberLong', $1::text) $$;
CREATE FUNCTION oracle.d(numeric) RETURNS json LANGUAGE sql STRICT AS $$ SELECT json_build_object('$numberDecimal', $1::text) $$;
-- Of numbers that neither side writes with an exponent.
CREATE FUNCTION oracle.f(double precision) RETURNS json LANGUAGE sql STRICT AS $$
  SELECT json_build_object('$numberDouble', CASE WHEN $1 = trunc($1) THEN $1::text || '.0' ELSE $1::text END) $$;
CREATE FUNCTION oracle.t(timestamptz) RETURNS json LANGUAGE sql STRICT AS $$
  SELECT json_build_object('$date', json_build_object('$numberLong', floor(extract(epoch FROM $1) * 1000)::bigint::text)) $$;
CREATE FUNCTION oracle.u(uuid) RETURNS json LANGUAGE sql STRICT AS $$
  SELECT json_build_object('$binary', json_build_object('base64', encode(uuid_send($1), 'base64'), 'subType', '04')) $$;
CREATE FUNCTION oracle.b(bytea) RETURNS json LANGUAGE sql STRICT AS $$
  SELECT json_build_object('$binary', json_build_object('base64', replace(encode($1, 'base64'), E'\\n', ''), 'subType', '00')) $$;
-- An object without the fields that are null.
CREATE FUNCTION oracle.omit(json) RETURNS json LANGUAGE sql STRICT AS $$
  SELECT coalesce(json_object_agg(key, value), '{}') FROM json_each($1) WHERE json_typeof(value) <> 'null' $$;
CREATE FUNCTION oracle.items(json) RETURNS json LANGUAGE sql AS $$ SELECT coalesce($1, '[]') $$;
-- Text of incompressible bytes, large enough to be stored outside of its row.
CREATE FUNCTION oracle.big(seed text, kilobytes int DEFAULT 8) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(md5(seed || '/' || i), '') FROM generate_series(1, kilobytes * 32) i $$;
`;
