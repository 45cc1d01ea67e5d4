import { MillraceError } from '#errors';
import type { CorrectedRow, JobCommands, LetterSummary, LetterView } from '#job';
import type { Random } from '../kernel/index.js';
import { BAD, CODE, EDGE, NUMBER } from '../workload/index.js';
import { commanded } from './commanded.js';
import type { CompletionParts } from './completion.js';

interface Parts extends Pick<CompletionParts, 'world' | 'mostSteps' | 'count'> {
  /** Waits until all is as it should be. */
  comesToRest(): Promise<void>;
  /** From now on a correction says what belongs. */
  onCorrection(): void;
}

const NEVER = new AbortController().signal;
const OPERATOR = 'operator';
/** Of an `_id` that another row has: such a letter is not discarded, since the row would not get the `_id` once it is free. */
const WAITING = 'ID_TAKEN';
const MOST = 4;
const MOST_TRANSACTIONS = 4;

/** What an operator does about the dead letters of a job at rest: nothing, or what a correction makes of the row is in the documents afterwards. */
export class LetterWork {
  constructor(
    private readonly parts: Parts,
    private readonly random: Random,
    private readonly options: { mayDiscard: boolean },
  ) {}

  /** Changes of the source and a process that is killed may come between; a correction is of a row that is known to be as it is in the source. */
  async happen(): Promise<void> {
    for (let i = this.random.between(1, MOST); i > 0; i--) {
      const letters = await this.command((job) => job.listLetters());
      if (letters.length === 0) return;
      await this.deal(this.random.one(letters), letters);
      if (this.random.chance(0.2)) this.killOne();
      this.change();
      await this.parts.comesToRest();
    }
  }

  private change(): void {
    const { world } = this.parts;
    if (world.isSnapshot || this.random.chance(0.5)) return;
    for (let i = this.random.below(MOST_TRANSACTIONS); i > 0; i--) world.changes.transaction();
  }

  private async deal(letter: LetterSummary, letters: readonly LetterSummary[]): Promise<void> {
    const ways = [
      () => this.replay({ ids: [letter.id], all: false, dryRun: false }),
      () => (this.random.chance(0.5) ? this.try(letters) : this.replay({ ids: [], all: true, dryRun: false })),
      () => this.edit(letter),
      () => this.edit(letter),
      ...(this.options.mayDiscard && letter.code !== WAITING ? [() => this.discard(letter)] : []),
    ];
    try {
      await this.random.one(ways)();
    } catch (error) {
      // What has cleared it since was on its way.
      if (!(error instanceof MillraceError) || error.code !== 'LETTER_UNKNOWN') throw error;
    }
  }

  private async replay(options: { ids: string[]; all: boolean; dryRun: boolean }): Promise<void> {
    const report = await this.command((job) => job.replayLetters(options, OPERATOR, NEVER));
    this.parts.count('letters are replayed');
    const { replayed, cleared, remaining } = report;
    if (replayed !== cleared + remaining) throw new Error(`of a replay: ${JSON.stringify(report)}`);
  }

  /** For show. At rest no document can be made where none could: only what the target refuses is made here all the same. */
  private async try(letters: readonly LetterSummary[]): Promise<void> {
    const options = { ids: [], all: true, dryRun: true };
    const { documents = [] } = await this.command((job) => job.replayLetters(options, OPERATOR, NEVER));
    this.parts.count('letters are tried for show');
    const refused = letters.filter(({ code }) => code !== WAITING && !code.startsWith('TARGET_')).map(({ id }) => id);
    const wrong = documents.filter(({ id, code }) => refused.includes(id) && code === undefined);
    if (wrong.length > 0) throw new Error(`a replay would write ${JSON.stringify(wrong)}`);
    // What was on its way has made some and cleared others meanwhile.
    const now = await this.command((job) => job.listLetters());
    const stayed = letters.filter(({ id }) => now.some((each) => each.id === id));
    if (!stayed.every(({ id }) => documents.some((each) => each.id === id)))
      throw new Error(`of ${letters.length} letters: ${JSON.stringify(documents)}`);
  }

  private async edit({ id }: LetterSummary): Promise<void> {
    const { world, count } = this.parts;
    const view = await this.command((job) => job.showLetter(id));
    const columns = this.correction(view);
    this.parts.onCorrection();
    let corrected: CorrectedRow;
    try {
      corrected = await this.command((job) => job.editLetter(id, columns, OPERATOR));
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code !== 'EDIT_REFUSED') throw error;
      count('a correction is refused');
      return;
    }
    const { table, row } = corrected;
    world.documents.correct(table.replace(/^public\./, ''), row, columns);
    count('a row is corrected');
    if (this.random.chance(0.2)) this.killOne();
    if (this.random.chance(0.3)) this.change();
    await this.replay({ ids: [id], all: false, dryRun: false });
  }

  private correction({ row }: LetterView): Record<string, string | null> {
    const values: Record<string, string | null> = {
      [NUMBER]: String(this.random.below(BAD)),
      [CODE]: this.random.one(['a', 'b', null]),
      [EDGE]: '1.5',
    };
    const name = this.random.one([NUMBER, CODE, EDGE].filter((each) => row?.[each] !== undefined));
    return { [name]: values[name] ?? null };
  }

  private async discard({ id, collection }: LetterSummary): Promise<void> {
    const { discarded } = await this.command((job) => job.discardLetters([id], undefined, OPERATOR));
    if (discarded === 0) return;
    this.parts.world.documents.discard(collection);
    this.parts.count('a letter is discarded');
  }

  private killOne(): void {
    const { world } = this.parts;
    const service = world.any();
    world.kill(service);
    world.start(service.role);
  }

  private command<T>(work: (job: JobCommands) => Promise<T>): Promise<T> {
    return commanded(this.parts.world, work, this.parts.mostSteps);
  }
}
