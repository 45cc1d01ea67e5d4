import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { MillraceError } from '#errors';
import { childrenOf, isAlive } from './process-tree.js';
import type { RunFolder } from './run-folder.js';
import { serverErrors } from './servers.codes.js';
import type { Identity } from './unprivileged.js';

const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;
const LAST_WORDS = 15;

/** How one kind of server is run. */
export interface Programme {
  /** For messages: "PostgreSQL 15.14". */
  name: string;
  program: string;
  args(runFolder: string): string[];
  /** Whether it serves now. */
  isReady(): Promise<boolean>;
  /** Ends it at once where its data are dropped, in order where they are kept. */
  stopSignal: NodeJS.Signals;
  /** Ends it in order. */
  restartSignal: NodeJS.Signals;
  identity?: Identity | undefined;
  /** Beside the present environment. */
  env?: Record<string, string>;
}

/**
 * One server process at a time, in a run folder, whose watchdog is there before the process is and finds the process in
 * `server.pid`; that file is empty while none runs, so that the watchdog never signals a stranger with a used number.
 */
export class ServerProcess {
  private child: ChildProcess | undefined;
  private ended = false;

  constructor(
    private readonly programme: Programme,
    private readonly runFolder: RunFolder,
  ) {}

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  async start(): Promise<void> {
    if (this.ended) throw new MillraceError(serverErrors.SERVER_FAILED, `${this.programme.name} was stopped for good.`);
    const log = await open(join(this.runFolder.path, 'server.log'), 'w');
    try {
      this.child = spawn(this.programme.program, this.programme.args(this.runFolder.path), {
        ...this.programme.identity,
        cwd: this.runFolder.path,
        env: { ...process.env, HOME: this.runFolder.path, LC_ALL: 'C', ...this.programme.env },
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
      });
      this.child.on('error', () => {});
      this.child.unref();
    } finally {
      await log.close();
    }
    await writeFile(this.pidFile, String(this.child.pid ?? ''));
    await this.becomeReady(this.child);
  }

  private get pidFile(): string {
    return join(this.runFolder.path, 'server.pid');
  }

  private async becomeReady(child: ChildProcess): Promise<void> {
    const deadline = Date.now() + READY_TIMEOUT_MS;
    for (;;) {
      if (hasEnded(child)) throw await this.failure('ended before it was ready');
      if (await this.programme.isReady()) return;
      if (Date.now() > deadline) {
        const failure = await this.failure(`was not ready after ${READY_TIMEOUT_MS / 1000} s`);
        await this.endProcess('SIGKILL');
        throw failure;
      }
      await pause(20);
    }
  }

  private async failure(what: string): Promise<MillraceError> {
    const log = await readFile(join(this.runFolder.path, 'server.log'), 'utf8').catch(() => '');
    const lastWords = log.trim().split('\n').slice(-LAST_WORDS).join('\n');
    return new MillraceError(
      serverErrors.SERVER_FAILED,
      `${this.programme.name} ${what}. Its last words:\n${lastWords}`,
    );
  }

  /** Ends the process and the watchdog, and removes the run folder. */
  async stop(): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    await this.endProcess(this.programme.stopSignal);
    await this.runFolder.remove();
  }

  /** It is stopped first, so that it starts no child that would be missed. */
  async kill(): Promise<void> {
    const { child } = this;
    if (!child?.pid) return;
    signal(child.pid, 'SIGSTOP');
    const children = await childrenOf(child.pid);
    for (const pid of children) signal(pid, 'SIGKILL');
    await this.endProcess('SIGKILL');
    while (children.some(isAlive)) await pause(5);
  }

  async shutDown(): Promise<void> {
    await this.endProcess(this.programme.restartSignal);
  }

  private async endProcess(how: NodeJS.Signals): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (!child?.pid || hasEnded(child)) return;
    const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.ref();
    child.kill(how);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    if (!hasEnded(child)) await exit;
    clearTimeout(timer);
    await writeFile(this.pidFile, '');
  }
}

const hasEnded = (child: ChildProcess): boolean =>
  child.pid === undefined || child.exitCode !== null || child.signalCode !== null;

function signal(pid: number, how: NodeJS.Signals): void {
  try {
    process.kill(pid, how);
  } catch {
    // Gone already.
  }
}
