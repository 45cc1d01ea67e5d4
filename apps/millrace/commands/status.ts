import { EXIT } from '#errors';
import { defineCommand, FILE, textAt } from '../command.js';
import { withJob } from '../with-job.js';

export const status = defineCommand({
  name: 'status',
  summary: 'show how far the job is: phase, progress, lag, dead letters',
  args: [FILE],
  options: [],
  examples: ['millrace status shop.yaml', 'millrace status shop.yaml --json | jq .lagSeconds'],
  async run(context, args) {
    const { terminal } = context;
    const now = await withJob(textAt(args, 0), context, (job) => job.status());
    const { formatStatus } = await import('../output/status.js');
    terminal.result(terminal.redactor.redactAll(now), () => terminal.redactor.redact(formatStatus(now, terminal.out)));
    return EXIT.done;
  },
});
