import type { Server } from './server.js';
import type { ServerProcess } from './server-process.js';

/** A server as its process: what does not depend on the kind. */
export abstract class RunningServer implements Server {
  abstract readonly uri: string;
  abstract readonly port: number;
  abstract readonly version: string;
  abstract readonly dataDir: string;
  protected abstract readonly process: ServerProcess;

  get pid(): number {
    return this.process.pid;
  }

  start(): Promise<void> {
    return this.process.start();
  }

  stop(): Promise<void> {
    return this.process.stop();
  }

  kill(): Promise<void> {
    return this.process.kill();
  }

  async restart(): Promise<void> {
    await this.process.shutDown();
    await this.start();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
