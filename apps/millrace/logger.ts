import { createLogger, type Logger } from '#observability';
import type { CommandContext } from './command.js';

/** The log of this process, on stderr: as lines for people unless the settings say JSON. */
export function loggerOf(
  { terminal, settings, host }: Pick<CommandContext, 'terminal' | 'settings' | 'host'>,
  job?: string,
): Logger {
  return createLogger({
    level: settings.debug && settings.logLevel === 'info' ? 'debug' : settings.logLevel,
    format: settings.logFormat,
    write: (line) => terminal.sayRaw(line),
    redactor: terminal.redactor,
    bindings: { service: 'millrace', ...(job === undefined ? {} : { job }) },
    colour: host.stderr.isTTY === true && terminal.err.isColorSupported,
  });
}
