import { EXIT } from '#errors';
import { defineCommand, FILE, textAt } from '../command.js';
import { withJob } from '../with-job.js';

export const deadLettersList = defineCommand({
  name: 'dead-letters list',
  summary: 'list the documents that could not be written, and why',
  args: [FILE],
  options: [],
  examples: ['millrace dead-letters list shop.yaml'],
  async run(context, args) {
    const { terminal } = context;
    const letters = await withJob(textAt(args, 0), context, (job) => job.listLetters());
    const { formatLetters } = await import('../output/letters.js');
    terminal.result(letters, () => formatLetters(letters, terminal.out));
    return EXIT.done;
  },
});
