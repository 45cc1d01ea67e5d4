import { EXIT } from '#errors';
import { CommanderError, Option } from 'commander';
import { collect, defineCommand, FILE, listAt, textAt } from '../command.js';
import { withJob } from '../with-job.js';

interface ReplayOptions {
  id?: string[];
  all?: true;
  dryRun?: true;
}

export const deadLettersReplay = defineCommand<ReplayOptions>({
  name: 'dead-letters replay',
  summary: 'try dead letters again',
  description:
    'Tries to write the documents of dead letters again. Always safe to repeat. Exits 1 where a letter that it replayed remains.',
  args: [FILE, { name: '[ID...]', description: 'letters, as with --id' }],
  options: [
    new Option('--id <ID>', 'this letter; may be given several times').argParser(collect),
    new Option('--all', 'all letters').conflicts('id'),
    new Option('--dry-run', 'only show the documents that a replay would write'),
  ],
  examples: [
    'millrace dead-letters replay shop.yaml --all --dry-run',
    'millrace dead-letters replay shop.yaml --id 7c1f',
  ],
  async run(context, args, { id, all, dryRun }) {
    const { terminal, signals, host } = context;
    const ids = [...(id ?? []), ...listAt(args, 1)];
    if (ids.length === 0 && !all)
      throw new CommanderError(EXIT.usage, 'millrace.usage', 'say which letters: --id ID, or --all');
    const options = { ids, all: all ?? false, dryRun: dryRun ?? false };
    const signal = signals.clean();
    const report = await withJob(textAt(args, 0), context, (job) => job.replayLetters(options, host.user, signal), {
      watch: { events: false },
    });
    const { withBsonValues } = await import('#extended-json');
    const { formatReplay } = await import('../output/letters.js');
    terminal.result(withBsonValues(report), () => formatReplay(report, terminal.out));
    return report.remaining > 0 && !options.dryRun ? EXIT.failed : EXIT.done;
  },
});
