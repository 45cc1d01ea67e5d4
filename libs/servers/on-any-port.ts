import { freePort } from './free-port.js';

const ATTEMPTS = 3;

interface Startable {
  start(): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** Between asking for a free port and listening on it another process may take it: then again, with another one. */
export async function startOnAnyPort<S extends Startable>(make: (port: number) => S): Promise<S> {
  for (let attempt = 1; ; attempt++) {
    const server = make(await freePort());
    try {
      await server.start();
      return server;
    } catch (error) {
      if (attempt === ATTEMPTS) {
        await server.stop();
        throw error;
      }
      await server.kill();
    }
  }
}
