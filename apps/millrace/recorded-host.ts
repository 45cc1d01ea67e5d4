import type { JobCommands } from '#job';
import type { Host, StopSignalName } from './host.js';

/** An outside that remembers, for tests: no process, no terminal, a clock that stands still. */
export class RecordedHost implements Host {
  readonly env: Record<string, string | undefined> = {};
  readonly user = 'tester';
  ask: Host['ask'];
  out = '';
  err = '';
  exited: number | undefined;
  private readonly listeners = new Set<(name: StopSignalName) => void>();

  readonly stdout = {
    write: (text: string): boolean => {
      this.out += text;
      return true;
    },
  };
  readonly stderr = {
    write: (text: string): boolean => {
      this.err += text;
      return true;
    },
  };

  now(): number {
    return 0;
  }

  onSignal(listener: (name: StopSignalName) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  send(name: StopSignalName): void {
    for (const listener of this.listeners) listener(name);
  }

  exit(code: number): void {
    this.exited = code;
  }

  /** What stdout holds, a JSON value a line. */
  get json(): unknown[] {
    return this.out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as unknown);
  }
}

/** A job of which only what a test gives can be asked; anything else fails the test. */
export function jobOf(given: Partial<JobCommands>): JobCommands {
  return new Proxy({ close: async () => undefined, ...given } as JobCommands, {
    get(target, name) {
      if (name in target || name === 'then') return Reflect.get(target, name) as unknown;
      throw new Error(`the test gives no ${String(name)}`);
    },
  });
}
