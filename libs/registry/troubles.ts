import { allInRange, type CollectionRef, type Doc, type Store } from '#store';

const TROUBLES: CollectionRef = { database: 'state', name: 'troubles' };

/** What is not renewed for so long is of a process that was killed. The clocks of services may differ by less than that. */
const GONE_MS = 30_000;
/** Whatever clocks say, nobody renews it any more. */
const FORGOTTEN_MS = 10 * 60_000;

/** What one process of a service has trouble with that it is trying again, for one job. */
export interface Trouble {
  job: string;
  service: string;
  process: string;
  /** For people; without secrets. */
  message: string;
  since: Date;
}

interface TroubleRecord extends Doc, Trouble {
  _id: string;
  /** When it was renewed last. */
  at: Date;
}

/**
 * Beside the list of jobs: trouble that services wait out, of each process for each job the last. Who has it keeps it anew while
 * it lasts, and takes it away when it is over.
 */
export class Troubles {
  constructor(
    private readonly store: Store,
    private readonly now: () => Date,
  ) {}

  async keep(trouble: Trouble): Promise<void> {
    const record: TroubleRecord = { _id: idOf(trouble), ...trouble, at: this.now() };
    await this.store.write.put(TROUBLES, [record]);
  }

  async over(of: Pick<Trouble, 'job' | 'service' | 'process'>): Promise<void> {
    await this.store.write.remove(TROUBLES, [idOf(of)]);
  }

  /** Those that last, in the order of services and processes. */
  async of(job: string): Promise<Trouble[]> {
    const records = await this.records(job);
    return records.filter(({ at }) => this.ageMs(at) < GONE_MS);
  }

  /** Removes what processes have left that were killed long ago. */
  async sweep(job: string): Promise<void> {
    await this.remove((await this.records(job)).filter(({ at }) => this.ageMs(at) > FORGOTTEN_MS));
  }

  /** All of a job that is on the list no more. */
  async forget(job: string): Promise<void> {
    await this.remove(await this.records(job));
  }

  private async records(job: string): Promise<TroubleRecord[]> {
    const found: TroubleRecord[] = [];
    const range = { after: `${job} `, upTo: `${job} ~` };
    for await (const record of allInRange<TroubleRecord>(this.store.read, TROUBLES, range)) found.push(record);
    return found;
  }

  private async remove(records: readonly TroubleRecord[]): Promise<void> {
    if (records.length > 0)
      await this.store.write.remove(
        TROUBLES,
        records.map(({ _id }) => _id),
      );
  }

  private ageMs(at: Date): number {
    return this.now().getTime() - at.getTime();
  }
}

const idOf = ({ job, service, process }: Pick<Trouble, 'job' | 'service' | 'process'>): string =>
  `${job} ${service} ${process}`;
