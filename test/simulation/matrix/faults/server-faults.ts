import type { Random } from '../../kernel/index.js';
import type { SimBroker } from '../../log/index.js';
import type { CommitOptions } from '../../source/index.js';
import { befalls, type FaultParts } from './fault-parts.js';

/** A standby that answers after minutes. */
const STALL_MS = 90_000;

/** What befalls the source and the log, and seldom does. */
export class ServerFaults {
  /** What was asked when a topic was made anew. */
  private madeAnew: number | undefined;

  constructor(private readonly parts: FaultParts) {
    parts.world.commitOptions = commitsOf(parts.random);
  }

  /** Asked again and again during a storm. */
  mayBefall(): void {
    const { random } = this.parts;
    if (random.chance(0.8)) this.commitSlowly();
    if (random.chance(0.002)) this.loseForGood();
  }

  end(): void {
    const { world } = this.parts;
    world.commitOptions = () => ({});
    // Where nobody was reading it nobody can tell: see the limits. Whoever did it has the job loaded anew.
    if (this.madeAnew === world.list.number) world.list.askAnew();
  }

  /** Before the first read, or under it: at other times it only takes longer. */
  private commitSlowly(): void {
    const { world, random } = this.parts;
    const phase = world.phase();
    if (phase === undefined || phase === 'checking')
      return this.commitOnce({ visibleAfterMs: random.one([50, 500, 2_000]) });
    if (phase !== 'loading') return;
    if (random.chance(0.96)) return this.commitOnce({ asynchronous: true, flushedAfterMs: 10_000 });
    befalls(this.parts, 'a standby stalls');
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
    if (random.chance(0.3)) {
      onLost(true);
      befalls(this.parts, 'the source is restored');
      postgres.failOver({ lacking: random.below(3), slots: 'kept', system: '7301294857223098113' });
      return;
    }
    const topics = broker.topicNames().filter((name) => /\.(rows|touches)$/.test(name));
    const [topic, partition] = random.one(topics.flatMap((name) => withRecords(broker, name))) ?? [];
    if (topic === undefined || partition === undefined) return;
    onLost(false);
    const isCut = random.chance(0.5);
    befalls(this.parts, isCut ? 'a topic is cut' : 'a topic is made anew');
    if (!isCut) {
      this.madeAnew = world.list.number;
      return broker.recreate(topic);
    }
    broker.truncate(topic, partition);
    // Whoever has some of it in memory does not notice.
    broker.redeliver(topic);
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
