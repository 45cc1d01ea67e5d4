import type { SourceIdentity } from './source.js';

/** Whether positions of the one mean the same to the other. */
export function sameSource(a: SourceIdentity | null, b: SourceIdentity): boolean {
  return a !== null && a.system === b.system && a.history === b.history;
}
