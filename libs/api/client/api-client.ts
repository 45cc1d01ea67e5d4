import { MillraceError } from '#errors';
import { jsonText, parseInOrder } from '#extended-json/text';
import { SERVER_ERRORS } from '../api.codes.js';
import { errorOfBody, isFailureBody } from '../failure.js';
import { BEAT_MS, type Line, readLines } from '../lines.js';
import { NDJSON, pathOf, type Route, SERVER_HEADER, USER_HEADER } from '../routes.js';

export interface ServerAddress {
  url: string;
  token?: string | undefined;
  /** Who asks, for the audit trail. */
  user: string;
}

export interface Call {
  params?: Readonly<Record<string, string>>;
  query?: Readonly<Record<string, string | number | undefined>>;
  body?: unknown;
  signal?: AbortSignal;
}

/** Also an answer that is not streamed may have to ask servers that are far away. */
const ANSWER_MS = 120_000;
const SILENT_MS = 6 * BEAT_MS;

/** Calls the routes of one console. What fails is an error as the console told it, or one of the way there. */
export class ApiClient {
  private readonly base: URL;

  constructor(private readonly address: ServerAddress) {
    this.base = serverUrl(address.url);
  }

  async call(route: Route, call: Call = {}): Promise<unknown> {
    const late = AbortSignal.timeout(ANSWER_MS);
    const response = await this.fetch(route, call, 'application/json', late);
    return this.bodyOf(response);
  }

  /** The events of a route that may take long go to `onEvent`; resolves with its result. */
  async result(route: Route, call: Call, onEvent: (event: unknown) => void): Promise<unknown> {
    for await (const line of this.lines(route, call)) {
      if ('event' in line) onEvent(line.event);
      else if ('result' in line) return line.result;
    }
    throw this.broken();
  }

  /** Line by line, until the result; an error of the last line is thrown. */
  async *lines(route: Route, call: Call): AsyncGenerator<Line> {
    const silence = new Silence();
    try {
      const response = await this.fetch(route, call, NDJSON, silence.signal);
      if (!response.headers.get('content-type')?.startsWith(NDJSON)) {
        yield { result: await this.bodyOf(response) };
        return;
      }
      for await (const line of readLines(silence.watched(bytesOf(response)))) {
        if (isFailureBody(line)) throw errorOfBody(line);
        yield line;
        if ('result' in line) return;
      }
    } catch (error) {
      if (error instanceof MillraceError || call.signal?.aborted) throw error;
      throw this.broken(error);
    } finally {
      silence.over();
    }
    throw this.broken();
  }

  private async fetch(route: Route, call: Call, accept: string, late: AbortSignal): Promise<Response> {
    const { signal } = call;
    let response: Response;
    try {
      response = await fetch(this.urlOf(route, call), {
        method: route.method.toUpperCase(),
        headers: this.headers(accept, call.body),
        ...(call.body === undefined ? {} : { body: jsonText(call.body) }),
        redirect: 'manual',
        signal: signal === undefined ? late : AbortSignal.any([signal, late]),
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw this.unreachable(late.aborted ? 'no answer in time' : reasonOf(error));
    }
    if (response.headers.get(SERVER_HEADER) === null) throw await this.stranger(response);
    if (!response.ok) throw await this.failureOf(response);
    return response;
  }

  private urlOf(route: Route, { params, query = {} }: Call): URL {
    const url = new URL(this.base);
    url.pathname = this.base.pathname.replace(/\/$/, '') + pathOf(route, params);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    return url;
  }

  private headers(accept: string, body: unknown): Record<string, string> {
    const { token, user } = this.address;
    return {
      accept,
      [USER_HEADER]: encodeURIComponent(user),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
  }

  private async bodyOf(response: Response): Promise<unknown> {
    try {
      return parseInOrder(await response.text());
    } catch (error) {
      throw this.broken(error);
    }
  }

  private async failureOf(response: Response): Promise<MillraceError> {
    const body = await this.bodyOf(response);
    if (!isFailureBody(body)) return this.unreachable(`it answers ${response.status}`);
    if (response.status === 401) {
      const message = `${this.name} does not accept ${this.address.token === undefined ? 'requests without a token' : 'the token'}`;
      return new MillraceError(SERVER_ERRORS.SERVER_REFUSED, message);
    }
    return errorOfBody(body, { retriable: response.status === 503 });
  }

  /** No console: something else, or what stands before one that is away. */
  private async stranger(response: Response): Promise<MillraceError> {
    await response.body?.cancel();
    if ([502, 503, 504].includes(response.status))
      return this.unreachable(`something before it answers ${response.status}`);
    return new MillraceError(SERVER_ERRORS.SERVER_NOT_MILLRACE, `${this.name} answers, but is no console of Millrace`);
  }

  private unreachable(reason: string): MillraceError {
    return new MillraceError(SERVER_ERRORS.SERVER_UNREACHABLE, `${this.name} cannot be reached: ${reason}`, {
      retriable: true,
    });
  }

  private broken(cause?: unknown): MillraceError {
    return new MillraceError(SERVER_ERRORS.SERVER_UNREACHABLE, `${this.name} went away before it had answered`, {
      retriable: true,
      ...(cause === undefined ? {} : { cause }),
    });
  }

  private get name(): string {
    return this.base.href.replace(/\/$/, '');
  }
}

/** Raised when nothing was heard for long: not even a beat. */
class Silence {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout;

  constructor() {
    this.timer = this.start();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  over(): void {
    clearTimeout(this.timer);
  }

  async *watched<T>(chunks: AsyncIterable<T>): AsyncGenerator<T> {
    for await (const chunk of chunks) {
      clearTimeout(this.timer);
      yield chunk; // What takes its time with it is not the server.
      this.timer = this.start();
    }
  }

  private start(): NodeJS.Timeout {
    return setTimeout(() => this.controller.abort(), SILENT_MS);
  }
}

async function* bytesOf(response: Response): AsyncGenerator<Uint8Array> {
  if (response.body !== null) for await (const chunk of response.body) yield chunk as Uint8Array;
}

function serverUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    throw new MillraceError(
      SERVER_ERRORS.SERVER_URL_INVALID,
      'the server needs a URL such as https://millrace.example:8080',
    );
  if (url.username !== '' || url.password !== '')
    throw new MillraceError(
      SERVER_ERRORS.SERVER_URL_INVALID,
      'user and password have no place in the URL of the server',
    );
  url.search = '';
  url.hash = '';
  url.pathname = url.pathname.replace(/\/api\/?$/, '/');
  return url;
}

/** The system's or TLS's own code, else the innermost words: `fetch failed` says nothing. */
function reasonOf(error: unknown): string {
  const told = reasonsOf(error);
  return told.find(({ isCode }) => isCode)?.text ?? told.at(-1)?.text ?? String(error);
}

function reasonsOf(error: unknown): { text: string; isCode: boolean }[] {
  if (error === null || typeof error !== 'object') return [];
  const { code, message, cause, errors = [] } = error as Partial<AggregateError> & { code?: unknown };
  const own = typeof code === 'string' ? { text: code, isCode: true } : { text: message ?? '', isCode: false };
  return [own, ...reasonsOf(cause), ...errors.flatMap(reasonsOf)];
}
