import type { Document, MongoClient } from 'mongodb';

const OPEN = (appName: string, idleMs: number): Document[] => [
  { $currentOp: { idleSessions: true, allUsers: false } },
  { $match: { type: 'idleSession', appName, 'transaction.timeInactiveMicros': { $gte: idleMs * 1_000 } } },
  { $project: { lsid: 1 } },
];

/**
 * A process that was killed leaves its transactions open: the server keeps them, and their locks on fences, until the limit
 * of a transaction's life, a minute by default. They are known by the name that the job's connections have in common.
 * Best effort: where this may not be asked or done, that limit ends them.
 */
export async function endAbandoned(client: MongoClient, idleMs: number): Promise<void> {
  const { appName } = client.options;
  if (!appName) return;
  const admin = client.db('admin');
  try {
    const open = await admin.aggregate<Document>(OPEN(appName, idleMs), { readConcern: { level: 'local' } }).toArray();
    const sessions = open.map(({ lsid }) => ({ id: lsid.id }));
    if (sessions.length > 0) await admin.command({ killSessions: sessions });
  } catch {
    // Not allowed, or not now: the server ends them by itself.
  }
}
