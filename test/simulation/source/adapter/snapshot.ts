import { MillraceError } from '#errors';
import type { SnapshotId, SourceSnapshot } from '#sources';
import { CAPTURE_CODES } from '../../../../libs/sources/postgres/capture.codes.js';
import { ServerError } from '../server/server-error.js';
import type { Session } from '../server/sessions.js';
import type { SimClient, SimConnections } from './connections.js';
import { sqlStateOf } from './slot.js';

/** A snapshot exported by a transaction that is held open until it is closed. */
export class SimSnapshot implements SourceSnapshot {
  private lost: ServerError | undefined;

  private constructor(
    readonly id: string,
    private readonly client: SimClient,
    { server, process }: SimConnections,
  ) {
    client.session.onEnd((error) => {
      server.kernel.schedule(process, '← the session of the snapshot ends', () => (this.lost = error));
    });
  }

  static async open(connections: SimConnections): Promise<SimSnapshot> {
    const { transactions, exported } = connections.server;
    const { client, answer } = await connections.open('exports a snapshot', (session) => {
      session.snapshot = transactions.snapshot();
      return `${exported.export(session, session.snapshot)} ${session.snapshot.text}`;
    });
    return new SimSnapshot(answer, client, connections);
  }

  throwIfLost(): void {
    if (this.lost) throw lost(this.lost);
  }

  close(): Promise<void> {
    return this.client.close();
  }
}

/** A transaction whose one snapshot is its own, or the given one, which it proves to have. */
export async function openReading(connections: SimConnections, snapshot: SnapshotId | undefined): Promise<SimClient> {
  if (snapshot instanceof SimSnapshot) snapshot.throwIfLost();
  try {
    const { client } = await connections.open('begins to read', (session) => begin(connections, session, snapshot));
    return client;
  } catch (error) {
    throw snapshot && sqlStateOf(error) === '42704' ? lost(error) : error;
  }
}

function begin({ server }: SimConnections, session: Session, snapshot: SnapshotId | undefined): void {
  if (!snapshot) {
    session.snapshot = server.transactions.snapshot();
    return;
  }
  const [name, visible] = snapshot.id.split(' ');
  session.snapshot = server.exported.import(name ?? '');
  if (session.snapshot.text !== visible) throw lost(new Error('the imported snapshot is another one'));
}

function lost(cause: unknown): MillraceError {
  const { SNAPSHOT_LOST } = CAPTURE_CODES;
  return new MillraceError(SNAPSHOT_LOST, `The snapshot of this load has ended. ${SNAPSHOT_LOST.remedy}`, { cause });
}
