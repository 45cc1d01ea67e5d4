import type { Logger } from './logger.js';
import type { LoggerService } from '@nestjs/common';

/**
 * What Nest itself has to say goes to the log of the process. Its news of modules that start is for debugging, and so
 * is an error at the start: it is thrown too, and whoever catches it says it once.
 */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown): void {
    this.logger.debug(String(message));
  }

  error(message: unknown): void {
    this.logger.debug({ err: message }, 'Nest could not start');
  }

  warn(message: unknown): void {
    this.logger.warn(String(message));
  }

  debug(message: unknown): void {
    this.logger.debug(String(message));
  }

  verbose(message: unknown): void {
    this.logger.trace(String(message));
  }
}
