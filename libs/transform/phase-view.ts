import { JOB, JOB_ID } from '#stage';
import type { StoreReader } from '#store';

/** Whether the incarnation is still loading. Once it is not, it never is again, and nobody asks any more. */
export class PhaseView {
  private left = false;

  constructor(
    private readonly read: StoreReader,
    private readonly incarnation: number,
  ) {}

  async loading(): Promise<boolean> {
    if (this.left) return false;
    const job = await this.read.byId(JOB, JOB_ID, { fields: ['loading', 'incarnation'] });
    this.left = !(job?.loading === true && job.incarnation === this.incarnation);
    return !this.left;
  }
}
