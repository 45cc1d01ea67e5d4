import type { TransactionSnapshot } from '../../../../libs/sources/postgres/visibility.js';
import type { Kernel, Random, SimProcess } from '../../kernel/index.js';
import { ServerError } from './server-error.js';
import type { SimTable } from './table.js';

/** One connection as the server has it. */
export class Session {
  /** Of its transaction; undefined where there is none. */
  snapshot: TransactionSnapshot | undefined;
  /** Tables that its transaction has read: nobody may empty them before it ends. */
  readonly reads = new Set<SimTable>();
  private ended: ServerError | undefined;
  private readonly whenEnded: ((error: ServerError) => void)[] = [];

  constructor(readonly process: SimProcess) {}

  get isOpen(): boolean {
    return this.ended === undefined;
  }

  throwIfEnded(): void {
    if (this.ended) throw this.ended;
  }

  /** What the server does with whatever the session held. */
  onEnd(run: (error: ServerError) => void): void {
    if (this.ended) run(this.ended);
    else this.whenEnded.push(run);
  }

  end(error: ServerError): void {
    if (this.ended) return;
    this.ended = error;
    this.reads.clear();
    for (const run of this.whenEnded.splice(0)) run(error);
  }
}

/** For how long a connection may be broken before the server notices. */
const NOTICED_MS = 4_000;

/** All connections. One whose process died, or that broke, ends when the server notices. */
export class Sessions {
  private readonly open = new Set<Session>();
  private readonly known = new Set<SimProcess>();

  constructor(
    private readonly kernel: Kernel,
    private readonly random: Random,
  ) {}

  begin(process: SimProcess): Session {
    const session = new Session(process);
    this.open.add(session);
    session.onEnd(() => this.open.delete(session));
    if (!this.known.has(process)) {
      this.known.add(process);
      process.whenDead(() => {
        for (const left of this.of(process)) this.noticeEnd(left);
      });
    }
    return session;
  }

  of(process: SimProcess): Session[] {
    return [...this.open].filter((session) => session.process === process);
  }

  noticeEnd(session: Session): void {
    const delayMs = this.random.chance(0.25) ? NOTICED_MS : 0;
    const end = () => session.end(new ServerError('08006', 'the connection to the client was lost'));
    this.kernel.schedule(this.kernel.servers, `the server notices that ${session.process.name} is gone`, end, delayMs);
  }

  endAll(error: ServerError): void {
    for (const session of [...this.open]) session.end(error);
  }

  isRead(table: SimTable): boolean {
    for (const session of this.open) if (session.reads.has(table)) return true;
    return false;
  }
}
