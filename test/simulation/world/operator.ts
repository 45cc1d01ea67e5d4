import type { RareFaults } from '../matrix/faults/rare-faults.js';
import type { Holding } from './holding.js';
import type { Judge } from './judge.js';
import { type Losses, tells } from './losses.js';
import type { SimWorld } from './sim-world.js';

/** Who looks after the job: what cannot go on is mended, and loaded again where that is what it takes. */
export class Operator {
  constructor(
    private readonly world: SimWorld,
    private readonly holding: Holding,
    private readonly judge: Judge,
    private readonly losses: Losses,
    private readonly rare: () => RareFaults,
    private readonly count: (name: string) => void,
  ) {}

  tend(): void {
    const { world, holding, judge, losses } = this;
    const { list, kernel } = world;
    const rare = this.rare();
    holding.tend();
    if (losses.isSetBack && world.isAsAsked() && world.isAtItsEnd()) judge.loaded();
    const { attention } = list;
    // What nothing explains is for the judge.
    if (attention !== undefined && !judge.isExpected(attention)) return;
    const code = attention?.code;
    if (code !== undefined && world.isBounded && tells('retention', code)) losses.add('retention');
    if (code === 'STOPPED_BY_ERROR' && world.mayStopAtErrors) return this.mend();
    if (!losses.isAny || (code === undefined && !rare.isToBeLoadedAnew)) return;
    if (!rare.mend()) return;
    kernel.note(`an operator reads ${code ?? 'nothing'}, and has the job loaded again`);
    if (code !== undefined) this.count(`the job needs a person: ${code}`);
    list.askAnew();
  }

  /** As whoever reads what stopped it. */
  private mend(): void {
    const { world } = this;
    if (!world.servers.postgres.isQuiet() || world.changes.mend()) return;
    world.kernel.note('what stopped the job is mended, and it goes on');
    this.count('the job goes on after a stop by an error');
    world.list.askAgain();
  }
}
