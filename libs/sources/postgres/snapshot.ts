import { MillraceError } from '#errors';
import type { SnapshotId, SourceSnapshot } from '../source.js';
import { CAPTURE_CODES } from './capture.codes.js';
import type { PostgresConnections, SourceClient } from './connection.js';

/** Routers and firewalls forget connections on which nothing moves. */
const KEEP_ALIVE_MS = 30_000;

/** A snapshot exported by a transaction that is held open, read-only, until it is closed. */
export class PostgresSnapshot implements SourceSnapshot {
  private readonly timer: NodeJS.Timeout;

  private constructor(
    private readonly exported: Exported,
    private readonly client: SourceClient,
  ) {
    this.timer = setInterval(() => void client.query('SELECT 1').catch(() => {}), KEEP_ALIVE_MS);
    this.timer.unref();
  }

  get id(): string {
    return idOf(this.exported);
  }

  static async open(connections: PostgresConnections): Promise<PostgresSnapshot> {
    const client = await connections.client();
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      const { rows } = await client.query<Exported>(
        'SELECT pg_catalog.pg_export_snapshot() AS name, pg_catalog.pg_current_snapshot()::text AS visible',
      );
      return new PostgresSnapshot(rows[0] as Exported, client);
    } catch (error) {
      await client.close();
      throw connections.error(error, 'exporting a snapshot', client);
    }
  }

  throwIfLost(): void {
    if (this.client.lost) throw lost(this.client.lost);
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.client.close();
  }
}

/** What the exporting server calls it, and what it shows: a reader that sees something else is in another one. */
interface Exported {
  name: string;
  visible: string;
}

/** `00000003-0000001B-1 10:20:10,14,15`, so that whoever has the id can prove that it has the snapshot. */
function idOf({ name, visible }: Exported): string {
  return `${name} ${visible}`;
}

function exportedOf({ id }: SnapshotId): Exported {
  const [, name, visible] = /^([0-9A-Fa-f-]+) (\d+:\d+:[\d,]*)$/.exec(id) ?? [];
  if (name === undefined || visible === undefined) throw lost(new TypeError(`not the id of a snapshot: ${id}`));
  return { name, visible };
}

/** SQLSTATEs of a snapshot that is not there (42704 since 16, 22023 before) or whose transaction has ended; all else says nothing of it. */
const IS_GONE: ReadonlySet<unknown> = new Set(['22023', '42704', '55000']);

export const isSnapshotGone = (error: unknown): boolean => IS_GONE.has((error as { code?: unknown }).code);

function lost(cause: unknown): MillraceError {
  const { SNAPSHOT_LOST } = CAPTURE_CODES;
  return new MillraceError(SNAPSHOT_LOST, `The snapshot of this load has ended. ${SNAPSHOT_LOST.remedy}`, { cause });
}

/**
 * Begins a read-only transaction whose one snapshot is taken when this resolves: its own, or the given one. A reader of
 * a shared snapshot proves that it has it: where not, every reader would see another state in silence.
 */
export async function beginReading(client: SourceClient, snapshot: SnapshotId | undefined): Promise<void> {
  const begin = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';
  const look = 'SELECT pg_catalog.pg_current_snapshot()::text AS visible';
  if (!snapshot) {
    await client.query(`${begin}; ${look}`);
    return;
  }
  const { name, visible } = exportedOf(snapshot);
  if (snapshot instanceof PostgresSnapshot) snapshot.throwIfLost();
  await client.query(begin);
  try {
    await client.query(`SET TRANSACTION SNAPSHOT '${name}'`);
  } catch (error) {
    throw isSnapshotGone(error) ? lost(error) : error;
  }
  const { rows } = await client.query<{ visible: string }>(look);
  if (rows[0]?.visible !== visible) throw lost(new Error('the imported snapshot is another one'));
}
