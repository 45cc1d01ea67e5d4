import { expect, test } from '@jest/globals';
import { LoadActor, type LoadActorParts } from './load-actor.js';

const CHUNK = { _id: '0:000000000', table: 0, planned: 'p', chunk: {}, done: false, rows: 0 };

/** One chunk, handed over once; the record is `then` from the moment on in which its snapshot is taken. */
async function readChunk(then: object | undefined): Promise<unknown[]> {
  const appended: unknown[] = [];
  let record: object | undefined = CHUNK;
  const actor = new LoadActor({
    store: { read: { byId: async () => record }, write: { patch: async () => undefined } },
    names: { chunks: 'chunks' },
    plan: { tables: [{ index: 0 }] },
    source: {
      readChunk: async function* (_table: unknown, _chunk: unknown, { begun }: { begun: () => Promise<boolean> }) {
        record = then;
        if (await begun()) yield { keys: ['k'], tuples: ['t'], bytes: 1 };
      },
    },
    inFlight: { room: async () => undefined, release: () => undefined },
    packer: {
      appendLoaded: (_table: number, { keys }: { keys: string[] }) => {
        appended.push(...keys);
        return [Promise.resolve()];
      },
    },
    patiently: (work: () => Promise<unknown>) => work(),
    onRows: () => undefined,
  } as unknown as LoadActorParts);
  const records = [{ id: CHUNK._id, bytes: 1 }];
  const { completed } = await actor.handle({ partition: 0, records, signal: new AbortController().signal });
  await completed;
  return appended;
}

test('a chunk is read where its record says, after the snapshot was taken, that nobody has read it', async () => {
  expect(await readChunk(CHUNK)).toEqual(['k']);
});

test.each([
  ['was done meanwhile', { ...CHUNK, done: true }],
  ['was planned anew meanwhile', { ...CHUNK, planned: 'another' }],
  ['is not there any more', undefined],
])('no row of a chunk is read that %s: it could be one from after the marker that ends the load', async (_, then) => {
  expect(await readChunk(then)).toEqual([]);
});
