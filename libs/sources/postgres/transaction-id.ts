/**
 * The log tells a transaction by 32 bits; visibility is asked by 64. All transactions that a log still holds lie within
 * 2^31 of one another (PostgreSQL itself compares them so), hence the one meant is the nearest to any of them that is
 * known in full. Each answer is the next one's reference, so that a stream may run through any number of epochs.
 */
export class TransactionIds {
  private reference: bigint;

  /** `reference`: any full transaction id of now, as `pg_current_snapshot()` gives it. */
  constructor(reference: bigint) {
    this.reference = reference;
  }

  widen(xid: number): string {
    const distance = (xid - Number(this.reference & 0xffff_ffffn)) | 0;
    const full = this.reference + BigInt(distance);
    this.reference = full < 3n ? BigInt(xid) : full;
    return this.reference.toString();
  }
}
