import { EXIT } from '#errors';
import { defineCommand, FILE, textAt } from '../command.js';
import { withJob } from '../with-job.js';

export const pause = defineCommand({
  name: 'pause',
  summary: 'hold the job; nothing is lost meanwhile',
  description:
    'Holds the job: it stops reading changes, and goes on from there with `resume`. The source keeps its log for so long, up to the bound in the job file.',
  args: [FILE],
  options: [],
  examples: ['millrace pause shop.yaml'],
  async run(context, args) {
    await withJob(textAt(args, 0), context, (job) => job.pause());
    context.terminal.result({ paused: true }, () => 'Paused.');
    return EXIT.done;
  },
});
