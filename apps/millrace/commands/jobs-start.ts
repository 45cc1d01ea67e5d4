import { EXIT } from '#errors';
import { type CommandArgument, defineCommand, textAt } from '../command.js';

export const JOB_NAME: CommandArgument = { name: '<NAME>', description: 'as `jobs list` prints it' };

export const jobsStart = defineCommand({
  name: 'jobs start',
  summary: 'ask the services to run a job; it goes on where it stopped',
  args: [JOB_NAME],
  options: [],
  server: 'needed',
  examples: ['millrace jobs start shop --server https://millrace.example:8080'],
  async run(context, args) {
    const { remoteServer } = await import('../server/remote.js');
    const entry = await remoteServer(context).start(textAt(args, 0));
    context.terminal.result(entry, () => `Asked to run: ${entry.job}`);
    return EXIT.done;
  },
});
