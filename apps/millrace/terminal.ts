import { jsonText } from '#extended-json/text';
import { Redactor } from '#observability/redaction';
import pc from 'picocolors';
import type { Host, OutStream } from './host.js';

export type Colours = ReturnType<typeof pc.createColors>;

/** What is drawn over and over at the end of stderr; lines that are said meanwhile go above it. */
export interface LiveArea {
  above(text: string): void;
}

/**
 * Where words go: results to stdout, everything else to stderr. With `json` stdout has JSON only. What is said to people
 * passes through the redactor; results are the user's own data and do not: it would change them.
 */
export class Terminal {
  readonly out: Colours;
  readonly err: Colours;
  live: LiveArea | undefined;

  constructor(
    private readonly host: Host,
    readonly json: boolean,
    readonly redactor: Redactor,
  ) {
    this.out = pc.createColors(wantsColour(host, host.stdout));
    this.err = pc.createColors(wantsColour(host, host.stderr));
  }

  /** Whether progress can be drawn, rather than told line by line. */
  get canDraw(): boolean {
    return this.host.stderr.isTTY === true && this.host.env['TERM'] !== 'dumb';
  }

  /** Lines for a person. */
  say(text: string): void {
    this.sayRaw(`${this.redactor.redact(text)}\n`);
  }

  /** Finished and redacted lines, as the logger makes them. */
  sayRaw(lines: string): void {
    if (this.live) this.live.above(lines);
    else this.host.stderr.write(lines);
  }

  /** A result for people. */
  print(text: string): void {
    this.host.stdout.write(`${text}\n`);
  }

  /** A result for machines: one JSON value on one line. */
  printJson(value: unknown): void {
    this.host.stdout.write(`${jsonText(value)}\n`);
  }

  /** A result for machines that is a list too long to be held: one JSON array on one line, written as it grows. */
  jsonList(): { add(item: unknown): void; end(whole: boolean): void } {
    let before = '[';
    return {
      add: (item) => {
        this.host.stdout.write(before + jsonText(item));
        before = ',';
      },
      end: (whole) => {
        const begun = before === ',';
        if (this.json && (begun || whole)) this.host.stdout.write(begun ? ']\n' : '[]\n');
      },
    };
  }

  /** One or the other, by `--json`. */
  result(value: unknown, forPeople: () => string): void {
    if (this.json) this.printJson(value);
    else this.print(forPeople());
  }
}

function wantsColour(host: Host, stream: OutStream): boolean {
  if (host.env['NO_COLOR']) return false;
  if (host.env['FORCE_COLOR'] && host.env['FORCE_COLOR'] !== '0') return true;
  return stream.isTTY === true && host.env['TERM'] !== 'dumb';
}
