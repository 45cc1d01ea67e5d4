import { EXIT, MillraceError } from '#errors';
import type { RunOutcome } from '#job';
import { Option } from 'commander';
import { collect, type CommandContext, defineCommand, FILE, textAt } from '../command.js';
import { withJob } from '../with-job.js';

interface RunFlags {
  untilSynced?: true;
  fresh?: true;
  dropTarget?: true;
  force?: string[];
}

export const run = defineCommand<RunFlags>({
  name: 'run',
  summary: 'run the job: load, then follow changes until stopped',
  description:
    'Runs the whole job in this one process: loads, builds the documents, then follows the changes until it is stopped (a ' +
    'snapshot job ends when it is loaded). Run again, it goes on where it stopped, even after kill -9. Ctrl-C stops cleanly. ' +
    'With --server the services run it, and Ctrl-C ends the watching only.',
  args: [FILE],
  options: [
    new Option('--until-synced', 'exit 0 once everything that the source has committed by now is in the target'),
    new Option('--fresh', 'load again over the documents that are there'),
    new Option('--drop-target', 'drop the mapped collections first'),
    new Option('--force <CODE>', 'run in spite of this finding of check; may be given several times').argParser(
      collect,
    ),
  ],
  examples: ['millrace run shop.yaml', 'millrace run shop.yaml --until-synced && millrace verify shop.yaml'],
  async run(context, args, flags) {
    const options = {
      untilSynced: flags.untilSynced ?? false,
      fresh: flags.fresh ?? false,
      dropTarget: flags.dropTarget ?? false,
      force: flags.force ?? [],
    };
    const signal = context.signals.clean(context.server === undefined ? undefined : WATCHING_ENDS);
    const outcome = await withJob(textAt(args, 0), context, (job) => job.run(options, signal), {
      watch: { events: true },
    });
    // A clean stop is what was asked for, unless it was to go on until synced and had not come so far.
    if (outcome.kind === 'stopped' && options.untilSynced && !outcome.synced) {
      const { JOB_ERRORS } = await import('#job');
      throw new MillraceError(JOB_ERRORS.INTERRUPTED, 'The run was stopped before the target had caught up.');
    }
    return tell(outcome, context);
  },
});

/** Of a job that services run. */
const WATCHING_ENDS = 'The watching ends; the job goes on.';

function tell(outcome: RunOutcome, { terminal }: CommandContext): number {
  if (terminal.json) terminal.printJson({ kind: 'outcome', outcome: outcome.kind });
  terminal.say(terminal.err.green(`✓ ${WORDS[outcome.kind]}`));
  return EXIT.done;
}

const WORDS: Record<RunOutcome['kind'], string> = {
  done: 'done: the target is up to date',
  loaded: 'this snapshot was loaded before; --fresh loads it again',
  stopped: 'stopped; the next run goes on from here',
  left: 'no longer watched; the job goes on',
  completed: 'completed: nothing of the job is left on the source',
};
