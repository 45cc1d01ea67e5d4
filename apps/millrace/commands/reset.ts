import { EXIT, MillraceError } from '#errors';
import { Option } from 'commander';
import { cliErrors } from '../cli.codes.js';
import { type CommandContext, defineCommand, FILE, textAt } from '../command.js';
import { jobNameOf, withJob } from '../with-job.js';

export const reset = defineCommand<{ yes?: true }>({
  name: 'reset',
  summary: 'forget the job: its state, its slot and publication',
  description:
    'Forgets the job: removes its state database, and its slot and publication on the source. Your documents stay. Asks ' +
    'first; where there is no terminal it needs --yes.',
  args: [FILE],
  options: [new Option('--yes', 'do not ask')],
  examples: ['millrace reset shop.yaml --yes'],
  async run(context, args, { yes }) {
    const file = textAt(args, 0);
    const name = await jobNameOf(file, context);
    if (!yes) await confirm(name, context);
    await withJob(file, context, (job) => job.reset());
    context.terminal.result({ reset: true }, () => `Forgotten: ${name}. Its documents are where they were.`);
    return EXIT.done;
  },
});

async function confirm(job: string, { host }: CommandContext): Promise<void> {
  if (!host.ask)
    throw new MillraceError(
      cliErrors.NOT_CONFIRMED,
      `Resetting ${job} needs --yes, since there is no terminal to ask on.`,
    );
  const answer = await host.ask(`Forget the job ${job}, its state, slot and publication? Type yes: `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new MillraceError(cliErrors.NOT_CONFIRMED, `${job} was not reset.`);
}
