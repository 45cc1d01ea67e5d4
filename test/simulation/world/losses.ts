/** What a job that follows changes needs, and does not have any more: it has to be loaded again. */
export type Loss = 'slot' | 'source' | 'log' | 'records' | 'schema' | 'mapping' | 'retention';

/** What a person is told of each, by its code. */
const TOLD: Record<Loss, readonly string[]> = {
  slot: ['SLOT_LOST'],
  // One that has failed over may lack the slot, and a publication that was just made.
  source: ['SOURCE_CHANGED', 'SLOT_MISSING', 'PUBLICATION_MISSING'],
  log: ['LOG_DAMAGED', 'LOG_PARTITIONS_DIFFER'],
  // Of the log: changes are missing.
  records: ['LOG_DAMAGED', 'LOG_PARTITIONS_DIFFER'],
  // As the log tells of it, or whoever reads the schema: a load anew may find what the job file does not fit.
  schema: ['SCHEMA_CHANGED', 'SOURCE_SCHEMA_CHANGED', 'MAPPING_CHANGED', 'JOB_BLOCKED', 'JOB_FILE_INVALID'],
  mapping: ['MAPPING_CHANGED', 'JOB_BLOCKED'],
  // Who dropped the slot may be killed before it has said why.
  retention: ['RETENTION_BOUND', 'SLOT_MISSING'],
};

export const tells = (loss: Loss, code: string): boolean => TOLD[loss].includes(code);

/** What has become of the source, the log and the job file, so that not all that a person is told is a failure. */
export class Losses {
  private readonly all = new Set<Loss>();
  /** The last load, counted, that had begun when the source lost transactions, or the log changes that were on their way. */
  private setBackAt: number | undefined;

  constructor(
    /** How many were asked for. */
    private readonly loads: () => number,
    /** Whether the last of them has begun. */
    private readonly hasBegun: () => boolean,
  ) {}

  add(loss: Loss): void {
    this.all.add(loss);
    if (loss === 'source' || loss === 'records') this.setBackAt = this.hasBegun() ? this.loads() : this.loads() - 1;
  }

  get isAny(): boolean {
    return this.all.size > 0;
  }

  /** Documents go back with the source, or are of rows of which something is missing, until they are those of a load anew. */
  get isSetBack(): boolean {
    return this.setBackAt !== undefined;
  }

  /** The load that is there is as it was asked for, and complete. True where documents go back no more. */
  loaded(): boolean {
    if (this.setBackAt === undefined || this.setBackAt >= this.loads()) return false;
    this.setBackAt = undefined;
    return true;
  }

  /** Also of what is lost no more: of a change of the schema one may be told late. */
  excuse(code: string): boolean {
    return [...this.all].some((loss) => tells(loss, code));
  }
}
