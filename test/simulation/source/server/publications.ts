import type { Published } from './pgoutput-encoder.js';
import { ServerError } from './server-error.js';
import type { SimTable } from './table.js';
import type { Wal, WalTransaction } from './wal.js';

interface Publication {
  tables: ReadonlySet<SimTable>;
  /** What was written before this it does not apply to: there it is not there. */
  sinceLsn: bigint;
}

export class Publications {
  private readonly byName = new Map<string, Publication>();

  constructor(private readonly wal: Wal) {}

  has(name: string): boolean {
    return this.byName.has(name);
  }

  names(): string[] {
    return [...this.byName.keys()];
  }

  create(name: string, tables: readonly SimTable[]): void {
    if (this.byName.has(name)) throw new ServerError('42710', `the publication ${name} exists`);
    this.byName.set(name, { tables: new Set(tables), sinceLsn: this.wal.write(64) });
    this.wal.flush();
  }

  drop(name: string): void {
    this.byName.delete(name);
  }

  /** Those that were made behind where the log ends now are of another history. */
  cut(): void {
    for (const [name, { sinceLsn }] of this.byName) if (sinceLsn >= this.wal.inserted) this.byName.delete(name);
  }

  /** As a stream finds it that decodes this transaction. */
  at(name: string, { firstLsn, changes }: WalTransaction): Published {
    const publication = this.byName.get(name);
    if (!publication || (changes.length > 0 && firstLsn < publication.sinceLsn))
      throw new ServerError('42704', `the publication ${name} does not exist`);
    return publication.tables;
  }
}
