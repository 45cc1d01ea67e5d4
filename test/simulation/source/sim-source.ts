import type { Catalogue, Finding, Plan, TablePlan } from '#model';
import type { CaptureNames, CaptureStart, Chunk, ReadChunkOptions, SnapshotId, Source, SourceIdentity } from '#sources';
import { markerPrefix } from '../../../libs/sources/postgres/marker.js';
import { type Random, type SimProcess, type SimTimers, simTimers } from '../kernel/index.js';
import { SIM_CAPTURE_DEFAULTS, SimCapture, type SimCaptureOptions } from './adapter/capture.js';
import { currentSnapshot, startCapture } from './adapter/capture-start.js';
import { catalogueOf } from './adapter/catalogue.js';
import { SimConnections } from './adapter/connections.js';
import { chunksOf, readChunk } from './adapter/load.js';
import { SimReader } from './adapter/reader.js';
import { checkSlot, dropSlot } from './adapter/slot.js';
import { SimSnapshot } from './adapter/snapshot.js';
import type { SimPostgres } from './sim-postgres.js';

export interface SimSourceOptions {
  timers?: SimTimers;
  capture?: Partial<SimCaptureOptions>;
}

/**
 * What one simulated process opens on a `SimPostgres`: the Source port, each statement a call of the scheduler. What decides
 * about visibility, decodes the log and judges errors is the real adapter's own code.
 */
export class SimSource implements Source {
  readonly kind = 'postgres';
  private readonly connections: SimConnections;
  private readonly timers: SimTimers;
  private readonly random: Random;
  private told: SourceIdentity | undefined;

  constructor(
    { server }: SimPostgres,
    process: SimProcess,
    private readonly options: SimSourceOptions = {},
  ) {
    this.connections = new SimConnections(server, process);
    this.timers = options.timers ?? simTimers(server.kernel, process);
    this.random = server.kernel.random.fork();
  }

  async identity(): Promise<SourceIdentity> {
    this.told = await this.connections.call('asks who the server is', () => this.connections.server.identity);
    return this.told;
  }

  catalogue(schemas?: readonly string[]): Promise<Catalogue> {
    return this.connections.call('reads the catalogue', () => catalogueOf(this.connections.server, schemas));
  }

  preflight(): Promise<Finding[]> {
    return this.connections.call('checks the source', () => []);
  }

  async beginCapture(
    plan: Plan,
    names: CaptureNames,
    signal: AbortSignal,
    confirm = async () => {},
  ): Promise<CaptureStart> {
    const commit = await startCapture(this.connections, this.timers, plan, names, signal, confirm);
    return { commit, identity: await this.identity() };
  }

  capture(plan: Plan, names: CaptureNames, epoch: number): SimCapture {
    const { connections, timers } = this;
    const options = { ...SIM_CAPTURE_DEFAULTS, ...this.options.capture };
    return new SimCapture({ connections, timers, plan, names, epoch, options, told: this.told });
  }

  async dropCapture({ slot, publication }: CaptureNames, deadlineMs: number, confirm = async () => {}): Promise<void> {
    const { publications } = this.connections.server;
    await dropSlot(this.connections, this.timers, slot, deadlineMs, confirm);
    await confirm();
    await this.connections.call('drops the publication', () => publications.drop(publication));
  }

  captureHealth({ slot }: CaptureNames) {
    return this.connections.call('looks at the slot', () => this.connections.server.slots.health(slot));
  }

  checkCapture(names: CaptureNames): Promise<void> {
    return checkSlot(this.connections, names);
  }

  /** A transaction of its own, flushed with its commit; answered when it is visible. */
  async writeMarker(job: string, id: string): Promise<void> {
    const { server } = this.connections;
    const { client } = await this.connections.open('connects to write a marker', () => {});
    try {
      await client.wait('writes a marker', () => {
        const transaction = server.begin();
        transaction.message(markerPrefix(job), id);
        void transaction.commit({});
        return () => transaction.isOver || undefined;
      });
    } finally {
      await client.close();
    }
  }

  visibility() {
    return currentSnapshot(this.connections);
  }

  chunks(table: TablePlan, targetRows: number, signal: AbortSignal) {
    return chunksOf(this.connections, table, targetRows, signal);
  }

  readChunk(table: TablePlan, chunk: Chunk, options: ReadChunkOptions) {
    return readChunk(this.connections, this.random, table, chunk, options);
  }

  openSnapshot(): Promise<SimSnapshot> {
    return SimSnapshot.open(this.connections);
  }

  openReader(snapshot?: SnapshotId): Promise<SimReader> {
    return SimReader.open(this.connections, snapshot);
  }

  close(): Promise<void> {
    return this.connections.close();
  }
}
