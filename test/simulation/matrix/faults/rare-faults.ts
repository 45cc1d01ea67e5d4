import type { CallFault, Random, SimProcess } from '../../kernel/index.js';
import { type CommitOptions, type SimRow, type SimTransaction, StatementFailed } from '../../source/index.js';
import type { SimBroker } from '../../log/index.js';
import { fieldOf, type Stored } from '../../store/index.js';
import { inWords, type ModelCollection } from '../../workload/index.js';
import type { SimService } from '../../world/sim-service.js';
import type { SimWorld } from '../../world/sim-world.js';
import { openTransactionsOf } from '../feeds/server-feeds.js';
import type { OpenTransaction } from '../happening.js';
import type { Observed } from '../observe.js';
import { LostAnswers } from './lost-answers.js';
import { Sleepers } from './sleepers.js';
import { VerifyMeanwhile } from './verify-meanwhile.js';

/** A standby that answers after minutes. */
const STALL_MS = 90_000;
/** Longer than a transaction can live that nobody ends. */
const LONG_SLEEP_MS = 75_000;
/** Longer than it takes another one to be the capture. */
const SLEEP_MS = 30_000;
/** Shorter than a primary may take to notice that it was deposed. */
const SHORT_SLEEP_MS = 4_000;
/** Entries of the log. */
const ALL = Number.MAX_SAFE_INTEGER;

export interface RareFaultParts {
  world: SimWorld;
  observed: Observed;
  random: Random;
  /** It has to be loaded again; `isSetBack`: documents go back with what the source has lost. */
  onLost(isSetBack: boolean): void;
  count(name: string): void;
}

/**
 * Faults that hit a certain moment, and those that only the fault matrix asks for. They have random numbers of their own, so that
 * the storm has the same ones without them.
 */
export class RareFaults {
  private readonly sleepers: Sleepers;
  private readonly lostAnswers: LostAnswers;
  private verifying: VerifyMeanwhile | undefined;
  private isReplicaLess = false;

  constructor(private readonly parts: RareFaultParts) {
    const { random, world } = parts;
    this.sleepers = new Sleepers(world);
    this.lostAnswers = new LostAnswers(random);
    world.commitOptions = commitsOf(random);
  }

  /** Asked again and again during a storm. */
  mayBefall(): void {
    const { random } = this.parts;
    if (random.chance(0.4)) this.befallWriter();
    if (random.chance(0.06)) this.befallPrimary();
    if (random.chance(0.06)) this.befallReader();
    if (random.chance(0.7)) this.befallSweep();
    if (random.chance(0.1)) this.befallMove();
    if (random.chance(0.008)) this.befallCapture();
    if (random.chance(0.8)) this.commitSlowly();
    if (random.chance(0.0015)) this.loseForGood();
  }

  faultOf(process: SimProcess, label: string): CallFault | undefined {
    return this.lostAnswers.faultOf(process, label);
  }

  /** Changes go on, and faults. */
  beginStreaming(): void {
    const { world, random } = this.parts;
    if (random.chance(0.1) && world.phase() === 'streaming') this.verifying = new VerifyMeanwhile(world);
  }

  beginCalm(): void {
    const { world, random } = this.parts;
    world.commitOptions = () => ({});
    const { services } = world;
    const isDouble = ({ role, process }: SimService): boolean =>
      process.state === 'running' && services.filter((each) => each.role === role).length > 1;
    const doubles = services.filter(isDouble);
    if (doubles.length === 0 || !random.chance(0.2)) return;
    world.kill(random.one(doubles));
    this.isReplicaLess = true;
  }

  /** Until then something may come that began before. */
  get overAtMs(): number {
    return this.sleepers.overAtMs;
  }

  get isOver(): boolean {
    return this.verifying?.isOver ?? true;
  }

  /** All is right. */
  conclude(isLoadedAnew: boolean): void {
    const { observed } = this.parts;
    if (this.isReplicaLess) observed.tell({ kind: 'at rest with a replica less' });
    if (this.verifying?.conclude({ whereLoadedAnew: isLoadedAnew }) === 'calls all right')
      observed.tell({ kind: 'verified under traffic' });
  }

  /** In the midst of a transaction. */
  private befallWriter(): void {
    const { world, random } = this.parts;
    for (const service of world.services) {
      if (service.role !== 'write' || service.process.state !== 'running') continue;
      const [open] = openTransactionsOf(world.servers.mongo, service.process.name).filter(
        ({ label, documents }) => label === 'touches' && documents.length > 0,
      );
      if (open === undefined) continue;
      if (random.chance(0.5)) return this.sleepOver(service, open);
      return this.replace(service, 'a writer is killed in the midst of its documents');
    }
  }

  /** Another one deletes meanwhile what it has written. */
  private sleepOver(service: SimService, { documents }: OpenTransaction): void {
    const { world } = this.parts;
    for (const { collection, _id, isThere } of documents) {
      const model = world.model.collections.find(({ name }) => name === collection);
      if (!isThere || model === undefined || model.id !== undefined || !this.isWritten(collection, _id)) continue;
      if (!this.deleteRoot(model, _id)) continue;
      this.befalls('a writer stands still with a document whose row is deleted');
      return this.sleepers.putToSleep(service, LONG_SLEEP_MS);
    }
  }

  /** It was there before. */
  private isWritten(collection: string, _id: unknown): boolean {
    const documents = this.parts.world.servers.mongo.committed('target', collection);
    return documents.some((each) => inWords(fieldOf(each, '_id')) === inWords(_id));
  }

  private deleteRoot({ root }: ModelCollection, _id: unknown): boolean {
    const { world } = this.parts;
    const { key = [] } = world.model.tables.find(({ name }) => name === root.table) ?? {};
    const valueOf = (name: string) => (typeof _id === 'number' ? _id : fieldOf(_id as Stored, name));
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
    this.befalls('the primary is deposed before a majority has a batch');
    mongo.failOver({ unnoticed: true });
  }

  /** In the midst of its reads a writer is left alone with a primary that is none any more, while others go on. */
  private befallReader(): void {
    const { world, random } = this.parts;
    const { kernel, servers, services } = world;
    const isReading = ({ process }: SimService): boolean =>
      process.state === 'running' &&
      openTransactionsOf(servers.mongo, process.name).some(({ label }) => label === 'touches');
    const service = services.find((each) => each.role === 'write' && isReading(each));
    if (service === undefined) return;
    this.befalls('the primary is deposed while a writer reads');
    const { process } = service;
    servers.mongo.failOver({ kept: ALL, unnoticedBy: process.name });
    process.standStill();
    kernel.schedule(kernel.servers, `${process.name} goes on`, () => process.goOn(), random.below(SHORT_SLEEP_MS));
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
    this.befalls('the capture stands still with changes on their way');
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
    const row = Object.fromEntries(table.key.map((name, i) => [name, Number(key[i])]));
    const to = Object.fromEntries(
      columns.map((name) => [name, name.endsWith('_no') ? random.between(1, 2) : random.between(1, 6)]),
    );
    if (this.attempt((transaction) => transaction.update(table.name, row, to)))
      this.replace(service, 'a process is killed between two moves of a row');
  }

  /** Before the first read, or under it: at other times it only takes longer. */
  private commitSlowly(): void {
    const { world, random } = this.parts;
    const phase = world.phase();
    if (phase === undefined || phase === 'checking')
      return this.commitOnce({ visibleAfterMs: random.one([50, 500, 2_000]) });
    if (phase !== 'loading') return;
    if (random.chance(0.96)) return this.commitOnce({ asynchronous: true, flushedAfterMs: 10_000 });
    this.befalls('a standby stalls');
    this.commitOnce({ visibleAfterMs: STALL_MS });
  }

  private commitOnce(options: CommitOptions): void {
    const { world } = this.parts;
    const { commitOptions } = world;
    world.commitOptions = () => options;
    world.changes.transaction();
    world.commitOptions = commitOptions;
  }

  private loseForGood(): void {
    const { world, random, onLost } = this.parts;
    const { broker, postgres } = world.servers;
    if (random.chance(0.5)) {
      onLost(true);
      this.befalls('the source is restored');
      postgres.failOver({ lacking: random.below(3), slots: 'kept', system: '7301294857223098113' });
      return;
    }
    const topics = broker.topicNames().filter((name) => /\.(rows|touches)$/.test(name));
    const [topic, partition] = random.one(topics.flatMap((name) => withRecords(broker, name))) ?? [];
    if (topic === undefined || partition === undefined) return;
    onLost(false);
    const isCut = random.chance(0.5);
    this.befalls(isCut ? 'a topic is cut' : 'a topic is made anew');
    if (!isCut) return broker.recreate(topic);
    broker.truncate(topic, partition);
    // Whoever has some of it in memory does not notice.
    broker.redeliver(topic);
  }

  private replace(service: SimService, what: string): void {
    this.befalls(what);
    this.parts.world.kill(service);
    this.parts.world.start(service.role);
  }

  private befalls(name: string): void {
    const { world, observed, count } = this.parts;
    world.kernel.note(name);
    count(name);
    observed.tell({ kind: 'fault', name });
  }
}

/** What is completed is deleted: others wait to be read. */
function withRecords(broker: SimBroker, topic: string): [string, number][] {
  return broker
    .bounds(topic)
    .flatMap(({ low, high }, partition): [string, number][] => (low < high ? [[topic, partition]] : []));
}

/** How transactions of one world commit. */
function commitsOf(random: Random): () => CommitOptions {
  const delayMs = (): number => random.one([0, 5, 50, 500]);
  return random.one<() => CommitOptions>([
    () => ({}),
    () => ({}),
    () => ({ committedAfterMs: delayMs(), visibleAfterMs: delayMs() }),
    () => ({ asynchronous: random.chance(0.5), flushedAfterMs: delayMs() }),
  ]);
}
