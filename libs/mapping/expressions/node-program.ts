import type { NodePlan, TablePlan } from '#model';
import { ConversionFailed } from '../values/conversion-failed.js';
import { columnsUsed } from './columns-used.js';
import { wireFormOf } from './wire.js';

interface WireColumn {
  column: number;
  encode(text: string): unknown;
}

/** What the host knows of one node's expressions: how rows go in, and the guest's code that makes `columns` of them. */
export class NodeProgram {
  readonly expressions: readonly string[];
  /** The source of one function per expression, from a row as it comes in to its `columns`, made anew each time. */
  readonly builders: readonly string[];
  private readonly wire: WireColumn[];

  constructor(
    readonly node: NodePlan,
    table: TablePlan,
  ) {
    this.expressions = node.expressions;
    const used = node.expressions.map(columnsUsed);
    const columns = table.columns
      .map((_, column) => column)
      .filter((column) =>
        used.some((names) => names === null || names.has((table.columns[column] as TablePlan['columns'][number]).name)),
      );
    const forms = columns.map((column) => wireFormOf((table.columns[column] as TablePlan['columns'][number]).type));
    this.wire = columns.map((column, i) => ({ column, encode: (forms[i] as (typeof forms)[number]).encode }));
    const places = columns.map((column, i) => ({
      at: i,
      name: (table.columns[column] as TablePlan['columns'][number]).name,
      decode: (forms[i] as (typeof forms)[number]).decode,
    }));
    this.builders = used.map((names) =>
      builderSource(
        places.filter((place) => names === null || names.has(place.name)),
        columns.length,
      ),
    );
  }

  /** One row: the wire values, and behind them, only where there are any, `[place, message]` of values that cannot be had. */
  encode(row: readonly (string | null)[]): unknown[] {
    const values: unknown[] = [];
    let failures: [number, string][] | undefined;
    for (let i = 0; i < this.wire.length; i++) {
      const { column, encode } = this.wire[i] as WireColumn;
      const text = row[column] ?? null;
      const value = text === null ? null : encode(text);
      if (value instanceof ConversionFailed) {
        failures ??= [];
        failures.push([i, value.message]);
        values.push(null);
      } else values.push(value);
    }
    if (failures !== undefined) values.push(failures);
    return values;
  }
}

function builderSource(places: readonly { at: number; name: string; decode: string | null }[], width: number): string {
  const members = places.map(
    ({ at, name, decode }) =>
      `[${JSON.stringify(name)}]: ${decode === null ? `r[${at}]` : `(v = r[${at}]) === null ? null : ${decode}`}`,
  );
  const names = JSON.stringify(places.map(({ at, name }) => [at, name]));
  return `'use strict'; (r, lib) => { let v; const columns = { ${members.join(', ')} };
if (r.length > ${width}) for (const [at, message] of r[${width}]) for (const [i, name] of ${names}) if (i === at) lib.refuse(columns, name, message);
return columns; }`;
}
