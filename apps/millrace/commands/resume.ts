import { EXIT } from '#errors';
import { defineCommand, FILE, textAt } from '../command.js';
import { withJob } from '../with-job.js';

export const resume = defineCommand({
  name: 'resume',
  summary: 'go on with a paused job',
  description: 'Goes on with a paused job, from where it was held. Where no run is alive the next one goes on.',
  args: [FILE],
  options: [],
  examples: ['millrace resume shop.yaml'],
  async run(context, args) {
    await withJob(textAt(args, 0), context, (job) => job.resume());
    context.terminal.result({ resumed: true }, () => 'Resumed.');
    return EXIT.done;
  },
});
