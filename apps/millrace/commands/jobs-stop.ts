import { EXIT } from '#errors';
import { defineCommand, textAt } from '../command.js';
import { JOB_NAME } from './jobs-start.js';

export const jobsStop = defineCommand({
  name: 'jobs stop',
  summary: 'ask the services to stop a job; the source keeps its log for it',
  args: [JOB_NAME],
  options: [],
  server: 'needed',
  examples: ['millrace jobs stop shop --server https://millrace.example:8080'],
  async run(context, args) {
    const { remoteServer } = await import('../server/remote.js');
    const entry = await remoteServer(context).stop(textAt(args, 0));
    context.terminal.result(entry, () => `Asked to stop: ${entry.job}`);
    return EXIT.done;
  },
});
