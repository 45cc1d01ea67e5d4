/**
 * For work that is begun now and awaited with others later: where it fails meanwhile, whoever awaits it sees that, and it is no
 * unhandled rejection, which would end the process.
 */
export function awaitedLater<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}
