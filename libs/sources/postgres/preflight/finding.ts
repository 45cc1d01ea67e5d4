import type { Finding } from '#model';
import type { PreflightCode } from '../preflight.codes.js';

interface Draft {
  code: PreflightCode;
  /** The source itself unless said otherwise. */
  object?: string;
  message: string;
  fix: string;
}

export function blocker(draft: Draft): Finding {
  return { severity: 'blocker', object: 'source', ...draft };
}

export function warning(draft: Draft): Finding {
  return { severity: 'warning', object: 'source', ...draft };
}

export function info(draft: Draft): Finding {
  return { severity: 'info', object: 'source', ...draft };
}
