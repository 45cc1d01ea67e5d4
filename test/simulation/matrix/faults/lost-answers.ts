import type { CallFault, Random, SimProcess } from '../../kernel/index.js';

const SHARE = { first: 0.03, again: 0.8 };
const IS_COMMIT = /^store commit (rows|touches)$/;

/** Commits whose answer is lost, and mostly that of the next try as well: by chance alone two in a row are too rare. */
export class LostAnswers {
  private readonly lost = new Set<string>();

  constructor(private readonly random: Random) {}

  faultOf({ name }: SimProcess, label: string): CallFault | undefined {
    if (!IS_COMMIT.test(label)) return undefined;
    const call = `${name} ${label}`;
    const isLost = this.random.chance(this.lost.has(call) ? SHARE.again : SHARE.first);
    if (isLost) this.lost.add(call);
    else this.lost.delete(call);
    return isLost ? 'unanswered' : undefined;
  }
}
