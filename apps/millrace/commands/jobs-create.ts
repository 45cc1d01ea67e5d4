import { EXIT } from '#errors';
import { Option } from 'commander';
import { type CommandArgument, defineCommand, textAt } from '../command.js';

const JOB_FILE: CommandArgument = {
  name: '<FILE>',
  description: 'the job file; keep its ${…}: the services fill them in',
};

export const jobsCreate = defineCommand<{ start: boolean }>({
  name: 'jobs create',
  summary: 'create a job that the services run',
  description:
    'Sends a job file to the services, which validate it with their own environment, and run it from now on. Secrets stay ' +
    'there: the file keeps its ${…}. The same file again is the same job.',
  args: [JOB_FILE],
  options: [new Option('--no-start', 'only create it; `jobs start` starts it')],
  server: 'needed',
  examples: ['millrace jobs create shop.yaml --server https://millrace.example:8080'],
  async run(context, args, { start }) {
    const { readJobText, remoteServer } = await import('../server/remote.js');
    const entry = await remoteServer(context).create(await readJobText(textAt(args, 0)), { start });
    context.terminal.result(entry, () => entry.job);
    return EXIT.done;
  },
});
