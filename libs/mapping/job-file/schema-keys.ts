import { z } from 'zod';
import type { Path } from './problem.js';
import { jobFileSchema } from './schema.js';

interface SchemaNode {
  properties?: Record<string, SchemaNode>;
  additionalProperties?: SchemaNode | boolean;
  items?: SchemaNode;
  anyOf?: SchemaNode[];
  $ref?: string;
  $defs?: Record<string, SchemaNode>;
}

let grammar: SchemaNode | undefined;

/** The keys that the map at `path` of a job file may have, in the grammar's order. */
export function keysAt(path: Path): string[] {
  grammar ??= z.toJSONSchema(jobFileSchema, { io: 'input' }) as SchemaNode;
  let nodes: SchemaNode[] = [grammar];
  for (const part of path) nodes = nodes.flatMap(alternatives).flatMap((node) => step(node, part));
  return [...new Set(nodes.flatMap(alternatives).flatMap((node) => Object.keys(node.properties ?? {})))];
}

function alternatives(node: SchemaNode): SchemaNode[] {
  const target = node.$ref ? grammar?.$defs?.[node.$ref.replace('#/$defs/', '')] : node;
  if (!target) return [];
  return target.anyOf ? target.anyOf.flatMap(alternatives) : [target];
}

function step(node: SchemaNode, part: string | number): SchemaNode[] {
  const next = typeof part === 'number' ? node.items : (node.properties?.[part] ?? node.additionalProperties);
  return next && typeof next === 'object' ? [next] : [];
}
