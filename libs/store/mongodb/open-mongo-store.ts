import { MillraceError } from '#errors';
import { MongoClient, type MongoClientOptions } from 'mongodb';
import type { StoreDescription } from '../store.js';
import { permanentError, standalone } from './failures.js';
import { MONGODB_ERRORS } from './mongodb.codes.js';
import { MongoStore } from './mongo-store.js';
import type { OnRetry } from './repeats.js';

export interface MongoStoreOptions {
  /** TLS, authentication and hosts are said here, in MongoDB's own way. */
  uri: string;
  stateDatabase: string;
  targetDatabase: string;
  appName: string;
  /** How long the first connection, and each later search for a primary before a repeat, may take. */
  serverSelectionTimeoutMs?: number;
  /** At least as many as transactions run side by side. */
  maxPoolSize?: number;
  onRetry?: OnRetry;
  random?: () => number;
}

const OLDEST_VERSION = 6;

/**
 * Connects, and rejects with a MillraceError where that fails: `retriable` (TARGET_UNREACHABLE) where waiting may help.
 * It does not judge what it finds: see `targetProblem`.
 */
export async function openMongoStore(options: MongoStoreOptions): Promise<MongoStore> {
  const { stateDatabase, targetDatabase, onRetry = () => undefined, random = Math.random } = options;
  const client = clientOf(options);
  try {
    await client.connect();
    await client.db(stateDatabase).command({ ping: 1 });
  } catch (error) {
    await client.close();
    throw permanentError(error);
  }
  return new MongoStore({ client, stateDatabase, targetDatabase, onRetry, random });
}

/** Why a target that answers cannot be used, if so. */
export function targetProblem(description: StoreDescription): MillraceError | undefined {
  if (Number.parseInt(description.version, 10) < OLDEST_VERSION) {
    const message = `the target runs MongoDB ${description.version}; use 6.0 or newer`;
    return new MillraceError(MONGODB_ERRORS.TARGET_VERSION, message);
  }
  return description.topology === 'standalone' ? standalone() : undefined;
}

/** Errors of the URI's text are told without the text: it may hold a password. */
function clientOf(options: MongoStoreOptions): MongoClient {
  try {
    return new MongoClient(options.uri, clientOptions(options));
  } catch (error) {
    const kind = error instanceof Error ? error.name : 'Error';
    throw new MillraceError(MONGODB_ERRORS.TARGET_URI_INVALID, `target.uri is not a valid MongoDB URI (${kind})`);
  }
}

function clientOptions({ appName, serverSelectionTimeoutMs, maxPoolSize }: MongoStoreOptions): MongoClientOptions {
  return {
    appName,
    serverSelectionTimeoutMS: serverSelectionTimeoutMs ?? 5_000,
    connectTimeoutMS: 10_000,
    maxPoolSize: maxPoolSize ?? 32,
    readPreference: 'primary',
    readConcern: { level: 'majority' },
    writeConcern: { w: 'majority' },
    retryReads: true,
    retryWrites: true,
    ignoreUndefined: false,
    monitorCommands: false,
  };
}
