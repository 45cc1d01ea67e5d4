import { EXIT } from '#errors';
import { defineCommand, FILE, textAt } from '../command.js';
import { withJob } from '../with-job.js';

export const complete = defineCommand({
  name: 'complete',
  summary: 'end the job: drain, verify, and remove all that it made',
  description:
    'Ends the job after the cut-over: takes in what the source has committed, verifies every document, and then removes what ' +
    'the job made on the source and its state database. Your documents stay. Exits 3, and removes nothing, where verify finds differences.',
  args: [FILE],
  options: [],
  examples: ['millrace complete shop.yaml'],
  async run(context, args) {
    const { terminal, signals } = context;
    const signal = signals.clean();
    const report = await withJob(textAt(args, 0), context, (job) => job.complete(signal), {
      watch: { events: false },
    });
    const { formatVerify, verifyExit } = await import('../output/verify.js');
    terminal.result(report, () => formatVerify(report, terminal.out));
    const code = verifyExit(report);
    terminal.say(
      code === EXIT.done
        ? 'Completed: slot, publication and state are removed.'
        : 'Not completed: see the differences.',
    );
    return code;
  },
});
