import { API_ERRORS, API_PATH, failureBody, OPENAPI_PATH, statusOf, USER_HEADER } from '#api';
import { MillraceError } from '#errors';
import type { NextFunction, Request, Response } from '../http/exchange.js';
import type { ConsoleParts } from '../console-parts.js';
import { isLoopback } from './tokens.js';

/** Health and metrics, the description of the API and the page that shows it. Whatever is not named here needs a token. */
const OPEN = new RegExp(
  `^(?:/health/(?:live|ready)|/metrics|${API_PATH}/?|${OPENAPI_PATH}|${API_PATH}/(?:swagger-ui|favicon-|index)[\\w.-]*)$`,
);
const LONGEST_NAME = 64;

/**
 * Lets requests through that have a token, and notes who asks, before anything reads their bodies. A console without
 * tokens is there for this machine only; web pages that its users visit are no such users.
 */
export function authentication({ tokens, redactor }: Pick<ConsoleParts, 'tokens' | 'redactor'>) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const isProbe = !request.path.startsWith(API_PATH) && OPEN.test(request.path);
    if (isProbe) return next();
    const isOpen = ['GET', 'HEAD'].includes(request.method ?? '') && OPEN.test(request.path);
    const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const name = token === undefined ? undefined : tokens.nameOf(token);
    const refusal =
      originRefusal(request, tokens.areNeeded) ??
      (isOpen || !tokens.areNeeded || name !== undefined ? undefined : unauthorized(token));
    if (refusal === undefined) {
      response.locals['by'] = byOf(userOf(request), name, tokens.areNeeded);
      return next();
    }
    if (refusal.code === API_ERRORS.UNAUTHORIZED.code)
      response.setHeader('www-authenticate', 'Bearer realm="millrace"');
    response.status(statusOf(refusal)).json(failureBody(refusal, redactor));
  };
}

function unauthorized(token: string | undefined): MillraceError {
  const message = token === undefined ? 'this request needs a token' : 'the token is none of this console';
  return new MillraceError(API_ERRORS.UNAUTHORIZED, message);
}

/**
 * Where there are no tokens, nothing but the way tells who asks. Browsers name the origin of a page that calls another one;
 * a host name that leads here without being this machine's is a trick. A token no page of others has.
 */
function originRefusal({ headers }: Request, needsTokens: boolean): MillraceError | undefined {
  if (needsTokens) return undefined;
  const { origin, host = '' } = headers;
  const isForeign = origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host);
  if (!isForeign && isLoopback(host.replace(/:\d+$/, ''))) return undefined;
  return new MillraceError(API_ERRORS.ORIGIN_REFUSED, 'this request does not come from where the console is');
}

/** As the client names it; whoever has the token may name anybody, so the token's name stands beside it. */
function userOf({ headers }: Request): string | undefined {
  const header = headers[USER_HEADER];
  if (typeof header !== 'string') return undefined;
  try {
    const name = decodeURIComponent(header).replace(/\p{C}/gu, '').trim().slice(0, LONGEST_NAME);
    return name === '' ? undefined : name;
  } catch {
    return undefined;
  }
}

function byOf(user: string | undefined, token: string | undefined, needsTokens: boolean): string {
  if (!needsTokens || token === undefined) return user ?? 'console';
  return user === undefined ? token : `${user} via ${token}`;
}
