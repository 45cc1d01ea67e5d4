import { EXIT } from '#errors';
import type { Previewed } from '#job';
import { InvalidArgumentError, Option } from 'commander';
import { defineCommand, FILE, textAt } from '../command.js';
import type { Terminal } from '../terminal.js';
import { withJob } from '../with-job.js';

interface PreviewOptions {
  collection?: string;
  limit: number;
}

export const preview = defineCommand<PreviewOptions>({
  name: 'preview',
  summary: 'print the documents that the mapping would write',
  description:
    'Prints documents as the mapping would write them, made of real rows, as Extended JSON. Writes nothing. With --json ' +
    'one array of {"collection", "document"} in canonical Extended JSON, where every BSON type is visible. A row that cannot ' +
    'be mapped shows why.',
  args: [FILE],
  options: [
    new Option('--collection <NAME>', 'only of this collection'),
    new Option('--limit <N>', 'at most so many of a collection').argParser(wholeNumber).default(3),
  ],
  examples: ['millrace preview shop.yaml --collection orders --limit 1'],
  async run(context, args, { collection, limit }) {
    const { terminal } = context;
    const { canonical } = await import('#extended-json');
    const { readable } = await import('../extended-json.js');
    let shown = 0;
    let whole = false;
    const list = terminal.jsonList();
    try {
      await withJob(textAt(args, 0), context, async (job) => {
        let last: string | undefined;
        for await (const entry of job.preview({ ...(collection === undefined ? {} : { collection }), limit })) {
          if (entry.collection !== last) terminal.say(terminal.err.bold(`${entry.collection}:`));
          last = entry.collection;
          shown++;
          if (terminal.json) list.add(machineReadable(entry, canonical));
          tell(entry, terminal, readable);
        }
      });
      whole = true;
    } finally {
      list.end(whole);
    }
    if (shown === 0) terminal.say('No rows, so no documents.');
    return EXIT.done;
  },
});

type Canonical = typeof import('#extended-json').canonical;
type Readable = typeof import('../extended-json.js').readable;

const UNKNOWN = { code: 'UNKNOWN', message: 'no document', path: '' };

/** Where the mapping refuses a row, the reason stands beside its document's place: as a run it would be a dead letter. */
function machineReadable(
  { collection, document, refused = UNKNOWN }: Previewed,
  canonical: Canonical,
): Record<string, unknown> {
  if (document !== null) return { collection, document: canonical(document) };
  const { code, message, path } = refused;
  return { collection, document, refused: { code, message, path } };
}

function tell({ document, refused = UNKNOWN }: Previewed, terminal: Terminal, readable: Readable): void {
  if (document !== null) {
    if (!terminal.json) terminal.print(readable(document));
    return;
  }
  const { code, message, path } = refused;
  terminal.say(
    `${terminal.err.yellow('would be a dead letter')} ${code}${path === '' ? '' : ` at ${path}`}: ${message}`,
  );
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.');
  return Number(text);
}
