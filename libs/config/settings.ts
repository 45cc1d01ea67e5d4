import { z } from 'zod';
import { type Environment, readEnvironment } from './environment.js';
import { choice, flag, whole } from './fields.js';

const MIB = 1024 * 1024;

/**
 * All settings from the environment: types, defaults, rules and descriptions in one place. What a job is belongs in its
 * job file; here is how the process that runs it behaves. Every default is right for two cores and a laptop.
 */
export const settingsSchema = z.object({
  logLevel: choice(
    'MILLRACE_LOG_LEVEL',
    ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    'info',
    'The least serious log lines that are written.',
  ),
  logFormat: choice(
    'MILLRACE_LOG_FORMAT',
    ['text', 'json'],
    'text',
    'Log lines on stderr: for people, or one JSON object a line for machines.',
  ),
  debug: flag('MILLRACE_DEBUG', false, 'Shows the stack of an error, and logs at level debug.'),
  rowsPartitions: whole(
    'MILLRACE_ROWS_PARTITIONS',
    [1, 64],
    2,
    'Partitions of rows: as many are staged side by side. Fixed for a load; takes effect with the next one.',
  ),
  touchesPartitions: whole(
    'MILLRACE_TOUCHES_PARTITIONS',
    [1, 64],
    3,
    'Partitions of documents: as many are written side by side. Fixed for a load; takes effect with the next one.',
  ),
  readers: whole(
    'MILLRACE_READERS',
    [1, 32],
    2,
    'Chunks of tables that are read from the source side by side during the load, each over a connection.',
  ),
  chunkRows: whole(
    'MILLRACE_CHUNK_ROWS',
    [100, 10_000_000],
    50_000,
    'About so many rows are read in one short transaction; an interrupted load repeats at most the chunks begun.',
  ),
  rowsBatchBytes: whole(
    'MILLRACE_ROWS_BATCH_BYTES',
    [1024, 16 * MIB],
    768 * 1024,
    'Bytes of rows that are staged in one transaction.',
  ),
  rowsBatchRecords: whole(
    'MILLRACE_ROWS_BATCH_RECORDS',
    [1, 10_000],
    256,
    'Records of rows (each of many rows) that are staged in one transaction.',
  ),
  touchesBatchBytes: whole(
    'MILLRACE_TOUCHES_BATCH_BYTES',
    [1024, 64 * MIB],
    MIB,
    'Bytes of touches that are taken in together; many touches of one document are one write.',
  ),
  batchSpacingMs: whole(
    'MILLRACE_BATCH_SPACING_MS',
    [0, 1000],
    40,
    'Under steady light traffic, batches of a partition begin so many milliseconds apart: fewer, larger transactions.',
  ),
  rootsPerTransaction: whole(
    'MILLRACE_ROOTS_PER_TRANSACTION',
    [1, 10_000],
    2000,
    'Documents that are written in one transaction; fewer where they are large.',
  ),
  rootsPerBuildTask: whole(
    'MILLRACE_ROOTS_PER_BUILD_TASK',
    [1, 1_000_000],
    5000,
    'Documents in one task of building; an interrupted build repeats at most the tasks begun.',
  ),
  loadInFlightBytes: whole(
    'MILLRACE_LOAD_IN_FLIGHT_BYTES',
    [MIB, 4096 * MIB],
    24 * MIB,
    'Bytes of loaded rows between source and stage; the reading waits when there are more.',
  ),
  captureInFlightBytes: whole(
    'MILLRACE_CAPTURE_IN_FLIGHT_BYTES',
    [MIB, 4096 * MIB],
    16 * MIB,
    'Bytes of captured changes between source and stage; the reading waits when there are more.',
  ),
});

export type Settings = z.infer<typeof settingsSchema>;

export function readSettings(env: Environment): Settings {
  return readEnvironment(settingsSchema, env);
}
