import type { NestExpressApplication } from '@nestjs/platform-express';
import { authentication } from './auth/authentication.js';
import type { ConsoleParts } from './console-parts.js';
import { securityHeaders } from './http/security-headers.js';
import { serveApiDocument } from './openapi/api-document.js';

const MOST_BODY = '4mb';

/** What stands before the routes: headers, who asks, and then the bodies, which are JSON and bounded. */
export function prepareConsole(application: NestExpressApplication, parts: ConsoleParts): void {
  application.disable('x-powered-by');
  application.use(securityHeaders);
  application.use(authentication(parts));
  application.useBodyParser('json', { limit: MOST_BODY });
  application.useBodyParser('urlencoded', { limit: 0 });
  serveApiDocument(application);
}
