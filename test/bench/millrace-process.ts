import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { Spent } from './figures.js';
import { ROOT } from './files.js';

export type Usage = Omit<Spent, 'name'>;

export const millrace = (usage: Usage): Spent => ({ name: 'Millrace', ...usage });

/** What ended, how, and when what it said came, in milliseconds since it was started. */
export interface Ended {
  code: number | null;
  usage: Usage | undefined;
  json: readonly SaidLine[];
}

export interface SaidLine {
  atMs: number;
  value: Record<string, unknown>;
}

export interface ProcessOptions {
  env: Record<string, string>;
  signal: AbortSignal;
  cpuProf?: string | undefined;
}

const LAST_WORDS = 2000;

/** The command line as users start it, in a process of its own, with `--json`. */
export class MillraceProcess {
  readonly ended: Promise<Ended>;
  private readonly child: ChildProcess;
  private readonly startedMs = performance.now();
  private readonly json: SaidLine[] = [];
  private readonly waiting = new Set<() => void>();
  private errors = '';
  private failure: Error | undefined;

  constructor(
    private readonly args: readonly string[],
    options: ProcessOptions,
  ) {
    const probe = ['--import', new URL('./usage-probe.js', import.meta.url).href];
    const profile = options.cpuProf === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.cpuProf}`];
    this.child = spawn(process.execPath, [...probe, ...profile, join(ROOT, 'bin', 'millrace.mjs'), ...args, '--json'], {
      cwd: ROOT,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'ipc'],
      signal: options.signal,
      killSignal: 'SIGKILL',
    });
    this.listen();
    this.ended = this.waitForEnd();
    this.ended.catch(() => undefined);
  }

  /** The moment at which the first line came for which `matches` holds; rejects where the process ends before. */
  async said(matches: (value: Record<string, unknown>) => boolean): Promise<number> {
    for (;;) {
      const line = this.json.find(({ value }) => matches(value));
      if (line) return line.atMs;
      if (this.failure) throw this.failure;
      if (this.child.exitCode !== null || this.child.signalCode !== null) throw this.broken('ended too early');
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
  }

  /** Exits with 0, or this rejects with its last words. */
  async success(): Promise<Ended & { usage: Usage }> {
    const { usage, ...ended } = await this.ended;
    if (ended.code !== 0 || !usage) throw this.broken(`exited with ${ended.code}`);
    return { ...ended, usage };
  }

  /** Does something that needs this process alive: where it ends before, `work` is aborted and this rejects with its last words. */
  async during<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const gone = new AbortController();
    const abort = (): void => gone.abort();
    this.ended.then(abort, abort);
    try {
      return await work(gone.signal);
    } catch (error) {
      if (gone.signal.aborted) throw this.failure ?? this.broken('ended too early');
      throw error;
    }
  }

  /** A clean stop, as by Ctrl-C. */
  stop(): Promise<Ended & { usage: Usage }> {
    this.child.kill('SIGTERM');
    return this.success();
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  private listen(): void {
    const { stdout, stderr } = this.child as { stdout: Readable; stderr: Readable };
    createInterface({ input: stdout }).on('line', (line) => {
      this.json.push({ atMs: performance.now() - this.startedMs, value: JSON.parse(line) });
      this.wake();
    });
    stderr.on('data', (chunk) => (this.errors = (this.errors + String(chunk)).slice(-LAST_WORDS)));
  }

  private async waitForEnd(): Promise<Ended> {
    const usage = text(this.child.stdio[3] as Readable).catch(() => '');
    const code = await new Promise<number | null>((resolve, reject) => {
      this.child.once('close', resolve);
      this.child.once('error', reject);
    })
      .catch((error: Error) => {
        this.failure = error;
        throw error;
      })
      .finally(() => this.wake());
    const said = await usage;
    return { code, usage: said === '' ? undefined : (JSON.parse(said) as Usage), json: this.json };
  }

  private wake(): void {
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }

  private broken(how: string): Error {
    return new Error(`millrace ${this.args.join(' ')} ${how}. Its last words:\n${this.errors.trim()}`);
  }
}
