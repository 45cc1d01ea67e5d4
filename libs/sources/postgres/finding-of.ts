import type { MillraceError } from '#errors';
import type { Finding } from '#model';
import { POSTGRES_CODES } from './postgres.codes.js';

/** For `check`: an error that kept the source from being asked, as the blocker that it is. */
export function findingOf(error: MillraceError): Finding {
  const remedy = (POSTGRES_CODES as Record<string, { remedy: string } | undefined>)[error.code]?.remedy ?? '';
  const message =
    remedy !== '' && error.message.endsWith(remedy) ? error.message.slice(0, -remedy.length).trimEnd() : error.message;
  return { severity: 'blocker', code: error.code, object: 'source', message, fix: remedy };
}
