import type { JobEvent } from '#job';

/** Of a job that is watched: its own trouble, else that of services, else that nobody runs it, told when it begins, when it changes, and when it is over. */
export class TroubleTold {
  private own: string | undefined;
  private services: string | undefined;
  private nobody: string | undefined;
  private told: string | undefined;

  constructor(private readonly onEvent: (event: JobEvent) => void) {}

  /** What is no trouble passes. */
  readonly take = (event: JobEvent): void => {
    if (event.kind !== 'trouble' && event.kind !== 'recovered') return this.onEvent(event);
    this.own = event.kind === 'trouble' ? event.message : undefined;
    this.tell();
  };

  takeServices(message: string | undefined): void {
    this.services = message;
    this.tell();
  }

  /** What nobody runs tells nothing itself any more: what it told last is of a process that is gone. */
  takeRunning(isRunning: boolean, nobody: string): void {
    this.nobody = isRunning ? undefined : nobody;
    if (!isRunning) this.own = undefined;
    this.tell();
  }

  private tell(): void {
    const message = this.own ?? this.services ?? this.nobody;
    if (message === this.told) return;
    this.told = message;
    this.onEvent(message === undefined ? { kind: 'recovered' } : { kind: 'trouble', message });
  }
}
