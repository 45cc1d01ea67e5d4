import type { TransactionSnapshot } from '../../../../libs/sources/postgres/visibility.js';
import type { CaptureHealth } from '#sources';
import type { Random } from '../../kernel/index.js';
import { ServerError } from './server-error.js';
import type { Session } from './sessions.js';
import { SlotCreation } from './slot-creation.js';
import type { Transactions } from './transactions.js';
import type { Wal } from './wal.js';

/** A logical replication slot. */
export class Slot {
  /** Who streams from it, or makes it. */
  user: Session | undefined;
  lost: string | undefined;
  /** What a server that starts again still knows. */
  private savedLsn: bigint;

  constructor(
    readonly name: string,
    public confirmedLsn: bigint,
  ) {
    this.savedLsn = confirmedLsn;
  }

  /** `isSaved`: it came to be written to the disk with it. */
  confirm(lsn: bigint, isSaved: boolean): void {
    if (lsn > this.confirmedLsn) this.confirmedLsn = lsn;
    if (isSaved) this.savedLsn = this.confirmedLsn;
  }

  startAgain(): void {
    this.confirmedLsn = this.savedLsn;
  }
}

/** What making a slot gives: its consistent point, and the snapshot that shows exactly what is not streamed from it. */
export interface CreatedSlot {
  point: bigint;
  snapshot: TransactionSnapshot;
}

/** Told of each slot when it is made, and of each position when it is confirmed. */
export interface SlotListener {
  made(slot: string, point: bigint): void;
  confirmed(slot: string, lsn: bigint): void;
}

export class Slots {
  private readonly slots = new Map<string, Slot>();
  private readonly listeners: SlotListener[] = [];

  constructor(
    private readonly wal: Wal,
    private readonly transactions: Transactions,
    private readonly random: Random,
  ) {}

  listen(listener: SlotListener): void {
    this.listeners.push(listener);
  }

  get(name: string): Slot | undefined {
    return this.slots.get(name);
  }

  names(): string[] {
    return [...this.slots.keys()];
  }

  /** Gives undefined until the slot is made, which waits for all transactions that run. Whoever makes it may vanish before. */
  create(session: Session, name: string): () => CreatedSlot | undefined {
    if (this.slots.has(name)) throw new ServerError('42710', `the slot ${name} exists`);
    const slot = new Slot(name, this.wal.inserted);
    slot.user = session;
    this.slots.set(name, slot);
    let isMade = false;
    session.onEnd(() => !isMade && this.slots.get(name) === slot && this.slots.delete(name));
    const creation = new SlotCreation(this.wal, this.transactions);
    return () => {
      const created = creation.attempt();
      if (!created) return undefined;
      isMade = true;
      slot.user = undefined;
      slot.confirm(created.point, true);
      for (const listener of this.listeners) listener.made(name, created.point);
      return created;
    };
  }

  /** For one session at a time. */
  use(session: Session, name: string): Slot {
    const slot = this.slots.get(name);
    if (!slot) throw new ServerError('42704', `the slot ${name} does not exist`);
    if (slot.user) throw new ServerError('55006', `the slot ${name} is in use`);
    if (slot.lost) throw new ServerError('55000', `the slot ${name} was invalidated`);
    slot.user = session;
    session.onEnd(() => {
      if (slot.user === session) slot.user = undefined;
    });
    return slot;
  }

  confirm(session: Session, slot: Slot, lsn: bigint): void {
    if (slot.user !== session) return;
    slot.confirm(lsn, this.random.chance(0.5));
    for (const listener of this.listeners) listener.confirmed(slot.name, lsn);
  }

  drop(name: string): void {
    const slot = this.slots.get(name);
    if (!slot) throw new ServerError('42704', `the slot ${name} does not exist`);
    if (slot.user) throw new ServerError('55006', `the slot ${name} is in use`);
    this.slots.delete(name);
  }

  lose(name: string, reason: string): void {
    const slot = this.slots.get(name);
    if (!slot) return;
    slot.lost = reason;
    slot.user?.end(new ServerError('57P01', 'terminated to release its slot'));
  }

  endUser(name: string): void {
    this.slots.get(name)?.user?.end(new ServerError('57P01', 'terminated by an administrator'));
  }

  health(name: string): CaptureHealth {
    const slot = this.slots.get(name);
    if (!slot) return { exists: false, retainedBytes: 0 };
    const retainedBytes = Math.max(0, Number(this.wal.inserted - slot.confirmedLsn));
    return { exists: true, retainedBytes, ...(slot.lost ? { lost: slot.lost } : {}) };
  }

  startAgain(): void {
    for (const slot of this.slots.values()) slot.startAgain();
  }

  clear(): void {
    this.slots.clear();
  }
}
