import type { ReplicationHandler } from '../../../../libs/sources/postgres/replication-stream.js';
import type { Kernel, Random } from '../../kernel/index.js';
import { encodeTransaction, type Published } from './pgoutput-encoder.js';
import { ServerError } from './server-error.js';
import type { Session } from './sessions.js';
import type { Slot } from './slots.js';
import type { SimTable } from './table.js';
import type { TableShape } from './table-shape.js';
import type { Wal, WalTransaction } from './wal.js';

/** What a stream reads, and whom it tells. */
export interface WalSenderParts {
  kernel: Kernel;
  random: Random;
  wal: Wal;
  /** As it is when a transaction is decoded; throws where it is not there. */
  publication(transaction: WalTransaction): Published;
  receiver: ReplicationHandler & { isPaused(): boolean };
  /** Of messages sent at once. */
  mostMessages: number;
  /** So long it takes at most until the next of them are decoded. */
  decodesWithinMs(): number;
}

type Sent = { messages: Buffer[] } | { walEnd: bigint };

/**
 * One START_REPLICATION. It sends a part of what is flushed, which arrives in a later event, and then goes on: so whatever
 * it sends arrives in order, and one who does not read holds it back.
 */
export class WalSender {
  private readonly described = new Map<SimTable, TableShape>();
  private readonly from: bigint;
  private index = 0;
  /** Of the transaction that is being sent, what is left. */
  private pending: Buffer[] = [];
  private sentEnd: bigint;
  private isBusy = false;
  private ended: ServerError | undefined;

  constructor(
    private readonly parts: WalSenderParts,
    private readonly session: Session,
    slot: Slot,
  ) {
    this.from = slot.confirmedLsn;
    this.sentEnd = this.from;
    session.onEnd((error) => this.end(error));
  }

  /** A part of a transaction was sent, and a part was not. */
  get isWithinTransaction(): boolean {
    return this.pending.length > 0;
  }

  /** Goes on where there is anything to send. */
  pump(): void {
    const { kernel, random, receiver, wal, decodesWithinMs } = this.parts;
    if (this.isBusy || !this.session.isOpen || receiver.isPaused()) return;
    if (this.pending.length === 0 && this.sentEnd >= wal.flushed) return;
    this.isBusy = true;
    const withinMs = decodesWithinMs();
    const delayMs = withinMs > 0 ? random.below(withinMs) : 0;
    kernel.schedule(kernel.servers, `the stream of ${this.session.process.name} is sent`, () => this.send(), delayMs);
  }

  private send(): void {
    const { kernel } = this.parts;
    let sent: Sent = { messages: [] };
    try {
      if (this.session.isOpen) sent = this.take();
    } catch (error) {
      this.session.end(error as ServerError);
    }
    kernel.schedule(this.session.process, '← stream', () => {
      this.isBusy = false;
      this.arrive(sent);
      if (this.ended) this.parts.receiver.ended(this.ended);
      else this.pump();
    });
  }

  private arrive(sent: Sent): void {
    const { receiver, kernel } = this.parts;
    if ('walEnd' in sent) receiver.keepalive(sent.walEnd, kernel.now());
    else for (const message of sent.messages) receiver.message(message, 0);
    receiver.readEnd();
  }

  private take(): Sent {
    const { random, mostMessages, wal } = this.parts;
    const most = random.between(1, mostMessages);
    const messages: Buffer[] = [];
    while (messages.length < most) {
      if (this.pending.length === 0 && !this.decodeNext()) break;
      messages.push(...this.pending.splice(0, most - messages.length));
    }
    if (messages.length > 0) return { messages };
    this.sentEnd = wal.flushed;
    return { walEnd: wal.flushed };
  }

  /** False at the end of what is flushed. */
  private decodeNext(): boolean {
    const { wal, publication } = this.parts;
    const transaction = wal.transactions[this.index];
    if (!transaction || transaction.endLsn > wal.flushed) return false;
    this.index++;
    if (transaction.commitLsn < this.from) return true;
    this.pending = encodeTransaction(transaction, publication(transaction), this.described);
    if (this.pending.length > 0) this.sentEnd = transaction.endLsn;
    return true;
  }

  private end(error: ServerError): void {
    this.ended = error;
    if (this.isBusy) return;
    this.parts.kernel.schedule(this.session.process, '← the stream ends', () => this.parts.receiver.ended(error));
  }
}
