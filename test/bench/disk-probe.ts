import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const EVERY_MS = 100;
const BLOCK = Buffer.alloc(4096, 1);

/**
 * How long the disk under the servers takes at worst to keep a small write. Each commit of both servers waits for one:
 * while the disk stands still, so does every change, whoever carries it.
 */
export class DiskProbe implements AsyncDisposable {
  longestMs = 0;
  private readonly stopped = new AbortController();
  private readonly probing: Promise<void>;

  private constructor(
    private readonly folder: string,
    private readonly file: FileHandle,
  ) {
    this.probing = this.probe();
    this.probing.catch(() => undefined);
  }

  static async start(): Promise<DiskProbe> {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-disk-'));
    return new DiskProbe(folder, await open(join(folder, 'probe'), 'w'));
  }

  /** Rejects where the disk could not be written. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.stopped.abort();
    try {
      await this.probing;
    } finally {
      await this.file.close();
      await rm(this.folder, { recursive: true, force: true });
    }
  }

  private async probe(): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      const begunMs = performance.now();
      await this.file.write(BLOCK, 0, BLOCK.length, 0);
      await this.file.datasync();
      this.longestMs = Math.max(this.longestMs, performance.now() - begunMs);
      await delay(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
