import { EXIT } from '#errors';
import { defineCommand, FILE, textAt } from '../command.js';
import { withJob } from '../with-job.js';

export const deadLettersShow = defineCommand({
  name: 'dead-letters show',
  summary: 'show one dead letter: its row, its document as far as known, its cause',
  args: [{ name: '<ID>', description: 'as `dead-letters list` prints it' }, FILE],
  options: [],
  examples: ['millrace dead-letters show 7c1f shop.yaml'],
  async run(context, args) {
    const { terminal } = context;
    const { jsonText, withBsonValues } = await import('#extended-json');
    const letter = await withJob(textAt(args, 1), context, (job) => job.showLetter(textAt(args, 0)));
    const shown = withBsonValues(letter);
    terminal.result(shown, () => jsonText(shown, 2));
    return EXIT.done;
  },
});
