import type { Source, SourceIdentity } from '../source.js';
import { CAPTURE_DEFAULTS, type CaptureOptions, PostgresCapture } from './capture.js';
import { startCapture } from './capture-start.js';
import { readCatalogue } from './catalogue.js';
import { chunksOf } from './chunks.js';
import { type ConnectionsOptions, PostgresConnections } from './connection.js';
import { readIdentity } from './identity.js';
import { PostgresLoad } from './load.js';
import { writeMarker } from './marker.js';
import { runPreflight } from './preflight.js';
import { dropPublication } from './publication.js';
import { PostgresReader } from './reader.js';
import { captureHealth, checkSlot, dropSlot } from './slot.js';
import { PostgresSnapshot } from './snapshot.js';
import { currentSnapshot } from './visibility.js';

export interface PostgresSourceOptions extends ConnectionsOptions {
  capture?: Partial<CaptureOptions>;
  /** Told, in plain words, what a long step waits for. */
  report?: (message: string) => void;
}

const unconfirmed = async (): Promise<void> => undefined;

/** The Source port on PostgreSQL 14 and later. Nothing is connected before the first call. */
export function createPostgresSource(uri: string, options: PostgresSourceOptions = {}): Source {
  const connections = new PostgresConnections(uri, options);
  const load = new PostgresLoad(connections);
  let told: SourceIdentity | undefined;
  const identity = async (): Promise<SourceIdentity> => {
    told = await readIdentity(connections);
    return told;
  };
  return {
    kind: 'postgres',
    identity,
    catalogue: (schemas) => readCatalogue(connections, schemas),
    preflight: (request) => runPreflight(connections, request),
    beginCapture: async (plan, names, signal, confirm = unconfirmed) => {
      const commit = await startCapture(connections, plan, names, signal, options.report ?? (() => {}), confirm);
      return { commit, identity: await identity() };
    },
    capture: (plan, names, epoch) =>
      new PostgresCapture(connections, plan, names, epoch, { ...CAPTURE_DEFAULTS, ...options.capture }, told),
    dropCapture: async (names, deadlineMs, confirm = unconfirmed) => {
      await dropSlot(connections, names.slot, deadlineMs, confirm);
      await confirm();
      await dropPublication(connections, names.publication);
    },
    captureHealth: (names) => captureHealth(connections, names),
    checkCapture: (names) => checkSlot(connections, names),
    writeMarker: (job, id) => writeMarker(connections, job, id),
    visibility: () => currentSnapshot(connections),
    chunks: (table, targetRows, signal) => chunksOf(connections, table, targetRows, signal),
    readChunk: (table, chunk, readOptions) => load.read(table, chunk, readOptions),
    openSnapshot: () => PostgresSnapshot.open(connections),
    openReader: (snapshot) => PostgresReader.open(connections, snapshot),
    close: async () => {
      await load.close();
      await connections.close();
    },
  };
}
