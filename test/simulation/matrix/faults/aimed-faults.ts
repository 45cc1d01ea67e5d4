import type { SimProcess } from '../../kernel/index.js';
import { type SimRow, type SimTransaction, StatementFailed } from '../../source/index.js';
import { fieldOf, isDocument } from '../../store/index.js';
import { inWords, keyValue, type ModelCollection, shownName } from '../../workload/index.js';
import type { SimService } from '../../world/sim-service.js';
import { openTransactionsOf } from '../feeds/server-feeds.js';
import type { OpenTransaction } from '../happening.js';
import { befalls, type FaultParts } from './fault-parts.js';
import { Sleepers } from './sleepers.js';

/** Longer than a transaction can live that nobody ends. */
const LONG_SLEEP_MS = 75_000;
/** Longer than it takes another one to be the capture. */
const SLEEP_MS = 30_000;
/** Shorter than a primary may take to notice that it was deposed. */
const SHORT_SLEEP_MS = 4_000;
/** Entries of the log. */
const ALL = Number.MAX_SAFE_INTEGER;

/** Faults that look where everybody is, and befall one in the midst of something. */
export class AimedFaults {
  readonly sleepers: Sleepers;
  /** One that reads on a primary that is none any more, and so many stagings were there when it began to stand still. */
  private alone: { process: SimProcess; stagings: number } | undefined;

  private isCommitAwaited = false;

  constructor(private readonly parts: FaultParts) {
    this.sleepers = new Sleepers(parts.world);
  }

  /** Asked again and again during a storm. */
  mayBefall(): void {
    const { random } = this.parts;
    this.wakeReader();
    if (random.chance(0.5)) this.befallWriter();
    if (random.chance(0.06)) this.befallPrimary();
    if (random.chance(0.25)) this.befallReader();
    if (random.chance(0.7)) this.befallSweep();
    if (random.chance(0.1)) this.befallMove();
    if (random.chance(0.006)) this.befallCapture();
  }

  /** The next writer that is about to commit a document that was there before stands still with it. */
  awaitCommit(): void {
    this.isCommitAwaited = true;
  }

  look({ name }: SimProcess, label: string): void {
    if (!this.isCommitAwaited || label !== '→ store commit touches') return;
    const service = this.running(name);
    const open = this.writingOf(name);
    if (service?.role === 'write' && open !== undefined && this.sleepOver(service, open)) this.isCommitAwaited = false;
  }

  private befallWriter(): void {
    const { world } = this.parts;
    const isWriting = ({ role, process }: SimService): boolean =>
      role === 'write' && process.state === 'running' && this.writingOf(process.name) !== undefined;
    const service = world.services.find(isWriting);
    if (service !== undefined) this.replace(service, 'a writer is killed in the midst of its documents');
  }

  private writingOf(process: string): OpenTransaction | undefined {
    return openTransactionsOf(this.parts.world.servers.mongo, process).find(
      ({ label, documents }) => label === 'touches' && documents.length > 0,
    );
  }

  /** Another one deletes meanwhile what it has written. */
  private sleepOver(service: SimService, { documents }: OpenTransaction): boolean {
    const { world } = this.parts;
    for (const { collection, _id, isThere } of documents) {
      const model = world.model.collections.find(({ name }) => name === collection);
      if (!isThere || model === undefined || model.id !== undefined || !this.isWritten(collection, _id)) continue;
      if (!this.deleteRoot(model, _id)) continue;
      befalls(this.parts, 'a writer stands still with a document whose row is deleted');
      this.sleepers.putToSleep(service, LONG_SLEEP_MS);
      return true;
    }
    return false;
  }

  /** It was there before. */
  private isWritten(collection: string, _id: unknown): boolean {
    const documents = this.parts.world.servers.mongo.committed('target', collection);
    return documents.some((each) => inWords(fieldOf(each, '_id')) === inWords(_id));
  }

  private deleteRoot({ root }: ModelCollection, _id: unknown): boolean {
    const { world } = this.parts;
    const { key = [] } = world.model.tables.find(({ name }) => name === root.table) ?? {};
    const valueOf = (name: string) => String(isDocument(_id) ? fieldOf(_id, shownName(root, name)) : _id);
    const row = Object.fromEntries(key.map((name) => [name, valueOf(name)])) as SimRow;
    return this.attempt((transaction) => transaction.delete(root.table, row));
  }

  /** Of an application; false where the row is not there, or is somebody else's. */
  private attempt(statement: (transaction: SimTransaction) => boolean): boolean {
    const transaction = this.parts.world.servers.postgres.begin();
    try {
      if (statement(transaction)) {
        void transaction.commit();
        return true;
      }
      transaction.rollback();
    } catch (error) {
      if (!(error instanceof StatementFailed)) throw error;
    }
    return false;
  }

  /** Before a majority has what a batch has written. */
  private befallPrimary(): void {
    const { mongo } = this.parts.world.servers;
    if (!mongo.unreplicated().some(({ label }) => label === 'rows' || label === 'touches')) return;
    befalls(this.parts, 'the primary is deposed before a majority has a batch');
    mongo.failOver({ unnoticed: true });
  }

  /** In the midst of its reads a writer is left alone with a primary that is none any more, while others go on. */
  private befallReader(): void {
    const { world, observed } = this.parts;
    const { kernel, servers, services, changes } = world;
    const isReading = ({ process }: SimService): boolean =>
      process.state === 'running' &&
      openTransactionsOf(servers.mongo, process.name).some(
        ({ label, documents }) => label === 'touches' && documents.length === 0,
      );
    const service = services.find((each) => each.role === 'write' && isReading(each));
    if (service === undefined) return;
    befalls(this.parts, 'the primary is deposed while a writer reads');
    const { process } = service;
    servers.mongo.failOver({ kept: ALL, unnoticedBy: process.name });
    process.standStill();
    this.alone = { process, stagings: observed.observer.stagings };
    kernel.schedule(kernel.servers, `${process.name} goes on`, () => process.goOn(), SHORT_SLEEP_MS);
    for (let i = 0; i < 3; i++) changes.transaction();
  }

  /** When there is something newer than what it reads. */
  private wakeReader(): void {
    const { alone } = this;
    if (alone === undefined || this.parts.observed.observer.stagings === alone.stagings) return;
    alone.process.goOn();
    this.alone = undefined;
  }

  private befallSweep(): void {
    const { world, observed } = this.parts;
    const service = this.running(observed.observer.sweeping());
    if (service !== undefined && world.services.length > 0)
      this.replace(service, 'a process is killed in the midst of a fan-out');
  }

  private befallCapture(): void {
    const { observed } = this.parts;
    const service = this.running(observed.observer.capturing());
    if (service?.role !== 'ingest') return;
    befalls(this.parts, 'the capture stands still with changes on their way');
    this.sleepers.putToSleep(service, SLEEP_MS);
  }

  private running(process: string | undefined): SimService | undefined {
    return this.parts.world.services.find((each) => each.process.name === process && each.process.state === 'running');
  }

  /** Who staged it is killed, and the row moves on. */
  private befallMove(): void {
    const { world, observed, random } = this.parts;
    const { process, move } = observed.observer.moving() ?? {};
    const service = this.running(process);
    const table = world.model.tables.find(({ name }) => name === move?.table);
    const columns = table?.references[move?.place ?? 0]?.columns;
    if (service === undefined || table === undefined || columns === undefined || move === undefined) return;
    const key = move.key.split('|');
    const row = Object.fromEntries(table.key.map((name, i) => [name, key[i] ?? null]));
    const to = Object.fromEntries(
      columns.map((name) => {
        const type = table.columns.find((column) => column.name === name)?.type ?? 'int';
        return [name, keyValue(type, random.between(1, name.endsWith('_no') ? 2 : 6), 0)];
      }),
    );
    if (this.attempt((transaction) => transaction.update(table.name, row, to)))
      this.replace(service, 'a process is killed between two moves of a row');
  }

  private replace(service: SimService, what: string): void {
    befalls(this.parts, what);
    this.parts.world.kill(service);
    this.parts.world.start(service.role);
  }
}
