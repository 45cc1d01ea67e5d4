import type { IncomingMessage, ServerResponse } from 'node:http';

/** As much of Express as the console uses. */
export interface Request extends IncomingMessage {
  readonly path: string;
  /** The first of the types that the client would take best. */
  accepts(types: string[]): string | false;
}

export interface Response extends ServerResponse {
  /** Of this request. */
  readonly locals: Record<string, unknown>;
  status(code: number): this;
  type(type: string): this;
  json(body: unknown): this;
  send(body: string): this;
}

export type NextFunction = () => void;
