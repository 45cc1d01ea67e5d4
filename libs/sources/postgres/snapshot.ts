import { MillraceError } from '#errors';
import type { SourceSnapshot } from '../source.js';
import { CAPTURE_CODES } from './capture.codes.js';
import type { PostgresConnections, SourceClient } from './connection.js';

/** Routers and firewalls forget connections on which nothing moves. */
const KEEP_ALIVE_MS = 30_000;

/** A snapshot exported by a transaction that is held open, read-only, until it is closed. */
export class PostgresSnapshot implements SourceSnapshot {
  private readonly timer: NodeJS.Timeout;

  private constructor(
    readonly id: string,
    readonly visible: string,
    private readonly client: SourceClient,
  ) {
    this.timer = setInterval(() => void client.query('SELECT 1').catch(() => {}), KEEP_ALIVE_MS);
    this.timer.unref();
  }

  static async open(connections: PostgresConnections): Promise<PostgresSnapshot> {
    const client = await connections.client();
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      const { rows } = await client.query<{ id: string; visible: string }>(
        'SELECT pg_catalog.pg_export_snapshot() AS id, pg_catalog.pg_current_snapshot()::text AS visible',
      );
      const { id, visible } = rows[0] as { id: string; visible: string };
      return new PostgresSnapshot(id, visible, client);
    } catch (error) {
      await client.close();
      throw connections.error(error, 'exporting a snapshot', client);
    }
  }

  /** Rejects where the snapshot can no longer be had. */
  throwIfLost(cause?: unknown): void {
    if (!this.client.lost && cause === undefined) return;
    throw new MillraceError(
      CAPTURE_CODES.SNAPSHOT_LOST,
      `The snapshot of this load has ended. ${CAPTURE_CODES.SNAPSHOT_LOST.remedy}`,
      {
        cause: cause ?? this.client.lost,
      },
    );
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.client.close();
  }
}

/**
 * Begins a read-only transaction whose one snapshot is taken when this resolves: its own, or the given one. A reader of
 * a shared snapshot proves that it has it: where not, every reader would see another state in silence.
 */
export async function beginReading(client: SourceClient, snapshot: SourceSnapshot | undefined): Promise<void> {
  const begin = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';
  const look = 'SELECT pg_catalog.pg_current_snapshot()::text AS visible';
  if (!snapshot) {
    await client.query(`${begin}; ${look}`);
    return;
  }
  if (!(snapshot instanceof PostgresSnapshot)) throw new TypeError('a snapshot of another source');
  snapshot.throwIfLost();
  await client.query(begin);
  try {
    await client.query(`SET TRANSACTION SNAPSHOT '${snapshot.id}'`);
  } catch (error) {
    if (client.lost) throw error;
    snapshot.throwIfLost(error);
  }
  const { rows } = await client.query<{ visible: string }>(look);
  if (rows[0]?.visible !== snapshot.visible) snapshot.throwIfLost(new Error('the imported snapshot is another one'));
}
