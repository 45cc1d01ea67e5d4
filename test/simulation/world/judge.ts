import type { MillraceError } from '#errors';
import { Laws } from '../laws/laws.js';
import { BORN, collectionNamed, isContended } from '../workload/index.js';
import { Deletions } from './deletions.js';
import { Departures, staysAwayIn } from './departures.js';
import { Failures } from './failures.js';
import { type Losses, tells } from './losses.js';
import { Monotony } from './monotony.js';
import { Shapes } from './shapes.js';
import { type SimWorld, STATE } from './sim-world.js';

/** What must always hold of a world, and what must once nothing is on its way any more. */
export class Judge {
  private readonly monotony: Monotony;
  private readonly shapes: Shapes;
  private readonly laws: Laws;
  private readonly deletions: Deletions;
  private readonly failures: Failures;

  constructor(
    private readonly world: SimWorld,
    private readonly losses: Losses,
  ) {
    const { model, servers } = world;
    const mayComeBack = (name: string) => isContended(model, collectionNamed(model, name));
    const staysAway = staysAwayIn(model);
    const departures = new Departures((...place) => !world.isMappingChanged && staysAway(...place));
    this.monotony = new Monotony(servers.mongo, 'target', world.versions, mayComeBack, departures);
    this.shapes = new Shapes(servers.mongo, 'target', model);
    this.laws = new Laws({ ...servers, state: STATE });
    this.failures = new Failures(servers.mongo, STATE, () => world.list.number);
    this.deletions = new Deletions(servers.mongo, 'target', model);
  }

  /** What was broken so far, or needs a person without a reason. */
  wrong(): string | undefined {
    const { world, monotony, losses } = this;
    if (world.failure !== undefined)
      return `a service failed: ${world.failure instanceof Error ? world.failure.stack : String(world.failure)}`;
    const attention =
      world.list.attention ?? world.services.find((service) => service.attention !== undefined)?.attention;
    if (attention !== undefined && !this.isExpected(attention)) return `the job needs a person: ${attention.stack}`;
    if (monotony.backwards.length > 0 && !losses.isSetBack) return `a document went back: ${monotony.backwards[0]}`;
    return (world.isMappingChanged ? undefined : this.shapes.broken) ?? this.laws.broken;
  }

  /** Whether a person, or who says a command, may be told this. */
  isExpected({ code, message }: MillraceError): boolean {
    const { world, losses } = this;
    if (code === 'STOPPED_BY_ERROR') {
      const documents = Number.parseInt(message, 10);
      return documents >= world.mostErrors && documents <= this.failures.count;
    }
    return losses.excuse(code) || (world.isBounded && tells('retention', code));
  }

  /** Of a job at rest: what its documents, letters and stage are, and should not be. */
  differences(): string[] {
    const apart = this.world.differences();
    if (apart.length > 0) return apart;
    const deleted = this.deletedTooMany();
    return deleted.length > 0 ? deleted : this.laws.stageDifferences();
  }

  /** It rises with all that could have changed them, but for the source. */
  get changes(): number {
    return this.world.commits + this.laws.stagings;
  }

  /** A load anew is there and complete: from now on no document goes back, as some did with the source. */
  loaded(): void {
    if (!this.losses.loaded()) return;
    this.monotony.beginAnew(this.world.model.collections.map(({ name }) => name));
    this.deletions.beginAnew();
  }

  /** From now on somebody else writes to the target, too. */
  expectStrangers(): void {
    this.shapes.end();
    this.deletions.end();
  }

  /** What a stranger has deleted is to come back. */
  expectRepairs(): void {
    this.monotony.excuseDeleted();
  }

  /** From now on an operator's corrections say what belongs. */
  expectCorrections(): void {
    this.monotony.excuseReturns();
  }

  private deletedTooMany(): string[] {
    const { world, losses, deletions } = this;
    if (world.isMappingChanged || losses.isSetBack) return [];
    return deletions.wrong((table) => new Set(world.servers.postgres.rows(table).map((row) => String(row[BORN]))));
  }
}
