import type { RowChange } from '#model';
import type { Source } from '#sources';

/**
 * Transactions that may be in the source's log and not yet visible: a commit is in the log before it is. Begun with all
 * that were in progress when this process started, since it may be one of them that was captured before; then those that
 * the capture brings.
 */
export class UnseenTransactions {
  private readonly transactions = new Set<string>();

  constructor(private readonly source: Source) {}

  async begin(): Promise<void> {
    const { inProgress } = await this.source.visibility();
    for (const transaction of inProgress) this.transactions.add(String(transaction));
  }

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
    const awaited = new Set(this.transactions);
    for (;;) {
      await this.prune();
      if (![...awaited].some((transaction) => this.transactions.has(transaction))) return;
      await wait(20);
    }
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
