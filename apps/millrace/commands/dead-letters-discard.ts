import { EXIT } from '#errors';
import { CommanderError, Option } from 'commander';
import { collect, defineCommand, FILE, listAt, textAt } from '../command.js';
import { counted } from '../output/units.js';
import { withJob } from '../with-job.js';

interface DiscardOptions {
  id?: string[];
  reason?: string;
}

export const deadLettersDiscard = defineCommand<DiscardOptions>({
  name: 'dead-letters discard',
  summary: 'give dead letters up; who, when and why is recorded',
  args: [FILE, { name: '[ID...]', description: 'letters, as with --id' }],
  options: [
    new Option('--id <ID>', 'this letter; may be given several times').argParser(collect),
    new Option('--reason <TEXT>', 'why, for the audit trail'),
  ],
  examples: ['millrace dead-letters discard shop.yaml --id 7c1f --reason "test data"'],
  async run(context, args, { id, reason }) {
    const { terminal, host } = context;
    const ids = [...(id ?? []), ...listAt(args, 1)];
    if (ids.length === 0) throw new CommanderError(EXIT.usage, 'millrace.usage', 'say which letters: --id ID');
    const report = await withJob(textAt(args, 0), context, (job) => job.discardLetters(ids, reason, host.user));
    terminal.result(report, () => `${counted(report.discarded, 'dead letter')} discarded`);
    return EXIT.done;
  },
});
