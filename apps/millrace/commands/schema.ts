import { EXIT } from '#errors';
import { defineCommand } from '../command.js';

export const schema = defineCommand({
  name: 'schema',
  summary: 'print the JSON Schema of the job file',
  description: 'Prints the JSON Schema of the job file. An editor that knows it completes and checks while you type.',
  args: [],
  options: [],
  examples: [
    'millrace schema > millrace.schema.json',
    "then, as the job file's first line: # yaml-language-server: $schema=millrace.schema.json",
  ],
  async run({ terminal }) {
    const { jobFileJsonSchema } = await import('#mapping/job-file');
    terminal.result(jobFileJsonSchema(), () => JSON.stringify(jobFileJsonSchema(), null, 2));
    return EXIT.done;
  },
});
