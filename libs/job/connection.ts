import { MillraceError } from '#errors';
import { compilePlan } from '#mapping';
import type { Catalogue, Finding, Plan, SourceTable } from '#model';
import type { Source, SourceIdentity } from '#sources';
import type { Store, StoreDescription } from '#store';
import type { JobDeps } from './job-deps.js';
import { JOB_ERRORS } from './job.codes.js';

/** The source, and the plan that the job file is against its catalogue. */
export interface PlannedSource {
  source: Source;
  identity: SourceIdentity;
  plan: Plan;
  /** Findings of the mapping itself. */
  warnings: Finding[];
  tables: SourceTable[];
}

/**
 * The job's two servers, opened when first needed and once. `patienceMs`: how long a server that was not reached yet is
 * tried again; 0 for a look.
 */
export class Connections {
  private openedStore: Promise<Store> | undefined;
  private openedSource: Promise<PlannedSource> | undefined;
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

  planned(patienceMs: number, signal?: AbortSignal): Promise<PlannedSource> {
    this.openedSource ??= this.plan(patienceMs, signal);
    this.openedSource.catch(() => {
      this.openedSource = undefined;
    });
    return this.openedSource;
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

  private async plan(patienceMs: number, signal: AbortSignal | undefined): Promise<PlannedSource> {
    const source = await this.source();
    const identity = await this.persist(patienceMs, signal, () => source.identity());
    const catalogue = await this.persist(patienceMs, signal, () => source.catalogue());
    const compiled = compilePlan(this.deps.jobFile, catalogue, this.deps.positions);
    if (compiled.problems !== undefined) {
      const count = compiled.problems.length === 1 ? 'a mistake' : `${compiled.problems.length} mistakes`;
      throw new MillraceError(JOB_ERRORS.JOB_FILE_INVALID, `the job file has ${count}`, {
        context: { problems: compiled.problems },
      });
    }
    return {
      source,
      identity,
      plan: compiled.plan,
      warnings: compiled.warnings,
      tables: tablesOf(compiled.plan, catalogue),
    };
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

function tablesOf(plan: Plan, catalogue: Catalogue): SourceTable[] {
  return catalogue.tables.filter((table) => plan.tables.some((planned) => planned.sourceId === table.sourceId));
}
