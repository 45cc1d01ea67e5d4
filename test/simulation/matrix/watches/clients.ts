import type { Happening, Reach, Watch } from '../happening.js';

/** F44: a client of the log that fell silent is replaced. */
export class ClientWatch implements Watch {
  private readonly silent = new Set<string>();

  constructor(private readonly reach: Reach) {}

  see(happening: Happening): void {
    if (happening.kind === 'client silent') this.silent.add(happening.process);
    else if (happening.kind === 'client replaced' && this.silent.delete(happening.process)) this.reach('F44');
  }
}
