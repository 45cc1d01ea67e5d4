import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Response } from '../http/exchange.js';

/** Who asks, as it stands in the audit trail. */
export const By = createParamDecorator((_: unknown, context: ExecutionContext): string =>
  String(context.switchToHttp().getResponse<Response>().locals['by'] ?? 'console'),
);
