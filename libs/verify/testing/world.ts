import { BSON } from 'bson';
import { type Assembled, compileAssembler, type RowTree } from '#mapping';
import { canonicalizer, LOWEST, packTuple, type Plan, type StagedRow, type TablePlan } from '#model';
import type { LoadedRows, SourceReader } from '#sources';
import { claimId } from '#write';
import { bytesOf } from '../expected.js';
import type { RepairRecord, VerifyDeps } from '../ports.js';
import { TouchRegister } from '../touch-register.js';

const INT = { kind: 'int32', name: 'integer' } as const;
const TEXT = { kind: 'text', name: 'text' } as const;

/** `orders` with an array of `lines`. */
export const PLAN: Plan = {
  job: 'world',
  mode: 'continuous',
  target: { database: 'world' },
  hash: '',
  tables: [
    table(
      0,
      'orders',
      [
        ['id', INT],
        ['status', TEXT],
      ],
      [],
    ),
    table(
      1,
      'lines',
      [
        ['id', INT],
        ['order_id', INT],
        ['sku', TEXT],
      ],
      [{ name: 'j0', columns: [1] }],
    ),
  ],
  collections: [{ index: 0, name: 'orders', root: 0, nodes: [0, 1], id: { kind: 'column', column: 0 }, claims: false }],
  nodes: [
    node(0, { path: 'orders', table: 0, kind: 'root', fields: [{ name: 'status', column: 1 }], children: [1] }),
    node(1, {
      path: 'orders.lines',
      table: 1,
      kind: 'many',
      parent: 0,
      name: 'lines',
      fields: [
        { name: 'id', column: 0 },
        { name: 'sku', column: 2 },
      ],
      edge: { parent: { name: null, columns: [0] }, child: { name: 'j0', columns: [1] } },
    }),
  ],
};

function table(
  index: number,
  name: string,
  columns: [string, TablePlan['columns'][number]['type']][],
  joins: TablePlan['joins'],
): TablePlan {
  return {
    index,
    sourceId: String(index),
    schema: 'public',
    name,
    joins,
    key: [0],
    nodes: [index],
    hasExpressions: false,
    columns: columns.map(([column, type]) => ({ name: column, type, nullable: false })),
  };
}

function node(id: number, parts: Partial<Plan['nodes'][number]>): Plan['nodes'][number] {
  return {
    id,
    path: '',
    collection: 0,
    table: 0,
    kind: 'root',
    parent: null,
    edge: null,
    name: '',
    flatten: false,
    prefix: '',
    nulls: 'keep',
    fields: [],
    computed: [],
    children: [],
    where: null,
    expressions: [],
    sort: [],
    limit: null,
    value: null,
    ...parts,
  };
}

type Values = string[];
type Tables = Map<string, Values>[];
interface Change {
  table: number;
  key: string;
  values: Values | null;
}

/**
 * A source, its log, and an engine that follows it in steps that a test decides on: every call of the verifier lets
 * `traffic` act first. A touch takes three steps: taken in, committed, completed.
 */
export class World {
  readonly source: Tables = [new Map(), new Map()];
  readonly stage: Tables = [new Map(), new Map()];
  readonly target = new Map<string, { _id: unknown; bytes: Uint8Array }>();
  readonly log: Change[] = [];
  readonly letters = new Set<string>();
  readonly edited = new Set<string>();
  readonly register = new TouchRegister();
  readonly repairs: RepairRecord[][] = [];
  readonly removed: unknown[] = [];
  readers = 0;
  traffic: () => void = () => {};
  /** A defect of the engine: a change that it does not stage. */
  loses: (change: Change) => boolean = () => false;
  /** As the row actor: a row that is on no stage cannot be gone, and touches nothing. */
  ignoresAbsent = false;
  readonly #assembler = compileAssembler(PLAN);
  #captured = 0;
  #touching: { roots: Set<string>; committed: boolean } | undefined;

  put(tableIndex: number, ...values: Values): void {
    const key = keyOf(tableIndex, values);
    (this.source[tableIndex] as Map<string, Values>).set(key, values);
    this.log.push({ table: tableIndex, key, values });
  }

  delete(tableIndex: number, id: string): void {
    const key = keyOf(tableIndex, [id]);
    if ((this.source[tableIndex] as Map<string, Values>).delete(key))
      this.log.push({ table: tableIndex, key, values: null });
  }

  /** One step of the engine; false where there is nothing to do. */
  step(): boolean {
    const touching = this.#touching;
    if (touching === undefined) {
      const change = this.log[this.#captured];
      if (change === undefined) return false;
      this.#captured++;
      this.#touching = { roots: this.loses(change) ? new Set() : this.#stageChange(change), committed: false };
      this.register.noticed(0, this.#touching.roots);
    } else if (!touching.committed) {
      for (const root of touching.roots) this.write(root);
      touching.committed = true;
    } else {
      this.register.noticed(0, touching.roots);
      this.#touching = undefined;
    }
    return true;
  }

  drain(upTo = this.log.length): void {
    while ((this.#captured < upTo || this.#touching !== undefined) && this.step()) {
      /* until there */
    }
  }

  /** As the writer does: from the stage. */
  write(root: string): void {
    const values = this.stage[0]?.get(root);
    const id = claimId(0, Number(values?.[0] ?? textOfKey(root)));
    const made = values === undefined ? undefined : this.#assemble(root, values);
    if (made?.kind === 'document') this.target.set(id, { _id: made.id, bytes: bytesOf(made.document) });
    else this.target.delete(id);
  }

  damage(id: number, change: (document: Record<string, unknown>) => object): void {
    const key = claimId(0, id);
    const { bytes } = this.target.get(key) as { bytes: Uint8Array };
    const document = change(BSON.deserialize(bytes, { promoteValues: false }));
    this.target.set(key, { _id: (document as { _id: unknown })._id, bytes: bytesOf(document) });
  }

  deps(options: { watched: boolean } = { watched: true }): VerifyDeps {
    const act = () => this.traffic();
    return {
      plan: PLAN,
      assembler: this.#assembler,
      evaluator: { evaluate: () => [] },
      source: { openReader: async () => this.#reader(), openSnapshot: never, chunks: never, readChunk: never },
      store: this.#store(),
      control: {
        visible: async () => {
          act();
          return 'L';
        },
        drained: async () => {
          const marker = this.log.length;
          act();
          this.drain(marker);
        },
        appendAtMarker: async (records) => {
          this.repairs.push([...records]);
          for (const { table: index, key, tuple } of records)
            this.log.push({ table: index, key, values: tuple === null ? null : tuple.split('\t') });
        },
      },
      state: {
        hasLetters: async () => this.letters.size > 0,
        letters: async (_, roots) => new Set(roots.filter((root) => this.letters.has(root))),
        owners: async (_, ids) => ids.map(() => undefined),
        staged: async (index, keys) => keys.flatMap((key) => this.#stagedRow(index, key)),
        joined: async (index, _, values) =>
          [...(this.stage[index] as Map<string, Values>)]
            .filter(([, row]) => values.includes(joinOf(row)))
            .flatMap(([key]) => this.#stagedRow(index, key)),
      },
      ...(options.watched && { touches: this.register }),
      remover: {
        removeOrphan: async (_, id) => {
          this.removed.push(id);
          return this.target.delete(claimId(0, id));
        },
      },
      wait: async () => act(),
    };
  }

  #stagedRow(index: number, key: string): StagedRow[] {
    const values = this.stage[index]?.get(key);
    if (values === undefined) return [];
    const row: StagedRow = { _id: key, at: 'p', c: packTuple(values) };
    if (index === 1) row.k = { j0: joinOf(values) };
    if (this.edited.has(key)) row.edit = { at: 'p', columns: {} };
    return [row];
  }

  #stageChange({ table: index, key, values }: Change): Set<string> {
    const rows = this.stage[index] as Map<string, Values>;
    if (this.ignoresAbsent && values === null && !rows.has(key)) return new Set();
    const images = [rows.get(key), values ?? undefined];
    if (values === null) rows.delete(key);
    else rows.set(key, values);
    return new Set(index === 0 ? [key] : images.flatMap((image) => (image === undefined ? [] : [joinOf(image)])));
  }

  #assemble(root: string, values: Values): Assembled {
    const lines = [...(this.stage[1] as Map<string, Values>)].filter(([, line]) => joinOf(line) === root);
    const children: RowTree[] = lines.map(([key, line]) => ({
      row: { _id: key, at: 'p', c: packTuple(line) },
      children: [],
    }));
    return this.#assembler.assemble(0, { row: { _id: root, at: 'p', c: packTuple(values) }, children: [children] });
  }

  #reader(): SourceReader {
    this.readers++;
    const tables = this.source.map((rows) => new Map(rows));
    const pick = (
      index: number,
      wanted: (key: string, values: Values) => boolean,
      limit = Number.POSITIVE_INFINITY,
    ): LoadedRows => {
      const found = [...(tables[index] as Map<string, Values>)]
        .filter(([key, values]) => wanted(key, values))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .slice(0, limit);
      return {
        keys: found.map(([key]) => key),
        tuples: found.map(([, values]) => packTuple(values)),
        bytes: found.length * 50,
      };
    };
    return {
      matching: async ({ index }, columns, values) => {
        this.traffic();
        const column = columns[0] as number;
        const wanted = new Set(values.map(([value]) => value));
        return pick(index, (_, row) => wanted.has(row[column]));
      },
      page: async ({ index }, after, limit) => {
        this.traffic();
        const above = after === null ? '' : keyOf(index, [after[0] as string]);
        return pick(index, (key) => key > above, limit);
      },
      close: async () => {
        this.readers--;
      },
    };
  }

  #store(): VerifyDeps['store'] {
    const byIds = async (_: unknown, ids: readonly unknown[]) => {
      this.traffic();
      return ids.flatMap((id) => this.target.get(claimId(0, id))?.bytes ?? []);
    };
    const range = async (_: unknown, { after }: { after?: unknown }, { limit }: { limit: number }) => {
      this.traffic();
      const all = [...this.target.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
      return all
        .filter(([id]) => after === undefined || id > claimId(0, after))
        .slice(0, limit)
        .map(([, { _id }]) => ({ _id }));
    };
    return {
      read: { byIds, range, byId: never, byField: never } as never,
      estimatedCount: async () => this.target.size,
    };
  }
}

function never(): never {
  throw new Error('not in this world');
}

function keyOf(tableIndex: number, values: Values): string {
  const { columns, key } = PLAN.tables[tableIndex] as TablePlan;
  return (
    canonicalizer(
      columns.map((column) => column.type),
      key,
    )(values) ?? LOWEST
  );
}

function joinOf(line: Values): string {
  return keyOf(0, [line[1] as string]);
}

function textOfKey(key: string): string {
  return key.slice(2);
}
