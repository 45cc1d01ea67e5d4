import type { CallFault, SimProcess } from '../../kernel/index.js';
import type { SimService } from '../../world/sim-service.js';
import { AimedFaults } from './aimed-faults.js';
import { ClockFaults } from './clock-faults.js';
import type { FaultParts } from './fault-parts.js';
import { LostAnswers } from './lost-answers.js';
import { MappingFault } from './mapping-fault.js';
import { SchemaFaults } from './schema-faults.js';
import { ServerFaults } from './server-faults.js';
import { Silence } from './silence.js';
import { VerifyMeanwhile } from './verify-meanwhile.js';

/**
 * Faults that hit a certain moment, and those that only the fault matrix asks for. They have random numbers of their own, so that
 * the storm has the same ones without them.
 */
export class RareFaults {
  private readonly aimed: AimedFaults;
  private readonly ofServers: ServerFaults;
  private readonly lostAnswers: LostAnswers;
  private readonly schema: SchemaFaults;
  private readonly mapping: MappingFault;
  private readonly clocks: ClockFaults;
  private readonly silence: Silence;
  private verifying: VerifyMeanwhile | undefined;
  private isReplicaLess = false;

  constructor(private readonly parts: FaultParts) {
    this.aimed = new AimedFaults(parts);
    this.ofServers = new ServerFaults(parts);
    this.lostAnswers = new LostAnswers(parts.random);
    this.schema = new SchemaFaults(parts, parts.random.fork());
    this.mapping = new MappingFault(parts, parts.random.fork());
    this.clocks = new ClockFaults(parts, parts.random.fork());
    this.silence = new Silence(parts, parts.random.fork());
  }

  /** Asked again and again during a storm. */
  mayBefall(): void {
    this.aimed.mayBefall();
    this.ofServers.mayBefall();
    this.schema.mayBefall();
    this.mapping.mayBefall();
    this.clocks.mayBefall();
  }

  /** Whether a load anew would find what the job file names. */
  get isSourceWhole(): boolean {
    return this.schema.isWhole;
  }

  /** What whoever has the job loaded anew does first; false as long as that is not done. */
  mend(): boolean {
    return this.schema.mend();
  }

  /** Somebody has done what nobody else can notice, and knows it. */
  get isToBeLoadedAnew(): boolean {
    return this.ofServers.isToBeLoadedAnew;
  }

  /** Asked for each call during a storm. */
  faultOf(process: SimProcess, label: string): CallFault | undefined {
    return this.lostAnswers.faultOf(process, label) ?? this.silence.faultOf(process, label);
  }

  /** Looks at what is the next to happen. */
  look(process: SimProcess, label: string): void {
    this.aimed.look(process, label);
  }

  /** Changes go on, and faults. `mayOutlastFaults`: a process may begin to stand still, and wake, when other faults have ended. */
  beginStreaming({ mayOutlastFaults }: { mayOutlastFaults: boolean }): void {
    const { world, random } = this.parts;
    this.mapping.beginStreaming();
    // It deletes a row, and a snapshot is of a source that is quiet.
    if (mayOutlastFaults && !world.isSnapshot && random.chance(0.12)) this.aimed.awaitCommit();
    if (random.chance(0.1) && world.phase() === 'streaming') this.verifying = new VerifyMeanwhile(world);
  }

  beginCalm(): void {
    const { world, random } = this.parts;
    this.ofServers.end();
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
    return this.aimed.sleepers.overAtMs;
  }

  /** By somebody, as rows change. */
  get isVerified(): boolean {
    return this.verifying !== undefined;
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
}
