/** Fields that answers have, each some of them: looked at as by whoever has no types of ours. */
export interface AnswerBody {
  job: string;
  file: string;
  phase: string;
  running: boolean;
  findings: unknown[];
  letters: { id: string }[];
  entries: { id: string; at: string; action: string; by: string }[];
  next: string | null;
  error: { code: string; message: string; problems: unknown[] };
}

export interface Answered {
  status: number;
  headers: Headers;
  text: string;
  /** Of an answer that comes at once. */
  readonly body: AnswerBody;
  /** Of one that comes line by line; beats are left out. */
  readonly lines: object[];
}

export type Asked = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answered>;

/** Calls the API below `url` as it is described, without Millrace's own client. */
export function asking(url: string, common: Record<string, string> = {}): Asked {
  return async (method, path, body, headers = {}) => {
    const response = await fetch(`${url}/api${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...common, ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      get body() {
        return JSON.parse(text) as AnswerBody;
      },
      get lines() {
        const lines = text.split('\n').filter((line) => line !== '');
        return lines.map((line) => JSON.parse(line) as object).filter((line) => !('beat' in line));
      },
    };
  };
}
