import type { TouchWatch, WatchedRoots } from './ports.js';

interface Watch {
  collection: number;
  untouched: Set<string>;
}

/**
 * Where the write actor, in the same process, tells which roots it touches. It must call `noticed` twice for every batch
 * of touches: before the batch's transaction begins, and after it has committed (or failed for good) but before the batch
 * completes. Then whoever sees a document's new version finds its root touched, and so does whoever waited for the
 * batch. It costs one comparison where nobody verifies.
 */
export class TouchRegister implements TouchWatch {
  readonly #watches = new Set<Watch>();

  noticed(collection: number, roots: Iterable<string>): void {
    if (this.#watches.size === 0) return;
    const watches = [...this.#watches].filter((watch) => watch.collection === collection);
    if (watches.length === 0) return;
    for (const root of roots) for (const watch of watches) watch.untouched.delete(root);
  }

  watch(collection: number, roots: Iterable<string>): WatchedRoots {
    const watch: Watch = { collection, untouched: new Set(roots) };
    this.#watches.add(watch);
    return {
      touched: (root) => !watch.untouched.has(root),
      close: () => void this.#watches.delete(watch),
    };
  }
}
