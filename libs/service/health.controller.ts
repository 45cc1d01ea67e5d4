import { Controller, Get, Inject, ServiceUnavailableException } from '@nestjs/common';

export const READINESS = Symbol('readiness');

/** Whether the service can do its work now. */
export interface Readiness {
  isReady(): boolean;
}

/** For whoever restarts what hangs, and routes to what is ready. Tells nothing but that. */
@Controller('health')
export class HealthController {
  constructor(@Inject(READINESS) private readonly readiness: Readiness) {}

  /** The event loop turns. */
  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ready')
  ready(): { status: 'ok' } {
    if (!this.readiness.isReady()) throw new ServiceUnavailableException({ status: 'unavailable' });
    return { status: 'ok' };
  }
}
