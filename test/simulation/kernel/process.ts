/**
 * Something of the simulated world that runs by itself: a service, or a server. What it does next is one of its events. While
 * it stands still (SIGSTOP, a pause of its event loop) none of them happens; once it is dead they never do, and whoever waited
 * for one in it waits for ever, as code does in a process that was killed.
 */
export class SimProcess {
  state: 'running' | 'standing still' | 'dead' = 'running';
  /** Above 0, up to 1: how often it gets its turn, compared with others. */
  pace = 1;
  /** By how much its time of day is off. */
  clockMs = 0;
  private readonly onDeath: (() => void)[] = [];
  private readonly onChange: (() => void)[] = [];

  constructor(readonly name: string) {}

  get isDead(): boolean {
    return this.state === 'dead';
  }

  standStill(): void {
    if (this.state === 'running') this.become('standing still');
  }

  goOn(): void {
    if (this.state === 'standing still') this.become('running');
  }

  /** As servers see it: its connections end. */
  whenDead(run: () => void): void {
    if (this.isDead) run();
    else this.onDeath.push(run);
  }

  /** Told each time that it stands still, goes on or dies: by silence servers notice the first one, too. */
  whenChanged(run: () => void): void {
    this.onChange.push(run);
  }

  kill(): void {
    if (this.isDead) return;
    this.become('dead');
    for (const run of this.onDeath.splice(0)) run();
  }

  private become(state: SimProcess['state']): void {
    this.state = state;
    for (const run of this.onChange) run();
  }
}
