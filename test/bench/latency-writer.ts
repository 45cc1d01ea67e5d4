import { setTimeout as delay } from 'node:timers/promises';
import { openSqlSession, type SqlSession } from '#servers';
import { CHANGES_PER_TRANSACTION, rowOf, stamp } from './latency-changes.js';

/**
 * The application of the latency measure, in a process of its own: small transactions at a steady pace over a few
 * connections, so that no commit holds up the next one.
 */
export interface WriterTask {
  uri: string;
  orders: number;
  changesPerSecond: number;
  /** The first change's number, and the one after the last: whole transactions. */
  from: number;
  to: number;
}

export interface WriterReport {
  /** The clock before each transaction was sent, in their order. */
  sentMs: number[];
  seconds: number;
}

const CONNECTIONS = 4;

const UPDATE_ORDERS = `UPDATE shop.orders o SET note = c.note
  FROM unnest($1::int[], $2::text[]) AS c(id, note) WHERE o.order_id = c.id`;
const UPDATE_LINES = `UPDATE shop.order_lines l SET comment = c.note
  FROM unnest($1::int[], $2::text[], $3::int[]) AS c(id, note, line) WHERE l.order_id = c.id AND l.line_no = c.line`;

process.once('message', (task: WriterTask) => {
  void write(task).then((report) => process.send?.(report, () => process.disconnect()));
});

async function write(task: WriterTask): Promise<WriterReport> {
  const sessions = await Promise.all(Array.from({ length: CONNECTIONS }, () => openSqlSession(task.uri)));
  const transactions = (task.to - task.from) / CHANGES_PER_TRANSACTION;
  const periodMs = (1000 * CHANGES_PER_TRANSACTION) / task.changesPerSecond;
  const sentMs = new Array<number>(transactions);
  const startMs = performance.now();
  let next = 0;
  const work = async (session: SqlSession): Promise<void> => {
    for (let index = next++; index < transactions; index = next++) {
      const waitMs = startMs + index * periodMs - performance.now();
      if (waitMs > 0) await delay(waitMs);
      sentMs[index] = Date.now();
      await transaction(session, task, task.from + index * CHANGES_PER_TRANSACTION, sentMs[index] as number);
    }
  };
  await Promise.all(sessions.map(work));
  const seconds = (performance.now() - startMs) / 1000;
  await Promise.all(sessions.map((session) => session.close()));
  return { sentMs, seconds };
}

/** One statement, and so one transaction: the clock is read just before it, so its commit counts as latency, too. */
async function transaction(session: SqlSession, task: WriterTask, from: number, atMs: number): Promise<void> {
  const changes = Array.from({ length: CHANGES_PER_TRANSACTION }, (_, index) => from + index);
  const rows = changes.map((change) => rowOf(change, task.orders));
  const ids = rows.map(({ order }) => order);
  const notes = changes.map((change) => stamp(change, atMs));
  if (rows[0]?.line === undefined) await session.query(UPDATE_ORDERS, [ids, notes]);
  else await session.query(UPDATE_LINES, [ids, notes, rows.map(({ line }) => line)]);
}
