import type { Random } from '../../kernel/index.js';
import type { CommitOptions } from '../../source/index.js';
import { befalls, type FaultParts } from './fault-parts.js';
import { LogFaults } from './log-faults.js';

/** A standby that answers after minutes. */
const STALL_MS = 90_000;

/** What befalls the servers, and seldom does. */
export class ServerFaults {
  private readonly log: LogFaults;

  constructor(private readonly parts: FaultParts) {
    this.log = new LogFaults(parts);
    parts.world.commitOptions = commitsOf(parts.random);
  }

  /** Asked again and again during a storm. */
  mayBefall(): void {
    const { random } = this.parts;
    if (random.chance(0.8)) this.commitSlowly();
    if (random.chance(0.004)) this.loseForGood();
  }

  end(): void {
    const { world } = this.parts;
    world.commitOptions = () => ({});
    this.log.end();
  }

  get isToBeLoadedAnew(): boolean {
    return this.log.isToBeLoadedAnew;
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
    const { postgres } = world.servers;
    if (random.chance(0.15)) {
      onLost('source');
      befalls(this.parts, 'the source is restored');
      postgres.failOver({ lacking: random.below(3), slots: 'kept', system: '7301294857223098113' });
      return;
    }
    this.log.damage();
  }
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
