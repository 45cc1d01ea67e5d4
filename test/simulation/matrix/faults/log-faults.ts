import type { Bounds } from '../../log/index.js';
import type { Loss } from '../../world/losses.js';
import { befalls, type FaultParts } from './fault-parts.js';

type Place = [topic: string, partition: number];

const MOST_LOST = 3;

/** The log is not what the job needs any more, each time in another way. */
export class LogFaults {
  /** How many loads had been asked for when something was lost that maybe nobody can tell. */
  private lostAt: number | undefined;
  private isOver = false;

  constructor(private readonly parts: FaultParts) {}

  damage(): void {
    const { random } = this.parts;
    random.one([
      () => this.cut(),
      () => this.makeAnew(),
      () => this.electUnclean(),
      () => this.addPartition(),
      () => this.lapse('the offsets of a job that was stopped expire'),
      () => this.lapse('somebody resets the offsets of a job that was stopped'),
    ])();
  }

  end(): void {
    this.isOver = true;
  }

  /**
   * Where nobody was reading a topic that was made anew, or what an election has lost, nobody can tell: see the limits. Whoever did it has
   * the job loaded anew.
   */
  get isToBeLoadedAnew(): boolean {
    return this.isOver && this.lostAt === this.parts.world.list.loads;
  }

  /** What is completed is deleted: others wait to be read. */
  private cut(): void {
    const [topic, partition] = this.place(({ low, high }) => low < high) ?? [];
    if (topic === undefined || partition === undefined) return;
    const { broker } = this.parts.world.servers;
    this.befalls('a topic is cut');
    broker.truncate(topic, partition);
    // Whoever has some of it in memory does not notice.
    broker.redeliver(topic);
  }

  private makeAnew(): void {
    const [topic] = this.place(({ low, high }) => low < high) ?? [];
    if (topic === undefined) return;
    this.befalls('a topic is made anew');
    this.lostAt = this.parts.world.list.loads;
    this.parts.world.servers.broker.recreate(topic);
  }

  private electUnclean(): void {
    const [topic, partition] = this.place(({ high }) => high > 0) ?? [];
    if (topic === undefined || partition === undefined) return;
    const { world, random } = this.parts;
    this.befalls('a copy that lags becomes the leader');
    this.lostAt = world.list.loads;
    world.servers.broker.electUnclean(topic, partition, random.between(1, MOST_LOST));
  }

  /** Services begin again then, and make sure of their topics. */
  private addPartition(): void {
    const [topic] = this.place(() => true) ?? [];
    if (topic === undefined) return;
    this.befalls('a topic gets another partition', 'log');
    this.whileAllAreStopped(() => this.parts.world.servers.broker.addPartition(topic));
  }

  /** All services stop, so that no group has members; when they begin again their offsets are not what they were. */
  private lapse(how: string): void {
    const topics = this.topics();
    if (topics.length === 0) return;
    const { world, random } = this.parts;
    const { broker } = world.servers;
    this.befalls(how, 'log');
    const isExpired = how.endsWith('expire');
    this.whileAllAreStopped(() => {
      for (const group of topics.flatMap((topic) => broker.groupsOf(topic))) {
        if (group.members.length > 0) continue;
        if (isExpired) group.expire();
        else for (const [partition, offset] of group.committed) group.setOffset(partition, random.below(offset + 1));
      }
    });
  }

  private whileAllAreStopped(run: () => void): void {
    const { world } = this.parts;
    const stopped = [...world.services];
    for (const service of stopped) {
      world.kill(service);
      world.servers.broker.drop(service.process);
    }
    run();
    for (const { role } of stopped) world.start(role);
  }

  private befalls(what: string, loss: Loss = 'records'): void {
    this.parts.onLost(loss);
    befalls(this.parts, what);
  }

  private place(isWanted: (bounds: Bounds) => boolean): Place | undefined {
    const { broker } = this.parts.world.servers;
    const places = this.topics().flatMap((topic) =>
      broker.bounds(topic).flatMap((bounds, partition): Place[] => (isWanted(bounds) ? [[topic, partition]] : [])),
    );
    return this.parts.random.one(places);
  }

  private topics(): string[] {
    return this.parts.world.servers.broker.topicNames().filter((name) => /\.(rows|touches)$/.test(name));
  }
}
