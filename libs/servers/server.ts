/**
 * A real server on the loopback interface, started by this process.
 *
 * Nothing outlives its owner: `stop` ends the process and removes what was made for it, and where the owner dies without
 * saying so (SIGKILL included) a watchdog does the same within a second. A data folder given by the caller is kept.
 */
export interface Server extends AsyncDisposable {
  readonly uri: string;
  readonly port: number;
  /** Of the main process; another one after `restart`, 0 while it is killed. */
  readonly pid: number;
  /** As the server's program says, such as `15.14`. */
  readonly version: string;
  readonly dataDir: string;
  /** Ends the server. Safe to repeat. */
  stop(): Promise<void>;
  /** SIGKILL to the server and its children, as in a crash; resolves when all are gone. The data stay for `restart`. */
  kill(): Promise<void>;
  /** Starts it again, on the same port and data; a running one is shut down in order first. */
  restart(): Promise<void>;
}

/** A server ends when this process has ended, or this folder has gone. */
export interface Owner {
  pid: number;
  folder?: string;
}

export interface Ownership {
  /** The present process where absent. */
  owner?: Owner;
}

export const ownerOf = (ownership: Ownership): Owner => ownership.owner ?? { pid: process.pid };
