import { Option } from 'commander';
import { defineCommand, FILE, textAt } from '../command.js';
import { withJob } from '../with-job.js';

interface VerifyOptions {
  collection?: string;
  repair?: true;
}

export const verify = defineCommand<VerifyOptions>({
  name: 'verify',
  summary: 'compare every document with what the source says now',
  description:
    'Compares every document with what the mapping makes of the source now, and finds documents that should not exist. Works ' +
    'whether or not a run is alive. Exits 3 where there are differences, with --repair where any remain.',
  args: [FILE],
  options: [
    new Option('--collection <NAME>', 'only this collection'),
    new Option('--repair', 'rebuild the documents that are not right'),
  ],
  examples: ['millrace verify shop.yaml', 'millrace verify shop.yaml --collection orders --repair'],
  async run(context, args, { collection, repair }) {
    const { terminal, signals } = context;
    const options = { ...(collection === undefined ? {} : { collection }), repair: repair ?? false };
    const report = await withJob(textAt(args, 0), context, (job) => job.verify(options, signals.clean()), {
      watch: { events: false },
    });
    const { formatVerify, verifyExit } = await import('../output/verify.js');
    terminal.result(report, () => formatVerify(report, terminal.out));
    return verifyExit(report);
  },
});
