import type { JobEvent } from '#job';

/** Of a job that is watched: its own trouble, else that of services, told when it begins, when it changes, and when it is over. */
export class TroubleTold {
  private own: string | undefined;
  private services: string | undefined;
  private told: string | undefined;

  constructor(private readonly onEvent: (event: JobEvent) => void) {}

  get isCalm(): boolean {
    return this.told === undefined;
  }

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

  private tell(): void {
    const message = this.own ?? this.services;
    if (message === this.told) return;
    this.told = message;
    this.onEvent(message === undefined ? { kind: 'recovered' } : { kind: 'trouble', message });
  }
}
