import type { RowChange } from '#model';
import type { Source } from '#sources';

/**
 * Transactions that may be in the source's log and not yet visible: a commit is in the log before it is. Those that the
 * capture brings; and, once, all that are in progress when it is first asked, since one of them may have been captured
 * by the process before this one. It is asked after a marker of ours was committed, so none hides above the newest
 * finished one.
 */
export class UnseenTransactions {
  private readonly transactions = new Set<string>();
  private begun = false;

  constructor(private readonly source: Source) {}

  captured(changes: readonly RowChange[]): void {
    let last = '';
    for (const { transaction } of changes) {
      if (transaction === last) continue;
      last = transaction;
      this.transactions.add(transaction);
    }
    if (this.transactions.size > 10_000) this.pruneSoon();
  }

  /** Resolves when all of them are visible to every later read. */
  async wait(wait: (ms: number) => Promise<void>): Promise<void> {
    if (!this.begun) await this.begin();
    const awaited = new Set(this.transactions);
    for (;;) {
      await this.prune();
      if (![...awaited].some((transaction) => this.transactions.has(transaction))) return;
      await wait(20);
    }
  }

  private async begin(): Promise<void> {
    const { inProgress } = await this.source.visibility();
    for (const transaction of inProgress) this.transactions.add(String(transaction));
    this.begun = true;
  }

  private pruning = false;

  private pruneSoon(): void {
    if (this.pruning) return;
    this.pruning = true;
    this.prune()
      .catch(() => undefined)
      .finally(() => {
        this.pruning = false;
      });
  }

  private async prune(): Promise<void> {
    const before = [...this.transactions];
    const visibility = await this.source.visibility();
    for (const transaction of before) if (visibility.finished(transaction)) this.transactions.delete(transaction);
  }
}
