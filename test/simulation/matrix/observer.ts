import type { Model } from '../workload/index.js';
import type { Happening, Reach } from './happening.js';
import { Stage } from './stage.js';
import { Batches } from './watches/batches.js';
import { CaptureWatch } from './watches/captures.js';
import { ClientWatch } from './watches/clients.js';
import { ClockWatch } from './watches/clocks.js';
import { CrashWatch } from './watches/crashes.js';
import { FormerOwnerWatch } from './watches/former-owners.js';
import { MappingWatch } from './watches/mapping.js';
import { OperatorWatch } from './watches/operators.js';
import { FanOutWatch, type Move, RelationWatch } from './watches/relations.js';
import { SchemaWatch } from './watches/schema.js';
import { SourceWatch } from './watches/source.js';
import { StagedRowWatch } from './watches/staged-rows.js';
import { TargetWatch } from './watches/target.js';
import { ValueWatch } from './watches/values.js';

/** Decides from what happens in a simulated world which rows of the fault matrix did. It changes nothing and draws nothing. */
export class Observer {
  /** How many transactions have changed staged rows. */
  stagings = 0;
  private readonly batches = new Batches();
  private readonly stage: Stage;
  private readonly relations: RelationWatch;
  private readonly fanOuts: FanOutWatch;
  private readonly stagedRows: StagedRowWatch;
  private readonly values: ValueWatch;
  private readonly captures: CaptureWatch;
  private readonly watches;

  constructor(model: Pick<Model, 'tables'>, reach: Reach) {
    const { batches } = this;
    this.stage = new Stage(model);
    this.relations = new RelationWatch(this.stage, batches, reach);
    this.fanOuts = new FanOutWatch(this.stage, batches, reach);
    this.stagedRows = new StagedRowWatch(this.stage, batches, reach);
    this.values = new ValueWatch(this.stage, reach);
    this.captures = new CaptureWatch(reach);
    this.watches = [
      new CrashWatch(batches, reach),
      new FormerOwnerWatch(batches, reach),
      this.relations,
      this.fanOuts,
      this.stagedRows,
      new TargetWatch(reach),
      new SourceWatch(batches, reach),
      this.captures,
      new ClientWatch(reach),
      new ClockWatch(reach),
      new MappingWatch(reach),
      new OperatorWatch(reach),
      new SchemaWatch(reach),
    ];
  }

  /** The process that has handed changes to the log, and has no answer yet. */
  capturing(): string | undefined {
    return this.captures.appending();
  }

  /** A process in the midst of a fan-out. */
  sweeping(): string | undefined {
    return this.fanOuts.sweeping();
  }

  /** A row that was moved on the stage, and whose roots are not touched yet; and who staged it. */
  moving(): { process: string; move: Move } | undefined {
    return this.relations.moving();
  }

  /** In the order in which it happened. */
  tell(happening: Happening, atMs: number): void {
    if (happening.kind === 'planned') this.stage.planned(happening.plan);
    for (const watch of this.watches) watch.see(happening, atMs);
    this.batches.see(happening);
    if (happening.kind !== 'committed') return;
    const { by, changes } = happening;
    const effects = this.stage.take(changes);
    if (effects.length > 0) this.stagings++;
    this.relations.staged(by, changes, effects);
    this.fanOuts.staged(effects);
    this.stagedRows.staged(changes, effects);
    this.values.staged(effects);
  }
}
