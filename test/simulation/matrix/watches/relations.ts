import { type CommittedChange, fieldOf, type Sender } from '../../store/index.js';
import type { Batch, Happening, Reach, Watch } from '../happening.js';
import type { Effect, Stage, StagedImage } from '../stage.js';
import { type Batches, fenceOf } from './batches.js';

/** A row that leads somewhere else than before. */
export interface Move {
  table: string;
  key: string;
  place: number;
  from: string;
  to: string;
}

/** What a batch has staged and not yet touched. */
interface Untouched {
  moves: readonly Move[];
  effects: readonly Effect[];
}

/** F7, F15 to F19: rows that refer to one another, staged in orders that are not the source's. */
export class RelationWatch implements Watch {
  /** By where they lead: the position of a row that was staged while what it refers to was not there. */
  private readonly dangling = new Map<string, string>();
  private readonly untouched = new Map<Batch, Untouched>();
  private readonly lastMoves = new Map<string, { move: Move; process: string }>();

  constructor(
    private readonly stage: Stage,
    private readonly batches: Batches,
    private readonly reach: Reach,
  ) {}

  see(happening: Happening): void {
    if (happening.kind === 'batch completed') this.untouched.delete(happening.batch);
    if (happening.kind === 'killed') this.forget(happening.process);
  }

  moving(): { process: string; move: Move } | undefined {
    for (const [{ process }, { moves }] of this.untouched) for (const move of moves) return { process, move };
    return undefined;
  }

  /** After the stage has taken it in. */
  staged(by: Sender, changes: readonly CommittedChange[], effects: readonly Effect[]): void {
    for (const effect of effects) {
      this.arrives(effect);
      this.leaves(effect);
    }
    const moves = effects.flatMap((effect) => this.movesOf(effect));
    for (const move of moves) this.movesAgain(by.process, move);
    const fence = fenceOf(changes);
    const held = fence && this.batches.currentOf(by.process, fence.kind, fence.partition);
    if (held === undefined || this.batches.isLoading) return;
    const own = { moves, effects };
    for (const [batch, other] of this.untouched) if (batch !== held.batch) this.meet(own, other);
    const before = this.untouched.get(held.batch);
    this.untouched.set(held.batch, {
      moves: [...(before?.moves ?? []), ...moves],
      effects: [...(before?.effects ?? []), ...effects],
    });
  }

  private arrives({ table, key, before, after }: Effect): void {
    if (after.isGone) return;
    for (const { child, parent, place } of this.stage.edges) {
      const to = child === table ? after.references[place] : undefined;
      if (to !== undefined && this.stage.present(parent, to) === undefined)
        this.dangling.set(`${parent} ${to}`, after.at);
    }
    const referringAt = this.dangling.get(`${table} ${key}`);
    if (referringAt === undefined || (before !== undefined && !before.isGone)) return;
    this.dangling.delete(`${table} ${key}`);
    if (after.at === '' || this.stage.referring(table, key).next().done === true) return;
    this.reach(referringAt > after.at ? 'F7' : 'F18');
  }

  private leaves({ table, key, before, after }: Effect): void {
    const isGoing = after.isGone && before !== undefined && !before.isGone;
    if (isGoing && this.stage.referring(table, key).next().done !== true) this.reach('F19');
  }

  private movesOf({ table, key, before, after }: Effect): Move[] {
    if (before === undefined || before.isGone || after.isGone) return [];
    return after.references.flatMap((to, place) => {
      const from = before.references[place];
      return from !== undefined && to !== undefined && from !== to ? [{ table, key, place, from, to }] : [];
    });
  }

  private movesAgain(process: string, move: Move): void {
    const name = `${move.table} ${move.key} ${move.place}`;
    const last = this.lastMoves.get(name);
    this.lastMoves.set(name, { move, process });
    if (last === undefined || last.process === process || !this.batches.isGone(last.process)) return;
    if (last.move.to === move.from && last.move.from !== move.to) this.reach('F17');
  }

  private meet(one: Untouched, other: Untouched): void {
    for (const [mine, theirs] of [
      [one, other],
      [other, one],
    ] as const)
      for (const move of mine.moves) this.meetsMove(move, theirs.effects);
  }

  private meetsMove(move: Move, effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.after.isGone) continue;
      const isNew = effect.before === undefined || effect.before.isGone;
      const to = effect.after.references[move.place];
      const isSibling = effect.table === move.table && effect.key !== move.key && (to === move.from || to === move.to);
      if (isNew && isSibling) this.reach('F15');
      if (this.refersTo(effect.table, effect.after, move)) this.reach('F16');
    }
  }

  private refersTo(child: string, row: StagedImage, { table, key }: Move): boolean {
    return this.stage.edges.some(
      (edge) => edge.child === child && edge.parent === table && row.references[edge.place] === key,
    );
  }

  private forget(process: string): void {
    for (const batch of this.untouched.keys()) if (batch.process === process) this.untouched.delete(batch);
  }
}

/** A fan-out that is at work, in the midst of its roots. */
interface Sweep {
  process: string;
  images: readonly { table: number; key: string }[];
  run: unknown;
}

/** F5, F20, F21: look-up rows with very many roots, which are touched page by page. */
export class FanOutWatch implements Watch {
  private readonly sweeps = new Map<string, Sweep>();

  constructor(
    private readonly stage: Stage,
    private readonly batches: Batches,
    private readonly reach: Reach,
  ) {}

  see(happening: Happening): void {
    if (happening.kind === 'committed')
      for (const change of happening.changes)
        if (change.collection.startsWith('tasks_')) this.moved(happening.by.process, change);
    if (happening.kind !== 'killed' && happening.kind !== 'session over') return;
    if (this.batches.isGone(happening.process)) return;
    for (const { process } of this.sweeps.values()) if (process === happening.process) this.reach('F5');
  }

  sweeping(): string | undefined {
    for (const { process } of this.sweeps.values()) return process;
    return undefined;
  }

  staged(effects: readonly Effect[]): void {
    if (this.sweeps.size === 0) return;
    for (const { table, before, after } of effects) {
      for (const edge of this.stage.edges) {
        const to = edge.child === table ? after.references[edge.place] : undefined;
        if (to === undefined || before?.references[edge.place] === to) continue;
        if (this.isSwept(edge.parent, to)) this.reach('F21');
      }
    }
  }

  private moved(process: string, { collection, _id, before, after }: CommittedChange): void {
    const name = `${collection} ${String(_id)}`;
    const isInTheMidst = after !== undefined && fieldOf(after, 'cursor') !== null;
    if (!isInTheMidst) {
      this.sweeps.delete(name);
      return;
    }
    const run = fieldOf(after, 'run');
    const isRenewed = before !== undefined && fieldOf(before, 'run') !== run;
    if (isRenewed) this.reach('F20');
    const tasks = fieldOf(after, 'tasks') as { image: { table: number; key: string } }[];
    const worker = isRenewed ? (this.sweeps.get(name)?.process ?? process) : process;
    this.sweeps.set(name, { process: worker, images: tasks.map(({ image }) => image), run });
  }

  private isSwept(table: string, key: string): boolean {
    for (const { images } of this.sweeps.values())
      for (const image of images)
        if (this.stage.nameOf(image.table) === table && this.stage.byId(table, image.key)?.key === key) return true;
    return false;
  }
}
