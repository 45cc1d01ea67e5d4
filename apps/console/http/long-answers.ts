import { BEAT_MS, failureBody, type Line, lineText, NDJSON, statusOf } from '#api';
import type { MillraceError } from '#errors';
import { jsonText, withBsonValues } from '#extended-json';
import type { Request, Response } from './exchange.js';
import type { JobEvent } from '#job';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { type ConsoleParts, PARTS } from '../console-parts.js';
import { knownFailure } from './failures.js';

/** Events that somebody who does not read them may make wait. */
const MOST_WAITING_BYTES = 1024 * 1024;

export interface Teller {
  /** An event; left out where the other side does not keep up. */
  tell(event: unknown): void;
  /** As `tell`, but none is left out: resolves when there is room for more. */
  each(event: unknown): Promise<void>;
  /** Raised when whoever asked has gone. */
  signal: AbortSignal;
  /** Whether events go anywhere. */
  isStream: boolean;
}

/**
 * Answers requests that may take long: line by line where that was asked for, with a beat now and then, else once. An
 * answer begins with the first thing to tell, so that what is refused at once has its own status. What a client asked that
 * has gone away is withdrawn; when the console stops, it is as if all had gone, and they ask again where they want to.
 */
@Injectable()
export class LongAnswers implements OnModuleDestroy {
  private readonly open = new Set<LongAnswer>();

  constructor(@Inject(PARTS) private readonly parts: ConsoleParts) {}

  async answer(request: Request, response: Response, work: (teller: Teller) => Promise<unknown>): Promise<void> {
    const answer = new LongAnswer(response, request.accepts(['json', NDJSON]) === NDJSON);
    this.open.add(answer);
    try {
      answer.end(await work(answer));
    } catch (error) {
      if (!answer.signal.aborted) answer.fail(knownFailure(error, this.parts), this.parts);
    } finally {
      answer.over();
      this.open.delete(answer);
    }
  }

  /** Of what a job tells: its messages may carry what drivers say. */
  tellOf(teller: Teller): (event: JobEvent) => void {
    return (event) => teller.tell(this.parts.redactor.redactAll(event));
  }

  onModuleDestroy(): void {
    for (const answer of this.open) answer.cut();
  }
}

class LongAnswer implements Teller {
  private readonly gone = new AbortController();
  private readonly beating: NodeJS.Timeout | undefined;
  private beats = 0;

  constructor(
    private readonly response: Response,
    readonly isStream: boolean,
  ) {
    response.on('close', () => {
      if (!response.writableFinished) this.gone.abort(new Error('whoever asked has gone'));
    });
    if (isStream) this.beating = setInterval(() => this.line({ beat: ++this.beats }), BEAT_MS);
  }

  get signal(): AbortSignal {
    return this.gone.signal;
  }

  tell(event: unknown): void {
    if (this.isStream && this.response.writableLength < MOST_WAITING_BYTES) this.line({ event });
  }

  async each(event: unknown): Promise<void> {
    if (!this.isStream || this.line({ event })) return;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        this.response.off('drain', go).off('close', go);
        resolve();
      };
      this.response.once('drain', go).once('close', go);
    });
  }

  end(result: unknown): void {
    if (this.signal.aborted) return;
    if (!this.isStream) return void this.response.type('application/json').send(jsonText(withBsonValues(result)));
    this.line({ result });
    this.response.end();
  }

  fail(failure: MillraceError, { redactor }: Pick<ConsoleParts, 'redactor'>): void {
    const body = failureBody(failure, redactor);
    if (!this.response.headersSent) return void this.response.status(statusOf(failure)).json(body);
    this.line(body);
    this.response.end();
  }

  cut(): void {
    this.response.destroy();
  }

  over(): void {
    clearInterval(this.beating);
  }

  private line(line: Line): boolean {
    if (this.signal.aborted || this.response.writableEnded) return true;
    if (!this.response.headersSent) this.response.status(200).setHeader('content-type', NDJSON);
    return this.response.write(lineText(withBsonValues(line) as Line));
  }
}
