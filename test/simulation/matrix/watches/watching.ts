import type { Plan } from '#model';
import { packTuple } from '#model';
import type { CommittedChange } from '../../store/index.js';
import type { Batch, Happening, SourceTransaction } from '../happening.js';
import { Observer } from '../observer.js';

/** For specs: an observer of two tables, of which `child` refers to `parent`, and what it reached. */
export class Watching {
  readonly reached: string[] = [];
  private readonly observer: Observer;
  private atMs = 0;

  /** `selfReferring`: children refer to children. */
  constructor({ selfReferring = false } = {}) {
    this.observer = new Observer(modelOf(selfReferring ? 'child' : 'parent'), (counter) => this.reached.push(counter));
    this.see({ kind: 'planned', plan: PLAN });
    this.see(committed('ingest', 'patch', [jobRecord({ loading: false })]));
  }

  see(...happenings: Happening[]): this {
    for (const happening of happenings) this.observer.tell(happening, this.atMs);
    return this;
  }

  wait(ms: number): this {
    this.atMs += ms;
    return this;
  }

  /** How often. */
  times(counter: string): number {
    return this.reached.filter((each) => each === counter).length;
  }
}

const column = (name: string) => ({ name, type: { kind: 'int' }, nullable: true });
const PLAN = {
  tables: [
    { index: 0, name: 'parent', columns: [column('id')], key: [0] },
    { index: 1, name: 'child', columns: [column('id'), column('parent_id')], key: [0] },
  ],
} as unknown as Plan;

const modelOf = (table: string) => ({
  tables: [
    { name: 'parent', columns: [], key: ['id'], references: [] },
    { name: 'child', columns: [], key: ['id'], references: [{ columns: ['parent_id'], table }] },
  ],
});

const at = (number: number): string => number.toString(16).padStart(32, '0');

/** Of the state database. */
export function change(collection: string, _id: unknown, after: object | undefined, before?: object): CommittedChange {
  return {
    database: 'millrace_sim',
    collection,
    _id,
    before: before as CommittedChange['before'],
    after: after as CommittedChange['after'],
  };
}

export const jobRecord = (fields: object): CommittedChange => change('job', 'job', { _id: 'job', ...fields });

/** A document of the target. */
export function document(_id: unknown, after: object | undefined): CommittedChange {
  return { ...change('c0', _id, after, after === undefined ? { _id } : undefined), database: 'target' };
}

export function parent(id: number, number: number, gone?: 'gone'): CommittedChange {
  return change('stage_1-a_0', `i${id}`, row(`i${id}`, number, [String(id)], gone));
}

export function child(id: number, parentId: number | null, number: number, gone?: 'gone'): CommittedChange {
  const values = [String(id), parentId === null ? null : String(parentId)];
  return change('stage_1-a_1', `i${id}`, row(`i${id}`, number, values, gone));
}

/** `number` 0: of the load. */
function row(_id: string, number: number, values: (string | null)[], gone?: 'gone'): object {
  const position = number === 0 ? '' : at(number);
  return gone ? { _id, at: position, gone: true } : { _id, at: position, c: packTuple(values) };
}

export const fence = (kind: 'rows' | 'touches', partition = 0): CommittedChange =>
  change('fences_1-a', `${kind}:${partition}`, { n: 1 });

export const committed = (process: string, label: string, changes: readonly CommittedChange[]): Happening => ({
  kind: 'committed',
  by: { process, label },
  changes,
});

/** A batch of `rows` that stages these. */
export const staged = (process: string, changes: readonly CommittedChange[], partition = 0): Happening =>
  committed(process, 'rows', [fence('rows', partition), ...changes]);

export const written = (process: string, documents: readonly CommittedChange[], partition = 0): Happening =>
  committed(process, 'touches', [fence('touches', partition), ...documents]);

export function batch(process: string, topic: 'rows' | 'touches', records: object[] = [{}], partition = 0): Batch {
  return { process, topic: `millrace.sim.1-a.${topic}`, partition, records: records as Batch['records'] };
}

export const begun = (each: Batch): Happening => ({ kind: 'batch begun', batch: each });
export const completed = (each: Batch): Happening => ({ kind: 'batch completed', batch: each });
export const killed = (process: string): Happening => ({ kind: 'killed', process, open: [] });

/** A captured change, as it travels on `rows`. */
export const changes = (
  ...all: { op: 'upsert' | 'delete'; id: number; number: number; missing?: number[] }[]
): object => ({
  kind: 'changes',
  changes: all.map(({ op, id, number, ...rest }) => ({ op, table: 1, key: `i${id}`, at: at(number), ...rest })),
});

export const truncate = (number: number): object => ({ kind: 'truncate', change: { table: 1, at: at(number) } });
export const loaded = (id: number): object => ({ kind: 'load', table: 1, keys: [`i${id}`] });

export function sourceTransaction(id: bigint, parts: Partial<SourceTransaction> = {}): SourceTransaction {
  const lsn = id * 100n;
  return {
    id,
    tables: ['child'],
    movedKeys: [],
    firstLsn: lsn,
    commitLsn: lsn + 40n,
    endLsn: lsn + 50n,
    isMixed: false,
    together: 1,
    ...parts,
  };
}
