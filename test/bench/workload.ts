import { readFile } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import copyStreams from 'pg-copy-streams';
import { openSqlSession } from '#servers';
import { benchFile } from './files.js';

export const TABLES = ['customers', 'products', 'orders', 'order_lines'] as const;
export type TableName = (typeof TABLES)[number];

const ROWS_PER_CHANGE_TRANSACTION = 100;

/** How much there is at a scale; the SQL files say so for scale 1. */
export interface WorkloadSize {
  customers: number;
  products: number;
  orders: number;
  changeTransactions: number;
}

export function workloadSize(scale: number): WorkloadSize {
  const orders = Math.max(1500, Math.round((150_000 * scale) / 10) * 10);
  return {
    customers: Math.max(10, Math.round(10_000 * scale)),
    products: Math.max(10, Math.round(2000 * scale)),
    // The changes walk through the orders in steps of this prime: a multiple of it would not reach them all.
    orders: orders % 7919 === 0 ? orders + 10 : orders,
    changeTransactions: Math.max(30, Math.round(3000 * scale)),
  };
}

export const changesOf = (size: WorkloadSize): number => size.changeTransactions * ROWS_PER_CHANGE_TRANSACTION;

/** Fills an empty database, and leaves it as one that has been at rest. */
export async function loadWorkload(uri: string, size: WorkloadSize): Promise<void> {
  const session = await openSqlSession(uri);
  try {
    await session.query(await sqlAtSize('workload.sql', size));
    await session.query(await sqlAtSize('changes.sql', size));
    await session.query('VACUUM (FREEZE, ANALYZE)');
    await session.query('CHECKPOINT');
  } finally {
    await session.close();
  }
}

/** The files are written for scale 1, with these numbers for nothing else. */
async function sqlAtSize(name: string, size: WorkloadSize): Promise<string> {
  const text = await readFile(benchFile(name), 'utf8');
  return text
    .replaceAll(/\b10000\b/g, String(size.customers))
    .replaceAll(/\b2000\b/g, String(size.products))
    .replaceAll(/\b150000\b/g, String(size.orders));
}

export async function makeChanges(uri: string, size: WorkloadSize): Promise<void> {
  const session = await openSqlSession(uri);
  try {
    await session.query(`CALL public.bench_changes(${size.changeTransactions})`);
  } finally {
    await session.close();
  }
}

export type TableCounts = Record<TableName, number>;

export async function sourceCounts(uri: string): Promise<TableCounts> {
  const session = await openSqlSession(uri);
  try {
    const counts = TABLES.map((table) => `(SELECT count(*)::int FROM shop.${table}) AS ${table}`);
    const [row] = await session.query(`SELECT ${counts.join(', ')}`);
    return row as TableCounts;
  } finally {
    await session.close();
  }
}

export const totalRows = (counts: TableCounts): number => TABLES.reduce((sum, table) => sum + counts[table], 0);

/** Bytes of the tables as COPY writes them as text: what a load must read at least. */
export async function copyTextBytes(uri: string): Promise<number> {
  const client = new pg.Client({ connectionString: uri });
  await client.connect();
  let bytes = 0;
  try {
    for (const table of TABLES) {
      const counter = new Writable({
        write(chunk: Buffer, _encoding, written) {
          bytes += chunk.length;
          written();
        },
      });
      await pipeline(client.query(copyStreams.to(`COPY shop.${table} TO STDOUT`)), counter);
    }
    return bytes;
  } finally {
    await client.end();
  }
}
