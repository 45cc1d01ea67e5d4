import { createHash } from 'node:crypto';
import type { Plan } from '#model';

/**
 * The same for two plans exactly where every document, and where it is written, is the same: of tables, columns with their
 * types, keys, joins, nodes. Not of what tables are called internally, whether a column may be null, or how nodes are
 * named for people.
 */
export function planHash(plan: Omit<Plan, 'hash' | 'job'>): string {
  const decisive = {
    mode: plan.mode,
    target: plan.target,
    tables: plan.tables.map(({ schema, name, columns, key, joins }) => ({
      schema,
      name,
      key,
      joins,
      columns: columns.map(({ name: column, type }) => ({ column, type })),
    })),
    collections: plan.collections,
    nodes: plan.nodes.map(({ path: _, ...node }) => node),
  };
  return createHash('sha256').update(canonicalJson(decisive)).digest('hex');
}

/** JSON whose maps have their keys in order, so that equal values have equal texts. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value)
    .filter(([, v]) => v !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, v]) => `${JSON.stringify(key)}:${canonicalJson(v)}`).join(',')}}`;
}
