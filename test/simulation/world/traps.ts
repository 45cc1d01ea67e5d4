import type { Random, SimProcess } from '../kernel/index.js';

/**
 * Faults that befall a process at a certain moment: when an event of some kind is the next to happen to it. The kind is drawn from all that
 * have happened to anyone, the rare as often as the frequent ones: between a commit and what follows it there is one moment among
 * thousands.
 */
export class Traps {
  private readonly kinds: string[] = [];
  private readonly known = new Set<string>();
  private readonly armed = new Map<string, (process: SimProcess) => void>();

  /** Looks at the event that is the next to happen. */
  look(process: SimProcess, label: string): void {
    if (label.startsWith('timer')) return;
    const kind = kindOf(label);
    if (!this.known.has(kind)) {
      this.known.add(kind);
      this.kinds.push(kind);
    }
    const befall = this.armed.get(kind);
    if (befall === undefined) return;
    this.armed.delete(kind);
    befall(process);
  }

  arm(random: Random, befall: (process: SimProcess) => void): void {
    if (this.kinds.length > 0) this.armed.set(random.one(this.kinds), befall);
  }

  disarm(): void {
    this.armed.clear();
  }
}

/** Without numbers and what else is of one world alone. */
function kindOf(label: string): string {
  let kind = '';
  for (let i = 0; i < label.length; i++) {
    const code = label.charCodeAt(i);
    if (code < 48 || code > 57) kind += label[i];
  }
  return kind;
}
