import { API_PATH, SERVER_HEADER } from '#api';
import type { NextFunction, Request, Response } from './exchange.js';

const NOTHING = "default-src 'none'; frame-ancestors 'none'";
/** Of the page that shows the API: its own files, and styles that it makes. */
const PAGE =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'";

/** No page of others may show, read or guess at what the console answers, and nothing in between keeps it. */
export function securityHeaders(request: Request, response: Response, next: NextFunction): void {
  const isPage = request.path === API_PATH || request.path === `${API_PATH}/`;
  response.setHeader(SERVER_HEADER, '1');
  response.setHeader('content-security-policy', isPage ? PAGE : NOTHING);
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('referrer-policy', 'no-referrer');
  response.setHeader('cross-origin-resource-policy', 'same-origin');
  response.setHeader('cache-control', 'no-store');
  next();
}
