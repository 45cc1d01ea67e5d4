import { EXIT } from '#errors';
import { InvalidArgumentError, Option } from 'commander';
import { defineCommand, FILE, textAt } from '../command.js';
import { withJob } from '../with-job.js';

interface PreviewOptions {
  collection?: string;
  limit: number;
}

export const preview = defineCommand<PreviewOptions>({
  name: 'preview',
  summary: 'print the documents that the mapping would write',
  description:
    'Prints documents as the mapping would write them, made of real rows, as Extended JSON. Writes nothing. With --json each ' +
    'is a line {"collection", "document"} in canonical Extended JSON, where every BSON type is visible.',
  args: [FILE],
  options: [
    new Option('--collection <NAME>', 'only of this collection'),
    new Option('--limit <N>', 'at most so many of a collection').argParser(wholeNumber).default(3),
  ],
  examples: ['millrace preview shop.yaml --collection orders --limit 1'],
  async run(context, args, { collection, limit }) {
    const { terminal } = context;
    const { canonical, readable } = await import('../extended-json.js');
    let shown = 0;
    await withJob(textAt(args, 0), context, async (job) => {
      let last: string | undefined;
      for await (const entry of job.preview({ ...(collection === undefined ? {} : { collection }), limit })) {
        if (entry.collection !== last) terminal.say(terminal.err.bold(`${entry.collection}:`));
        last = entry.collection;
        shown++;
        terminal.result({ collection: entry.collection, document: canonical(entry.document) }, () =>
          readable(entry.document),
        );
      }
    });
    if (shown === 0) terminal.say('No rows, so no documents.');
    return EXIT.done;
  },
});

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.');
  return Number(text);
}
