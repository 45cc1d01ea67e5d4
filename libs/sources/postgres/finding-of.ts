import type { MillraceError } from '#errors';
import type { Finding } from '#model';

/** For `check`: an error that kept the source from being asked, as the blocker that it is. */
export function findingOf({ code, message, remedy }: MillraceError): Finding {
  return { severity: 'blocker', code, object: 'source', message, fix: remedy };
}
