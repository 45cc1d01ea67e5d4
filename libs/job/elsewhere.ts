import type { ChunkRecord } from '#ingest';
import type { Plan } from '#model';
import { countDone, type IncarnationNames, recordsOf } from '#stage';
import { allInRange, type Store } from '#store';
import type { BuildRecord } from '#transform';
import { hasFailed, type Letter } from '#write';
import { attentionOf } from './attention.js';
import { JobState } from './job-record.js';
import type { LiveView } from './live.js';

export interface ElsewhereParts {
  store: Store;
  names: IncarnationNames;
  plan: Plan;
  state: JobState;
  live: LiveView;
  /** What others do, and so only the records tell. */
  others: { load: boolean; build: boolean; write: boolean };
  /** Documents that fail stop the job from this number on. */
  mostLetters: number;
  now: () => number;
}

/** Of very many records: counting them takes at most this part of the time. */
const SHARE = 1 / 10;

/** What other processes have done of the job that this one runs, read from its records. */
export class Elsewhere {
  /** Letters that were there when this run began. */
  private former: ReadonlySet<string> | undefined;
  private readonly loaded = new Set<number>();
  private nextMs = 0;

  constructor(private readonly parts: ElsewhereParts) {}

  /** Counts what is done. Throws what needs a person, as another process has met it; tells of letters that are too many. */
  async look(): Promise<{ failed: number } | undefined> {
    await this.refuseAttention();
    const { now } = this.parts;
    const begun = now();
    if (begun < this.nextMs) return undefined;
    const letters = await this.count();
    this.nextMs = now() + (now() - begun) / SHARE;
    return letters;
  }

  private async count(): Promise<{ failed: number } | undefined> {
    const { state, others } = this.parts;
    if (state.at === 'loading' && others.load) await this.countLoaded();
    if (state.at === 'building' && others.build) await this.countBuilt();
    return others.write ? this.tooManyLetters() : undefined;
  }

  private async countLoaded(): Promise<void> {
    const { plan, store, names, state, live } = this.parts;
    for (const { index } of plan.tables) {
      if (this.loaded.has(index)) continue;
      const { areAll, sum } = await countDone<ChunkRecord>(recordsOf(store, names.chunks, index), ({ rows }) => rows);
      const isWhole = areAll && state.record.plannedTables.includes(index);
      if (isWhole) this.loaded.add(index);
      live.loaded(index, sum, isWhole);
    }
  }

  private async countBuilt(): Promise<void> {
    const { plan, store, names, live } = this.parts;
    for (const { index } of plan.collections) {
      const { sum } = await countDone<BuildRecord>(recordsOf(store, names.builds, index), ({ roots }) => roots);
      live.counted(index, sum);
    }
  }

  /** Another process has met what needs a person, also where a pause has taken the phase over since. */
  private async refuseAttention(): Promise<void> {
    const record = await JobState.load(this.parts.store);
    if (record === undefined || record.incarnationId !== this.parts.names.incarnationId) return;
    if (record.snapshotLost !== undefined && record.snapshot) throw attentionOf(record.snapshotLost);
    if (record.attention !== null) throw attentionOf(record.attention);
  }

  private async tooManyLetters(): Promise<{ failed: number } | undefined> {
    const { store, names, mostLetters } = this.parts;
    if (mostLetters === Number.POSITIVE_INFINITY) return undefined;
    const failed: string[] = [];
    for await (const letter of allInRange<Letter>(store.read, names.letters)) {
      // A document whose letter has gone and that fails again has one of the same id.
      if (hasFailed(letter)) failed.push(`${letter._id} ${letter.firstAt.getTime()}`);
    }
    this.former ??= new Set(failed);
    const fresh = failed.filter((letter) => !this.former?.has(letter)).length;
    return fresh >= mostLetters ? { failed: fresh } : undefined;
  }
}
