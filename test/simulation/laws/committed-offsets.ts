import type { LogRecord } from '#log';
import type { CollectionPlan, RowChange, RowsRecord } from '#model';
import type { AppendedMessage, AppendedRecords } from './appended-records.js';
import type { CommittedFences } from './committed-fences.js';
import type { KnownIncarnation, OfTopic } from './incarnations.js';
import { nearestRoots } from './nearest-roots.js';
import type { StagedVersions } from './staged-versions.js';

export interface OffsetsParts {
  ofTopic(topic: string): OfTopic | undefined;
  appended: AppendedRecords;
  staged: StagedVersions;
  fences: CommittedFences;
}

/** Of a partition of rows, what its records up to a committed offset had. */
interface SeenRows {
  /** By table. */
  keys: Map<number, Set<string>>;
  truncated: Set<number>;
}

/**
 * Law 3 of the log: when an offset is committed, what was to come of the records before it can no longer be lost.
 *
 * - Of rows: each is staged by a majority, at its position or a later one; the root that it is, or stood directly below and
 *   does now, has been touched after that, once the stage is whole. Loaded rows are staged or superseded: a TRUNCATE that came before drops them.
 * - Of rows and touches: the partition's fence was committed in a transaction since the last of them was handed over.
 *   More cannot be seen of touches from outside: a document that is equal is not written.
 */
export class CommittedOffsets {
  readonly broken: string[] = [];
  private readonly checked = new Map<string, number>();
  private readonly seen = new Map<string, SeenRows>();
  private readonly lostTopics = new Set<string>();

  constructor(private readonly parts: OffsetsParts) {}

  /** What was in it is lost, and a person has to have the job loaded again. */
  lost(topic: string): void {
    this.lostTopics.add(topic);
  }

  committed(topic: string, partition: number, offset: number): void {
    const known = this.parts.ofTopic(topic);
    if (known === undefined || this.lostTopics.has(topic)) return;
    const name = `${topic}/${partition}`;
    const from = this.checked.get(name) ?? 0;
    if (offset <= from) return;
    this.checked.set(name, offset);
    const messages = this.parts.appended.messages(topic, partition).slice(from, offset);
    const { incarnation, kind } = known;
    this.fenced(name, incarnation, `${kind}:${partition}`, messages.at(-1));
    if (kind === 'touches') return;
    const look = new RowsLook(this.parts, incarnation, partition, this.seenIn(name));
    for (const { records } of messages)
      for (const record of records)
        for (const problem of look.problemsOf(record as LogRecord & RowsRecord))
          this.broken.push(`offset ${offset} of ${name} is committed, and ${problem}`);
  }

  private fenced(name: string, incarnation: KnownIncarnation, fence: string, last: AppendedMessage | undefined): void {
    const since = this.parts.fences.lastCommit(incarnation.names.fences.name, fence) ?? -1;
    if (last !== undefined && since <= last.step)
      this.broken.push(
        `offset ${last.offset + 1} of ${name} is committed, and no transaction since it was handed over`,
      );
  }

  private seenIn(name: string): SeenRows {
    const seen = this.seen.get(name) ?? { keys: new Map(), truncated: new Set() };
    this.seen.set(name, seen);
    return seen;
  }
}

/** At the records of one partition of rows, in their order. */
class RowsLook {
  private readonly touchesTopic: string;

  constructor(
    private readonly parts: OffsetsParts,
    private readonly incarnation: KnownIncarnation,
    private readonly partition: number,
    private readonly seen: SeenRows,
  ) {
    this.touchesTopic = incarnation.names.topic(incarnation.plan.job, 'touches');
  }

  problemsOf(record: RowsRecord): string[] {
    switch (record.kind) {
      case 'changes':
        return record.changes.flatMap((change) => this.changed(change));
      case 'load':
        return record.keys.flatMap((key) => this.loaded(record.table, key));
      case 'truncate':
        return this.truncated(record.change.table, record.change.at);
      case 'barrier':
        return this.parts.fences.hasBarrier(this.incarnation.names.fences.name, `rows:${this.partition}`)
          ? []
          : ['its fence knows of no barrier'];
      case 'fill':
        return this.filled(record);
      default:
        return [];
    }
  }

  private changed({ table, key, at }: RowChange): string[] {
    this.note(table, key);
    const staged = this.parts.staged.firstFrom(this.stage(table), key, at);
    if (staged === undefined) return [`${this.nameOf(table)} ${key} at ${at} is not staged`];
    const { wholeSince, plan } = this.incarnation;
    if (wholeSince === undefined || staged.step <= wholeSince) return [];
    return nearestRoots(plan, table, { key, now: staged.row, former: staged.former?.row }).flatMap(
      ({ collection, root }) => {
        const touched = this.parts.appended.lastTouch(this.touchesTopic, collection, root);
        if (touched !== undefined && touched >= staged.step) return [];
        const { name } = plan.collections[collection] as CollectionPlan;
        return [`${name} ${root} was not touched since ${this.nameOf(table)} ${key} was staged at ${at}`];
      },
    );
  }

  private loaded(table: number, key: string): string[] {
    this.note(table, key);
    const isThere = this.parts.staged.latest(this.stage(table), key) !== undefined;
    if (isThere || this.seen.truncated.has(table)) return [];
    return [`${this.nameOf(table)} ${key}, which was loaded, is not staged`];
  }

  private truncated(table: number, at: string): string[] {
    this.seen.truncated.add(table);
    return [...(this.seen.keys.get(table) ?? [])].flatMap((key) => {
      const version = this.parts.staged.latest(this.stage(table), key);
      if (version === undefined || version.row.gone || version.at >= at) return [];
      return [`${this.nameOf(table)} ${key} is not wiped by TRUNCATE at ${at}`];
    });
  }

  private filled({ table, key, since, columns }: Extract<RowsRecord, { kind: 'fill' }>): string[] {
    const missing = this.parts.staged.latest(this.stage(table), key)?.row.missing;
    if (missing?.since !== since || !columns.some((column) => missing.columns.includes(column))) return [];
    return [`${this.nameOf(table)} ${key} still misses what was read again`];
  }

  private note(table: number, key: string): void {
    const keys = this.seen.keys.get(table);
    if (keys === undefined) this.seen.keys.set(table, new Set([key]));
    else keys.add(key);
  }

  private stage(table: number): string {
    return this.incarnation.names.stage(table).name;
  }

  private nameOf(table: number): string {
    return this.incarnation.plan.tables[table]?.name ?? '?';
  }
}
