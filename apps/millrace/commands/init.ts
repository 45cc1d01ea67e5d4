import { Option } from 'commander';
import { collect, defineCommand } from '../command.js';
import type { InitOptions } from '../init/init.js';

export const init = defineCommand<InitOptions>({
  name: 'init',
  summary: "write a job file with a suggested mapping, from the source's foreign keys",
  description:
    "Reads the source's catalogue and writes a job file with a suggested nested mapping: foreign keys decide what is embedded " +
    'in what. The file names MILLRACE_SOURCE_URI and MILLRACE_TARGET_URI and never holds a URI. Nothing else is read or written.',
  args: [],
  options: [
    new Option('--source <URI>', 'the database to read, such as postgresql://user@host/database').makeOptionMandatory(),
    new Option('--target <URI>', 'the MongoDB to write to; its database is named in the file'),
    new Option('--schema <NAME>', 'only this schema; may be given several times').argParser(collect),
    new Option('--out <FILE>', 'where to write it; to stdout where absent'),
  ],
  examples: ['millrace init --source "$MILLRACE_SOURCE_URI" --schema public --out shop.yaml'],
  async run(context, _args, options) {
    const { runInit } = await import('../init/init.js');
    return runInit(context, options);
  },
});
