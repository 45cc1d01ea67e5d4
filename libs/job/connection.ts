import { MillraceError } from '#errors';
import type { Catalogue, Finding, Plan, SourceTable } from '#model';
import type { Source, SourceIdentity } from '#sources';
import type { Store, StoreDescription } from '#store';
import { compileFor, type KnownColumns } from './compile.js';
import type { JobDeps } from './job-deps.js';
import type { JobRecord } from './job-record.js';

/** The source, and the plan that the job file is against its catalogue. */
export interface PlannedSource {
  source: Source;
  identity: SourceIdentity;
  plan: Plan;
  /** Findings of the mapping itself. */
  warnings: Finding[];
  tables: SourceTable[];
  knownColumns: KnownColumns;
}

interface ReadSource {
  source: Source;
  identity: SourceIdentity;
  catalogue: Catalogue;
}

/**
 * The job's two servers, opened when first needed and once. `patienceMs`: how long a server that was not reached yet is
 * tried again; 0 for a look.
 */
export class Connections {
  private openedStore: Promise<Store> | undefined;
  private sourceToClose: Source | undefined;

  constructor(private readonly deps: JobDeps) {}

  store(patienceMs: number, signal?: AbortSignal): Promise<Store> {
    this.openedStore ??= this.persist(patienceMs, signal, () =>
      this.deps.openStore((message) => this.trouble(message)),
    );
    this.openedStore.catch(() => {
      this.openedStore = undefined;
    });
    return this.openedStore;
  }

  /** The source alone, for what needs no plan. */
  async source(): Promise<Source> {
    this.sourceToClose ??= await this.deps.openSource();
    return this.sourceToClose;
  }

  /** The source as it is now: reached, its catalogue read. */
  async read(patienceMs: number, signal?: AbortSignal): Promise<ReadSource> {
    const source = await this.source();
    const identity = await this.persist(patienceMs, signal, () => source.identity());
    const catalogue = await this.persist(patienceMs, signal, () => source.catalogue());
    return { source, identity, catalogue };
  }

  /** The plan of the job file; of a job that goes on, against the columns that it began with. */
  async planned(patienceMs: number, going: JobRecord | undefined, signal?: AbortSignal): Promise<PlannedSource> {
    const { source, identity, catalogue } = await this.read(patienceMs, signal);
    const { plan, warnings, knownColumns } = compileFor(this.deps, catalogue, going?.knownColumns);
    const tables = catalogue.tables.filter((table) => plan.tables.some(({ sourceId }) => sourceId === table.sourceId));
    return { source, identity, plan, warnings, tables, knownColumns };
  }

  /** Why a target that answers cannot be used, if so. */
  targetProblem(description: StoreDescription): MillraceError | undefined {
    return this.deps.targetProblem(description);
  }

  async close(): Promise<void> {
    await this.sourceToClose?.close();
    const store = await this.openedStore?.catch(() => undefined);
    await store?.close();
  }

  private trouble(message: string | undefined): void {
    this.deps.onEvent(message === undefined ? { kind: 'recovered' } : { kind: 'trouble', message });
  }

  private async persist<T>(patienceMs: number, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    const { timers } = this.deps;
    const begun = timers.now();
    for (;;) {
      signal?.throwIfAborted();
      try {
        return await work();
      } catch (error) {
        const again = error instanceof MillraceError && error.retriable && timers.now() - begun < patienceMs;
        if (!again) throw error;
        this.trouble(error.message);
        await timers.wait(500, signal);
      }
    }
  }
}
